"""Scores × bounds → verdict: pure, so that a bound can be changed without running a model."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..data.schema import KEPT, UNKNOWN
from ..recipe.critic_table import CRITICS
from ..recipe.critics import Bounds

Scores = Mapping[str, NDArray[np.float32]]  # a column each, (n,), NaN where a critic did not see the pair


def columns(critic: str, task: str) -> list[str]:
    """The names of the score columns that a bound reads."""
    return [column.name for column in CRITICS[critic].read(task)]


def shortfall(critic: str, task: str, bounds: Bounds, scores: Scores) -> NDArray[np.float32]:
    """How far each pair is outside the critic's bound, shape (n,): 0 within, NaN where a score is missing.

    If one direction is known to be outside, the other need not be known.
    """
    bound = bounds.of(critic)
    assert bound is not None, critic
    outside = []
    for column in columns(critic, task):
        x = scores[column].astype(np.float32)
        low = np.float32(-np.inf if bound.min is None else bound.min)
        high = np.float32(np.inf if bound.max is None else bound.max)
        outside.append(np.maximum(np.maximum(low - x, x - high), np.float32(0)))
    known = np.fmax.reduce(outside)  # ignores NaN
    missing = np.isnan(np.stack(outside)).any(axis=0)
    return np.where(missing & ~(known > 0), np.float32(np.nan), known).astype(np.float32)


def verdict(scores: Scores, task: str, bounds: Bounds) -> tuple[NDArray[np.object_], NDArray[np.float32]]:
    """For each pair `kept`, `unknown` or the first critic in the order of cost that rejects it; how far.

    Returns two arrays of shape (n,); the margin of a pair that is not rejected is NaN.
    """
    n = len(next(iter(scores.values())))
    what = np.full(n, KEPT, dtype=object)
    margin = np.full(n, np.nan, dtype=np.float32)
    unknown = np.zeros(n, dtype=bool)
    for critic, _ in bounds.given():
        by = shortfall(critic, task, bounds, scores)
        rejected = (what == KEPT) & (by > 0)
        what[rejected], margin[rejected] = critic, by[rejected]
        unknown |= np.isnan(by)
    what[(what == KEPT) & unknown] = UNKNOWN
    return what, margin


def weaker(critic: str, task: str, scores: Scores) -> NDArray[np.float32]:
    """One number a pair: the score, of a directed score the lower one of those that the task looks at."""
    found: NDArray[np.float32] = np.fmin.reduce([scores[column] for column in columns(critic, task)])
    return found
