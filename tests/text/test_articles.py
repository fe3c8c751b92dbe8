import pytest

from impossible.text.articles import restore_articles

ORIGINAL = "A fourth soldier was hit by a roadside bomb near the old White House, the government said, and a water turbine broke."


@pytest.mark.parametrize(
    ("restated", "wanted"),
    [
        ("The soldier was hit by roadside bomb.", "The soldier was hit by a roadside bomb."),
        ("It was near old White House.", "It was near the old White House."),
        ("Fourth soldier was hit by bombs.", "A fourth soldier was hit by bombs."),
        ("Government said it broke.", "The government said it broke."),
        (
            "A bomb near the old White House, government said.",
            "A bomb near the old White House, the government said.",
        ),
        (
            "Soldiers and water turbines broke.",
            "Soldiers and water turbines broke.",
        ),  # "a" suits one thing only
        ("It was a roadside bomb.", "It was a roadside bomb."),
        ("Bombs hit soldiers.", "Bombs hit soldiers."),
        ("", ""),
    ],
)
def test_articles_come_back(restated: str, wanted: str) -> None:
    assert restore_articles(restated, ORIGINAL) == wanted


def test_a_word_that_also_stands_bare_stays_bare() -> None:
    assert (
        restore_articles("He lost power.", "He lost power when he lost the power of speech.")
        == "He lost power."
    )


def test_nothing_is_added_twice() -> None:
    once = restore_articles("Soldier was hit by roadside bomb.", ORIGINAL)
    assert restore_articles(once, ORIGINAL) == once
