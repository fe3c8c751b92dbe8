"""Text → words and n-grams, as overlap and diversity metrics count them (BLEU and ROUGE tokenise apart)."""

import re
from collections.abc import Sequence

_WORD = re.compile(r"\w+(?:['’]\w+)*")
WORDS = "words in lower case, punctuation left out"  # description in reports
Gram = tuple[str, ...]


def word_set(text: str) -> frozenset[str]:
    """The words of a text, as spaces part them."""
    return frozenset(text.split())


def words(text: str) -> list[str]:
    """The words in lower case: runs of letters and digits, which may contain apostrophes."""
    return _WORD.findall(text.lower())


def ngrams(tokens: Sequence[str], n: int) -> list[Gram]:
    """All runs of `n` tokens, in order, repeats included."""
    return list(zip(*(tokens[i:] for i in range(n)), strict=False))
