import pytest

from impossible.critics.persons import Persons, persons


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("I'm leaving with my dog.", {"first singular"}),
        ("They told us that she left.", {"third plural", "first plural", "feminine"}),
        ("It is the theme of this hymn.", set()),
    ],
)
def test_persons_of_a_text(text: str, named: set[str]) -> None:
    assert persons(text) == named


def test_share_of_the_targets_persons_in_the_source() -> None:
    sources = ["I'm going there.", "I gave him a book.", "The dog barks.", "We left."]
    targets = ["They're going there.", "I gave a book.", "A dog barked.", "We and you left."]
    assert Persons().score(sources, targets).tolist() == [0.0, 1.0, 1.0, 0.5]
    assert Persons().score(targets, sources).tolist() == [0.0, 0.5, 1.0, 1.0]
