import pytest

from impossible.text.templates import pair_template, template


@pytest.mark.parametrize(
    "sentence",
    [
        "I'm not sure what to do.",
        "I’m not sure what to do!",
        "i am not sure how to fix it",
        "I am not sure what to do about the router.",
    ],
)
def test_small_talk_in_other_words_has_one_template(sentence: str) -> None:
    assert template(sentence) == "i am not sure"


def test_what_a_pattern_is_filled_with_is_masked_as_one() -> None:
    assert template("The food was very good.") == template("It was really good") == "_ was _ good"
    assert template("Can you please help me with my new phone?") == "can you please _"
    assert template("The waiter's smile is nice.") == "_ is nice"


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("I can't come", "I cannot come"),
        ("It won't work", "it will not work"),
        ("They'd know", "they would know"),
        ("That's what we've seen", "that is what we have seen"),
        ("I wanna go", "I want to go"),
        ("You ain't seen it", "You is not seen it"),
    ],
)
def test_contractions_and_full_forms_are_the_same(short: str, full: str) -> None:
    assert template(short) == template(full)


def test_a_sentence_that_is_mostly_content_is_its_own_template() -> None:
    first = "Police arrested three men in Leeds on Tuesday."
    second = "Scientists discovered two planets near Sirius on Friday."
    assert template(first) == "police arrested three men in leeds on tuesday"
    assert template(first) != template(second)
    assert template(first.upper()) == template(first)


def test_a_pair_has_the_templates_of_both_sides() -> None:
    assert pair_template("I am not sure why.", "I do not know why.") == "i am not sure → i do not know"
    assert pair_template("a b", "c") != pair_template("a", "b c")


def test_nothing_is_no_pattern() -> None:
    assert template("") == template("?!") == ""


def test_it_takes_linear_time() -> None:
    assert template("I'm " * 200_000) == "i am i am"
