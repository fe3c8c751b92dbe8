"""Why a student does not try a text: checks that need no model of it."""

from ..text.code import is_code
from ..text.language import other_language


def refusal(text: str) -> str:
    """Return the reason for not trying a text, or ""."""
    if any("\ud800" <= c <= "\udfff" for c in text):
        return "not valid Unicode: it contains lone surrogates"
    letters = [c for c in text if c.isalpha()]
    if not letters:
        return "it has no words"
    language = other_language(text)
    if sum(c < "ɐ" for c in letters) < len(letters) / 2:  # the end of the Latin blocks of Unicode
        named = f" ({language}?)" if language else ""
        return f"not in the Latin alphabet{named}; this student reads English"
    if is_code(text):
        return "it is code; this student reads English sentences"
    return f"it is in {language}; this student reads English" if language else ""
