"""Persons: do both sides speak of the same persons? "I'm leaving" is not "They're leaving"."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .distinct import distinct

# "it" and "this" are left out: what they stand for is what a paraphrase is free to name.
_PERSONS = {
    "first singular": "i me my mine myself im ive",
    "first plural": "we us our ours ourselves",
    "second": "you your yours yourself yourselves",
    "masculine": "he him his himself",
    "feminine": "she her hers herself",
    "third plural": "they them their theirs themselves",
}
_PERSON_OF = {word: person for person, words in _PERSONS.items() for word in words.split()}
_WORD = re.compile(r"[a-z]+")


def persons(text: str) -> frozenset[str]:
    """The grammatical persons that a text's pronouns name."""
    return frozenset(_PERSON_OF[w] for w in _WORD.findall(text.lower()) if w in _PERSON_OF)


class Persons:
    """Share of the target's persons that the source names too, 0 to 1; 1 when the target names none."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """Shares, (n,)."""
        sentences, s, t = distinct(sources, targets)
        found = [persons(sentence) for sentence in sentences]
        shares = [
            len(found[a] & found[b]) / len(found[b]) if found[b] else 1.0
            for a, b in zip(s.tolist(), t.tolist(), strict=True)
        ]
        return np.array(shares, dtype=np.float32)
