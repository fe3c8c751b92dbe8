"""How varied a set of sentences is: the figures that a report and a what-if show."""

from collections.abc import Sequence
from dataclasses import dataclass

from .evaluate.lexical import counted, distinct_share, entropy_of, segmented
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
    tokens = [words(sentence) for sentence in sentences]  # once: a slider waits for this
    every = [word for of_it in tokens for word in of_it]
    pairs, triples = counted(tokens, 2), counted(tokens, 3)
    return Variety(
        len(sentences),
        len(every),
        len(set(every)),
        distinct_share(pairs),
        entropy_of(pairs),
        entropy_of(triples),
        segmented(every),
    )
