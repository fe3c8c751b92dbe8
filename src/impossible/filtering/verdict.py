"""Scores × bounds → verdict: a pure function, so that bounds can change without running a model.

Verdicts are columns of integer codes, so that the same function is fast enough for millions of pairs.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..data.schema import DUPLICATE, KEPT, UNKNOWN
from ..recipe.critic_table import CRITICS
from ..recipe.critics import Bound, Bounds, CriticName

Floats = NDArray[np.float32]
Codes = NDArray[np.int8]
Scores = Mapping[str, Floats]  # column → scores, (n,); NaN where a critic did not see the pair

VERDICTS = (KEPT, DUPLICATE, UNKNOWN, *CRITICS)  # the index of a verdict is its code
KEPT_CODE, DUPLICATE_CODE, UNKNOWN_CODE = (VERDICTS.index(name) for name in (KEPT, DUPLICATE, UNKNOWN))
_WITHIN, _OUTSIDE, _MISSING = 0, 1, 2
_CACHE_SIZE = 100  # entries (critic, bound), one byte per pair each


def columns(critic: str, task: str) -> list[str]:
    """The names of the score columns that a critic's bound reads."""
    return [column.name for column in CRITICS[critic].read(task)]


def distance(bound: Bound, scores: Floats) -> Floats:
    """How far each score is outside a bound, (n,): 0 within, NaN where the score is NaN."""
    low = np.float32(-np.inf if bound.min is None else bound.min)
    high = np.float32(np.inf if bound.max is None else bound.max)
    outside: Floats = np.maximum(np.maximum(low - scores, scores - high), np.float32(0))
    return outside


def shortfall(critic: str, bound: Bound, task: str, scores: Scores) -> Floats:
    """How far each pair is outside the critic's bound, shape (n,): 0 within, NaN where a score is missing.

    If one direction is outside, the other may be missing.
    """
    outside = [distance(bound, scores[column]) for column in columns(critic, task)]
    known = np.fmax.reduce(outside)  # ignores NaN
    missing = np.isnan(np.stack(outside)).any(axis=0)
    return np.where(missing & ~(known > 0), np.float32(np.nan), known).astype(np.float32)


class Verdicts:
    """Decides which pairs of one task are within bounds; results per (critic, bound) are cached."""

    def __init__(self, task: str, scores: Scores):
        self.task, self.scores = task, scores
        self._outcome = lru_cache(_CACHE_SIZE)(self._classify)

    def verdict(self, bounds: Bounds) -> Codes:
        """The code of each pair, (n,): kept, unknown, or the cheapest critic that rejects it."""
        codes = np.full(len(next(iter(self.scores.values()))), KEPT_CODE, np.int8)
        missing = np.zeros(len(codes), bool)
        for critic, bound in bounds.given():
            outcome = self._outcome(critic, bound)
            codes[(codes == KEPT_CODE) & (outcome == _OUTSIDE)] = VERDICTS.index(critic)
            missing |= outcome == _MISSING
        codes[(codes == KEPT_CODE) & missing] = UNKNOWN_CODE
        return codes

    def margin(self, bounds: Bounds, codes: Codes) -> Floats:
        """How far each rejected pair is outside the bound of the critic that rejects it, (n,); else NaN."""
        margin = np.full(len(codes), np.nan, np.float32)
        for critic, bound in bounds.given():
            rejected = codes == VERDICTS.index(critic)
            if rejected.any():
                subset = {column: self.scores[column][rejected] for column in columns(critic, self.task)}
                margin[rejected] = shortfall(critic, bound, self.task, subset)
        return margin

    def _classify(self, critic: CriticName, bound: Bound) -> Codes:
        far = shortfall(critic, bound, self.task, self.scores)
        return np.where(np.isnan(far), _MISSING, np.where(far > 0, _OUTSIDE, _WITHIN)).astype(np.int8)


def weaker(critic: str, task: str, scores: Scores) -> Floats:
    """The score of each pair, (n,): the lower one of the directions that the task reads."""
    lowest: Floats = np.fmin.reduce([scores[column] for column in columns(critic, task)])
    return lowest
