"""Persons: the share of the target's grammatical persons (I, we, you, he, …) that the source has too."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .distinct import distinct

# "it" and "this" are left out: a paraphrase may name what they refer to.
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
    """The grammatical persons of a text's pronouns."""
    return frozenset(_PERSON_OF[w] for w in _WORD.findall(text.lower()) if w in _PERSON_OF)


class Persons:
    """The share of the target's persons that the source has too, 0 to 1; 1 if the target has none."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """Shares, (n,)."""
        sentences, s, t = distinct(sources, targets)
        persons_of = [persons(sentence) for sentence in sentences]
        shares = [
            len(persons_of[a] & persons_of[b]) / len(persons_of[b]) if persons_of[b] else 1.0
            for a, b in zip(s.tolist(), t.tolist(), strict=True)
        ]
        return np.array(shares, dtype=np.float32)
