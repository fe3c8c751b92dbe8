"""Tells source code from prose: by one plain sign of code, or two that prose has now and then."""

import re

_PLAIN = re.compile(
    r"""
    ^\s*\#\s*include\b | ^\s*from\ [\w.]+\ import\ | ^\s*import\ (\w+\.\w|\w+\ as\ )
  | \b(def|func|fn|function)\ \w*\( | ^\s*(public|private|static|const|let|var)\ [^.]*[=({]
  | \bSELECT\b.+\bFROM\b | ^\s*(INSERT\ INTO|UPDATE\ \w+\ SET|CREATE\ TABLE)\b
  | \{\s*"[^"]*"\s*: | (\w\(|\ [-+]?=\ ).*[{;]\s*$ | ^\s*[\w.]+\([^()]*\);?\s*$
    """,
    re.MULTILINE | re.VERBOSE,
)
_DOUBTFUL = [
    re.compile(sign, re.MULTILINE)
    for sign in (
        r"\b\w+\((?!e?s\)|ren\)|al\))[^)]*\)",  # a call; "page(s)" is none
        r"[=!<>]==?|&&|\|\||\+\+|[-+*/]=|::|->|=>",
        r"^\s*[\w.\[\]]+ ?= ?\S",  # an assignment
        r"[{};]\s*$",
        r"\w\[[\w:'\"-]+\]",
        r"\b[a-z]+_[a-z]\w*|\b[a-z]+[A-Z]\w*\(",  # snake_case; camelCase(
        r"^\s*(return|else|try|if .*|for .* in .*|while .*):?\s*$",
    )
]


def is_code(text: str) -> bool:
    """Whether a text is source code, a query or JSON; in doubt, it is not. Slots and markup are no code."""
    if _PLAIN.search(text):
        return True
    return sum(bool(sign.search(text)) for sign in _DOUBTFUL) > 1
