"""How varied a set of sentences is: the figures that a report and a what-if show."""

from collections.abc import Sequence
from dataclasses import dataclass

from .evaluate.lexical import distinct_n, entropy, msttr, vocabulary
from .evaluate.words import words


@dataclass(frozen=True, slots=True)
class Variety:
    """Figures of a set of sentences; see `evaluate.lexical`. All but `msttr` depend on its size.

    `distinct_2` is the share of bigrams that are distinct; entropies are of bigrams and trigrams, in bits.
    """

    sentences: int
    words: int
    distinct_words: int
    distinct_2: float
    entropy_2: float
    entropy_3: float
    msttr: float


def variety(sentences: Sequence[str]) -> Variety:
    """Measure a set of sentences."""
    return Variety(
        len(sentences),
        sum(len(words(sentence)) for sentence in sentences),
        vocabulary(sentences),
        distinct_n(sentences, 2),
        entropy(sentences, 2),
        entropy(sentences, 3),
        msttr(sentences),
    )
