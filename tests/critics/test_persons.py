import pytest
from hypothesis import given
from hypothesis import strategies as st

from impossible.critics.persons import Persons, persons


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("I'm leaving with my dog.", {"first singular"}),
        ("They told us that she left.", {"third plural", "first plural", "feminine"}),
        ("It is the theme of this hymn.", set()),
        ("Let's go.", {"first plural"}),
        ("i’m sure that he/she left.", {"first singular", "masculine", "feminine"}),
        ("It was late—I left.", {"first singular"}),
        ("US SOLDIERS TOLD US SO.", {"first plural"}),
        ("YOU must GO.", {"second"}),
    ],
)
def test_persons_of_a_text(text: str, named: set[str]) -> None:
    assert persons(text) == named


@pytest.mark.parametrize(
    "text",
    [
        "The US economy grew.",
        "It costs US$5 in the US.",
        "US-based firms left.",
        "The I-95 is closed.",
        "An i5, i.e. a chip, has much I/O.",
        "HER2 is a receptor.",
        "Crème brûlée is sweet.",
        "Cre\u0300me is sweet.",
        "Jérôme slept.",
        "World War I ended.",
        "It began before World War I.",
        "Type I errors are rare.",
        "A phase I trial began.",
        "Elizabeth I of England reigned.",
        "Napoleon I was crowned.",
        "It was the reign of Ramesses I.",
        "I. Newton wrote it.",
        "It has (i) a lid and (ii) a box.",
        "The coal mine has closed.",
        "A deep mine collapsed.",
        "The mine workers left.",
        "Firms plan to mine gold.",
        "Visit us.example for it.",
        "Write to me@example now.",
        "It is a do-it-yourself shop.",
        "Portland, ME is cold.",
        "Jony Ive drew it.",
    ],
)
def test_what_is_no_pronoun(text: str) -> None:
    assert persons(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Should I?",
        "John and I.",
        "The part I like is short.",
        "That is the type I want.",
        "When I left, it rained.",
        "On Monday I left.",
        "It is a dog of mine.",
        "The dog is mine.",
        "Mine is red.",
        "It is similar to mine.",
        "Dogs took mine.",
        "What am I to do?",
        "Try this book I'm reading.",
    ],
)
def test_i_and_mine_as_pronouns(text: str) -> None:
    assert persons(text) == {"first singular"}


@given(st.text(st.sampled_from("uUsSſiIıİmMeE'’.-/ 2@"), max_size=20))
def test_any_text_can_be_read(text: str) -> None:
    assert persons(text) <= {"first singular", "first plural"}


def test_share_of_the_targets_persons_in_the_source() -> None:
    sources = ["I'm going there.", "I gave him a book.", "The dog barks.", "We left."]
    targets = ["They're going there.", "I gave a book.", "A dog barked.", "We and you left."]
    assert Persons().score(sources, targets).tolist() == [0.0, 1.0, 1.0, 0.5]
    assert Persons().score(targets, sources).tolist() == [0.0, 0.5, 1.0, 1.0]
