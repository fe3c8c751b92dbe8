"""Mends text from files and web pages: entities, HTML, mojibake, characters that are broken or not seen."""

import re
from collections.abc import Callable

import ftfy
from ftfy.badness import is_bad
from ftfy.fixes import unescape_html

_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile("\r\n?|[\x0b\x0c\u2028]|(?<=[\x01-\x7f])\x85")  # U+0085 elsewhere: part of mojibake
_BLOCKS = (
    "address article aside blockquote body dd div dl dt figure footer form h[1-6] head header hr html li"
)
_BLOCKS += " main nav ol option p pre section table tbody td tfoot th thead title tr ul"
_INLINE = (
    "a abbr b big cite code del em font i img ins kbd mark q s samp small span strike strong sub sup tt u"
)
_TAG = re.compile(
    r"<!--.*?-->|<(script|style)\b.*?</\1\s*>"
    rf"|</?(?:(?P<br>br)|(?P<block>{'|'.join(_BLOCKS.split())})|{'|'.join(_INLINE.split())})"
    r"(?:\s[^<>]*|/)?>",
    re.IGNORECASE | re.DOTALL,
)
_ENTITY = re.compile(r"&#?\w{1,24};")
# Mojibake contains at least one character outside this set. The regex is 100 times faster than ftfy's check.
_UNUSUAL = re.compile(r"[^\x00-\x7f\xa0“”‘’–—…•£€°©®™é]")
# Control characters, soft hyphens, zero-width characters, direction marks, tags.
_INVISIBLE = re.compile(
    "[\x01-\x08\x0e-\x1f\x7f\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


def whole(text: str) -> str:
    """Join the halves of surrogate pairs and replace lone ones by U+FFFD, so that the text can be stored."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def mended(text: str) -> tuple[str, list[str]]:
    """The text without what only files and web pages need, and the kinds of problems it had.

    Tags of HTML go; those of blocks become blank lines. Lines end in "\\n".
    """
    found: dict[str, None] = {}
    for kind, present, mend in _STEPS:
        if present.search(text) and (new := mend(text)) != text:
            text = new
            found[kind] = None
    if "\ufffd" in text:
        found["broken character"] = None
    found.pop("", None)
    return text.strip(), list(found)


def _without_tags(text: str) -> str:
    return _TAG.sub(lambda tag: "\n\n" if tag["block"] else "\n" if tag["br"] else "", text)


def _without_mojibake(text: str) -> str:
    return ftfy.fix_text(text, uncurl_quotes=False) if is_bad(text) else text


# kind ("": not a problem), what it needs to be there, and how it is mended
_STEPS: tuple[tuple[str, re.Pattern[str], Callable[[str], str]], ...] = (
    ("NUL", re.compile("\0"), lambda text: text.replace("\0", "")),
    ("", _SURROGATE, whole),
    ("", _LINE_END, lambda text: _LINE_END.sub("\n", text)),
    ("", re.compile("\u2029"), lambda text: text.replace("\u2029", "\n\n")),
    ("markup", _TAG, _without_tags),
    ("entities", _ENTITY, unescape_html),
    ("entities", _ENTITY, unescape_html),  # "&amp;#39;"
    ("markup", _TAG, _without_tags),  # "&lt;p&gt;"
    ("mojibake", _UNUSUAL, _without_mojibake),
    ("invisible characters", _INVISIBLE, lambda text: _INVISIBLE.sub("", text)),
)
