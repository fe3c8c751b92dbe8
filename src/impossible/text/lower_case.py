"""Text written in lower case → sentences that begin with a capital. Names stay as they are written."""

import re

from .sentences import iterate

_CAPITALISED = re.compile(r"\b[^\W\d_a-zß-öø-ÿ][^\W\d_A-ZÀ-Þ]")  # a word such as "The", not "TV"
_I = re.compile(r"(?<![\w.’'-])i(?=(?:['’](?:m|d|ve|ll)\b)|[\s,;:?!)]|$)")
_FIRST = re.compile(r"^[\"'“‘(\[]*[^\W\d_]")
_LETTER = re.compile(r"[^\W\d_]")


def is_lower_case(text: str) -> bool:
    """Whether a text has letters but no capitalised word, as reviews and chats often have none."""
    return bool(_LETTER.search(text)) and not text.isupper() and not _CAPITALISED.search(text)


def with_capitals(text: str) -> str:
    """Begin each sentence of a text in lower case with a capital, and write "I" as one.

    White space within a paragraph is collapsed.
    """
    paragraphs = re.split(r"\n\s*\n", _I.sub("I", text))
    return "\n\n".join(" ".join(_begun(sentence) for sentence in iterate(one)) for one in paragraphs)


def _begun(sentence: str) -> str:
    return _FIRST.sub(lambda found: found[0].upper(), sentence)
