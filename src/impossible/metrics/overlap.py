"""Overlap metrics: how an output's wording relates to its source's, without a model."""

from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein

from ..text.words import ngrams, words
from .statistics import Float64s, Statistic, ratio


def jaccard(sources: Sequence[str], outputs: Sequence[str]) -> Float64s:
    """Jaccard of the two sets of words, |A∩B| / |A∪B|, (n,); 1 where neither has a word."""
    sets = [(set(words(s)), set(words(o))) for s, o in zip(sources, outputs, strict=True)]
    return np.array([len(a & b) / len(a | b) if a | b else 1.0 for a, b in sets])


def compression(sources: Sequence[str], outputs: Sequence[str]) -> Float64s:
    """Words of the output / words of the source, (n,); NaN where the source has none."""
    lengths = [(len(words(o)), len(words(s))) for s, o in zip(sources, outputs, strict=True)]
    return np.array([o / s if s else np.nan for o, s in lengths])


def novel_ngrams(sources: Sequence[str], outputs: Sequence[str], n: int) -> Statistic:
    """Share of the outputs' n-grams that their source lacks (See et al. 2017), pooled over all outputs."""
    novel, totals = [], []
    for source, output in zip(sources, outputs, strict=True):
        known = set(ngrams(words(source), n))
        grams = ngrams(words(output), n)
        novel.append(sum(gram not in known for gram in grams))
        totals.append(len(grams))
    return ratio(novel, totals)


def fragments(source: Sequence[str], output: Sequence[str]) -> list[Sequence[str]]:
    """F(A, S), the extractive fragments that a text and its summary share.

    Greedy (Grusky et al. 2018, Newsroom, figure 3): from left to right, take the longest run of the output
    that also occurs in the source, and continue after it.
    """
    positions: dict[str, list[int]] = {}
    for j, word in enumerate(source):
        positions.setdefault(word, []).append(j)
    shared, i = [], 0
    while i < len(output):
        length = max(
            (_common_prefix(source[j:], output[i:]) for j in positions.get(output[i], ())), default=0
        )
        if length:
            shared.append(output[i : i + length])
        i += max(length, 1)
    return shared


def _common_prefix(a: Sequence[str], b: Sequence[str]) -> int:
    """The length of the common prefix of two sequences, in words."""
    return next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def coverage(sources: Sequence[str], outputs: Sequence[str]) -> Float64s:
    """Extractive fragment coverage, Σ|f| / |S| over the fragments f of F(A, S), (n,), 0 to 1.

    Grusky et al. 2018; NaN where the output has no word.
    """
    return _over_fragments(sources, outputs, power=1)


def density(sources: Sequence[str], outputs: Sequence[str]) -> Float64s:
    """Extractive fragment density, Σ|f|² / |S|, (n,): k for a copy of k words (Grusky et al. 2018)."""
    return _over_fragments(sources, outputs, power=2)


def _over_fragments(sources: Sequence[str], outputs: Sequence[str], power: int) -> Float64s:
    pairs = [(words(s), words(o)) for s, o in zip(sources, outputs, strict=True)]
    return np.array(
        [sum(len(f) ** power for f in fragments(a, s)) / len(s) if s else np.nan for a, s in pairs]
    )


def repetition(outputs: Sequence[str], n: int) -> Float64s:
    """seq-rep-n = 1 - distinct n-grams / n-grams of each output (Welleck et al. 2020), (n,).

    0 where an output is shorter than n words.
    """
    grams = [ngrams(words(output), n) for output in outputs]
    return np.array([1 - len(set(g)) / len(g) if g else 0.0 for g in grams])


def edit_distance(sources: Sequence[str], outputs: Sequence[str]) -> Float64s:
    """Levenshtein distance in characters / characters of the longer one, (n,), 0 to 1."""
    pairs = zip(sources, outputs, strict=True)
    return np.array([Levenshtein.normalized_distance(s, o) for s, o in pairs])
