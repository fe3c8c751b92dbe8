"""Unicode spellings of one text → one: NFKC, plain dashes, quotes, spaces and digits, nothing hidden."""

import re
import unicodedata

# Characters that show nothing: bidirectional controls, joiners, fillers, soft hyphens, tags.
HIDDEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\U000e0000-\U000e0fff"
)
_HIDDEN = re.compile(f"[{HIDDEN}\ufe00-\ufe0f]")  # with the variation selectors, which belong to emoji
_SPACE = re.compile(r"[^\S\n]")
_DIGIT = re.compile(r"[^\D0-9]")
_MARKS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-")
    | dict.fromkeys("‘’‚‛′ʼ", "'")
    | dict.fromkeys("“”„‟″«»", '"')
)


def fold(text: str) -> str:
    """The text in one spelling; its words and their order stay. ASCII is returned as it is."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", _HIDDEN.sub("", text)).translate(_MARKS)
    return _DIGIT.sub(lambda m: str(unicodedata.decimal(m.group())), _SPACE.sub(" ", text))
