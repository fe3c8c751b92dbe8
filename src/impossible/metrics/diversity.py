"""Diversity of a set of texts, by words, n-grams and embeddings.

All but MTLD and MSTTR depend on the size of the set: compare sets of equal size.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..text.words import Gram, ngrams, words

MTLD_THRESHOLD = 0.72
MSTTR_SEGMENT = 50


def vocabulary(texts: Sequence[str]) -> int:
    """The number of distinct words."""
    return len({word for text in texts for word in words(text)})


def distinct_n(texts: Sequence[str], n: int) -> float:
    """Distinct-n: distinct n-grams / n-grams over all texts (Li et al. 2016); NaN without n-grams."""
    return distinct_share(counted((words(text) for text in texts), n))


def distinct_share(counts: Counter[Gram]) -> float:
    """Distinct n-grams / n-grams; NaN without n-grams."""
    return len(counts) / counts.total() if counts else math.nan


def entropy(texts: Sequence[str], n: int) -> float:
    """Hₙ = -Σ p log₂ p over the n-grams of all texts, in bits (Zhang et al. 2018); NaN without n-grams."""
    return entropy_of(counted((words(text) for text in texts), n))


def entropy_of(counts: Counter[Gram]) -> float:
    """-Σ p log₂ p of counted n-grams, in bits; NaN without n-grams."""
    if not counts:
        return math.nan
    p = np.fromiter(counts.values(), np.float64) / counts.total()
    return float(-(p * np.log2(p)).sum())


def counted(tokens: Iterable[Sequence[str]], n: int) -> Counter[Gram]:
    """Count the n-grams of texts, each given as its words."""
    return Counter(gram for text in tokens for gram in ngrams(text, n))


def mtld(texts: Sequence[str], threshold: float = MTLD_THRESHOLD) -> float:
    """Measure of textual lexical diversity (McCarthy and Jarvis 2010) of the concatenated texts.

    Words / factors, averaged over both reading directions. A factor ends when the type-token ratio (TTR)
    since the last factor falls to `threshold`; the rest counts as (1 - TTR) / (1 - threshold) of a factor.
    Equals the number of words if no word is repeated; NaN without words.
    """
    tokens = [word for text in texts for word in words(text)]
    if not tokens:
        return math.nan
    return (_mtld(tokens, threshold) + _mtld(tokens[::-1], threshold)) / 2


def _mtld(tokens: Sequence[str], threshold: float) -> float:
    factors, seen, count = 0.0, set[str](), 0
    for token in tokens:
        seen.add(token)
        count += 1
        if len(seen) / count <= threshold:
            factors, seen, count = factors + 1, set(), 0
    if count:
        factors += (1 - len(seen) / count) / (1 - threshold)
    return len(tokens) / factors if factors else float(len(tokens))


def msttr(texts: Sequence[str], segment: int = MSTTR_SEGMENT) -> float:
    """Mean type-token ratio of successive segments of `segment` words (Johnson 1944), the rest left out.

    NaN if there are fewer words than one segment.
    """
    return segmented([word for text in texts for word in words(text)], segment)


def segmented(tokens: Sequence[str], segment: int = MSTTR_SEGMENT) -> float:
    """MSTTR of a sequence of words."""
    parts = [tokens[i : i + segment] for i in range(0, len(tokens) - segment + 1, segment)]
    return float(np.mean([len(set(part)) / segment for part in parts])) if parts else math.nan


def mean_distance(vectors: NDArray[np.float32]) -> float:
    """Mean of 1 - cosine over all pairs of n unit vectors, (n, d); NaN below two.

    Computed from their sum in linear time: Σᵢ≠ⱼ vᵢ·vⱼ = |Σ v|² - n.
    """
    n = len(vectors)
    if n < 2:
        return math.nan
    total = vectors.sum(axis=0, dtype=np.float64)
    return float(1 - (total @ total - n) / (n * (n - 1)))


def vendi(vectors: NDArray[np.float32]) -> float:
    """Vendi score of n unit vectors, (n, d): the effective number of topics (Friedman and Dieng 2023).

    exp of the entropy of the eigenvalues of K / n, with K the matrix of cosines: 1 if all vectors are equal,
    n if all are orthogonal. The d × d matrix has the same non-zero eigenvalues. NaN without vectors.
    """
    if not len(vectors):
        return math.nan
    x = vectors.astype(np.float64)
    eigenvalues = np.linalg.eigvalsh(x.T @ x / len(x))
    p = eigenvalues[eigenvalues > 1e-12]
    return float(np.exp(-(p * np.log(p)).sum()))


@dataclass(frozen=True, slots=True)
class Variety:
    """Lexical diversity of a set of sentences. All but `msttr` depend on the size of the set.

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
    tokens = [
        words(sentence) for sentence in sentences
    ]  # tokenise once, since the explorer computes this interactively
    all_words = [word for sentence_words in tokens for word in sentence_words]
    pairs, triples = counted(tokens, 2), counted(tokens, 3)
    return Variety(
        len(sentences),
        len(all_words),
        len(set(all_words)),
        distinct_share(pairs),
        entropy_of(pairs),
        entropy_of(triples),
        segmented(all_words),
    )
