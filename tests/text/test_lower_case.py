import pytest

from impossible.text.lower_case import is_lower_case, with_capitals


@pytest.mark.parametrize(
    ("text", "lower"),
    [
        ("the screen is great. i love it", True),
        ("my old TV broke, so we got this one.", True),
        ("élan is all it has.", True),
        ("The screen is great.", False),
        ("the screen of my Nokia is great.", False),
        ("I love it, i do.", True),  # "I" is no capitalised word
        ("THE SCREEN IS GREAT.", False),
        ("12 + 7 = 19", False),
        ("", False),
    ],
)
def test_lower_case_has_no_capitalised_word(text: str, lower: bool) -> None:
    assert is_lower_case(text) == lower


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("the screen is great. i love it", "The screen is great. I love it"),
        ("so slow! it's 2.5 times as slow, i'd say.", "So slow! It's 2.5 times as slow, I'd say."),
        ('"never again." that is what i said, i.e. no.', '"Never again." that is what I said, i.e. no.'),
        ("really? (yes!) no way", "Really? (Yes!) no way"),
        ("wi-fi, hi-i and i-beams stay", "Wi-fi, hi-i and i-beams stay"),
        ("élan is all\n\nit has. ça va", "Élan is all\n\nIt has. Ça va"),
    ],
)
def test_sentences_begin_with_a_capital(text: str, mended: str) -> None:
    assert with_capitals(text) == mended
