"""Metrics as sufficient statistics over rows, with bootstrap intervals and randomisation tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float64s = NDArray[np.float64]
DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Statistic:
    """A metric over n rows: sufficient statistics, (n, k), and a function of their sums, (b, k) → (b,).

    A mean has k = 2: the rows are (value, 1), the function is the ratio of both sums. Corpus BLEU has k = 10.
    """

    rows: Float64s
    total: Callable[[Float64s], Float64s]

    @property
    def value(self) -> float:
        """The metric over all rows; NaN if its denominator is 0."""
        return float(self.total(self.rows.sum(axis=0, keepdims=True))[0])


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


def mean(values: ArrayLike) -> Statistic:
    """The mean over rows, ignoring NaN."""
    x = np.asarray(values, np.float64)
    return ratio(np.nan_to_num(x), ~np.isnan(x))


def ratio(parts: ArrayLike, wholes: ArrayLike) -> Statistic:
    """Sum of parts / sum of wholes: a rate pooled over all rows."""
    rows = np.stack([np.asarray(parts, np.float64), np.asarray(wholes, np.float64)], axis=1)
    return Statistic(rows, _divided)


def _divided(sums: Float64s) -> Float64s:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sums[:, 1] > 0, sums[:, 0] / sums[:, 1], np.nan)


def bootstrap(score: Statistic, seed: int, draws: int = DRAWS) -> Interval:
    """Percentile bootstrap (Efron and Tibshirani 1993): n rows drawn with replacement, `draws` times."""
    n = len(score.rows)
    random = np.random.default_rng(seed)
    sums = np.empty((draws, score.rows.shape[1]))
    for i in range(draws):
        sums[i] = np.bincount(random.integers(0, n, n), minlength=n) @ score.rows
    values = score.total(sums)
    values = values[~np.isnan(values)]
    low, high = np.percentile(values, [2.5, 97.5]) if len(values) else (np.nan, np.nan)
    return Interval(score.value, float(low), float(high))


def randomisation(a: Statistic, b: Statistic, seed: int, trials: int = DRAWS) -> float:
    """Two-sided p of the difference between two systems on the same rows, by approximate randomisation.

    Swap each row's two results with probability ½ and count how often the difference is at least as large:
    p = (1 + #{|Δ'| ≥ |Δ|}) / (1 + trials) (Noreen 1989; Riezler and Maxwell 2005). NaN if the value of
    either system is NaN. Raises ValueError if their rows differ in number.
    """
    if a.rows.shape != b.rows.shape:
        raise ValueError(f"systems differ in rows: {a.rows.shape} and {b.rows.shape}")
    if np.isnan(a.value - b.value):
        return float("nan")
    difference = b.rows - a.rows
    sums_a, sums_b = a.rows.sum(axis=0), b.rows.sum(axis=0)
    random = np.random.default_rng(seed)
    swaps = [(random.random(len(difference)) < 0.5) @ difference for _ in range(trials)]
    moved = np.array(swaps).reshape(trials, -1)
    shuffled = np.abs(a.total(sums_a + moved) - b.total(sums_b - moved))
    # the tolerance counts ties as at least as large, despite rounding
    return float((1 + (shuffled >= abs(a.value - b.value) - 1e-9).sum()) / (1 + trials))


def best(scores: ArrayLike, counts: Sequence[int]) -> Float64s:
    """The highest of each row's scores, (n,), where row i has the next `counts[i]` of `scores`."""
    edges = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.intp)
    return np.maximum.reduceat(np.asarray(scores, np.float64), edges)
