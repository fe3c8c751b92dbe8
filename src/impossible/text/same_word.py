"""Do two lemmas mean the same? Equal, synonyms, or one derived from the other ("produce", "production")."""

from functools import lru_cache

from . import thesaurus
from .words import word_set

_ENDINGS = {
    "",
    *word_set(
        """e y i ion tion ation ition ment er or ing ed al ial ally ly ive ative ate ity ty ness able ible
    ance ence ent ant ize ise ian an n ese ish s es sion ication ical ic ful less ship hood r d ies
    ied"""
    ),
}
_STEM = 4  # letters that a word and what is derived from it share at least


def _groups(rows: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for group in (row.split() for row in rows.split(",")):
        for word in group:
            found.setdefault(word, set()).update(group)
    return found


_SYNONYMS = _groups(
    ",".join(
        (
            thesaurus.ALIKE,
            thesaurus.SYNONYM_NOUNS,
            thesaurus.SYNONYM_ADJECTIVES,
            thesaurus.SYNONYM_ADVERBS,
            thesaurus.SYNONYM_VERBS,
        )
    )
)
_OPPOSITES = _groups(
    ",".join(
        (
            thesaurus.ANTONYM_ADJECTIVES,
            thesaurus.ANTONYM_ADVERBS,
            thesaurus.ANTONYM_VERBS,
            thesaurus.ANTONYM_PLACES,
            thesaurus.OPPOSED,
        )
    )
)
_CONVERSES = _groups(thesaurus.CONVERSE)


@lru_cache(1 << 16)
def same(a: str, b: str) -> bool:
    """Whether two lemmas in lower case mean the same, or nearly."""
    if a == b or b in _SYNONYMS.get(a, ()):
        return True
    shared = 0
    while shared < min(len(a), len(b)) and a[shared] == b[shared]:
        shared += 1
    # "activate" and "activation" share more than their stem
    stems = range(shared, max(_STEM, shared - 2) - 1, -1)
    return any(a[n:] in _ENDINGS and b[n:] in _ENDINGS for n in stems)


def opposite(a: str, b: str) -> bool:
    """Whether two lemmas in lower case are opposites."""
    return a != b and b in _OPPOSITES.get(a, ())


def converse(a: str, b: str) -> bool:
    """Whether two verbs name one event from its two ends: "lend" and "borrow"."""
    return a != b and b in _CONVERSES.get(a, ())
