from hypothesis import given
from hypothesis import strategies as st

from impossible.text.fold import fold


def test_one_spelling() -> None:
    assert fold("“Ｉ’ｍ ５–６” \u202e٣\u00ad²\U000e0041") == '"I\'m 5-6" 32'
    assert fold("a\u00a0b\u3000c\nd") == "a b c\nd"


@given(st.text())
def test_no_text_fails(text: str) -> None:
    fold(text)


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_stays(text: str) -> None:
    assert fold(text) == text
