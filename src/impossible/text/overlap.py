"""Kept sentences that a benchmark or a corpus has too: word for word, or nearly.

Texts are compared by words in one spelling, without case and punctuation, so that line ends, quotes, spaces
and hidden characters make no difference.
"""

from collections.abc import Iterable, Sequence

from rapidfuzz.distance import Indel

from .fold import fold
from .sentences import iterate
from .words import Gram, ngrams, words

RUN_LENGTH = 8  # consecutive words that texts rarely share by chance
NEARLY = 0.8  # share of the words of both sentences that are the same in the same order
_SHORTEST = 6  # words; of fewer, other sentences are near by chance
_SHARED = 3  # consecutive words that two near sentences share


class Sentences:
    """An index of kept sentences, to be compared with texts one at a time."""

    def __init__(self, sentences: Sequence[str]):
        self._sentences = sentences
        self._words = [words(fold(sentence)) for sentence in sentences]
        self._runs: dict[Gram, list[int]] = {}
        self._parts: dict[Gram, list[int]] = {}
        for i, split in enumerate(self._words):
            for gram in _runs(split):
                self._runs.setdefault(gram, []).append(i)
            for gram in ngrams(split, _SHARED) if len(split) >= _SHORTEST else ():
                self._parts.setdefault(gram, []).append(i)

    def repeated(self, texts: Iterable[str]) -> list[str]:
        """The sentences that share RUN_LENGTH consecutive words with a text, or are one."""
        grams = (gram for text in texts for gram in _runs(words(fold(text))))
        return self._listed(i for gram in grams for i in self._runs.get(gram, ()))

    def near(self, texts: Iterable[str]) -> list[str]:
        """The sentences of which NEARLY all words are those of a sentence of a text, in the same order."""
        found: set[int] = set()
        for text in texts:
            for sentence in iterate(text):
                split = words(fold(sentence))
                rivals = {i for gram in ngrams(split, _SHARED) for i in self._parts.get(gram, ())} - found
                found |= {i for i in rivals if _similarity(self._words[i], split) >= NEARLY}
        return self._listed(found)

    def _listed(self, indices: Iterable[int]) -> list[str]:
        return [self._sentences[i] for i in sorted(set(indices))]


def spelling(text: str) -> Gram:
    """The words of a text in one spelling: two texts with the same are the same but for marks and case."""
    return tuple(words(fold(text)))


def _similarity(a: Sequence[str], b: Sequence[str]) -> float:
    return Indel.normalized_similarity(a, b, score_cutoff=NEARLY)


def _runs(split: Sequence[str]) -> list[Gram]:
    """All runs of RUN_LENGTH words, and the whole text."""
    return [*ngrams(split, RUN_LENGTH), tuple(split)] if split else []
