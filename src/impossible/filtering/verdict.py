"""Scores × bounds → verdict: pure, so that a bound can be changed without running a model.

Verdicts are columns of codes, so that a shard and a slider over millions of pairs go through one function.
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
Scores = Mapping[str, Floats]  # a column each, (n,), NaN where a critic did not see the pair

VERDICTS = (KEPT, DUPLICATE, UNKNOWN, *CRITICS)  # a verdict's place here is its code
KEPT_CODE, DUPLICATE_CODE, UNKNOWN_CODE = (VERDICTS.index(name) for name in (KEPT, DUPLICATE, UNKNOWN))
_WITHIN, _OUTSIDE, _MISSING = 0, 1, 2
_REMEMBERED = 100  # (critic, bound): one byte a pair each


def columns(critic: str, task: str) -> list[str]:
    """The names of the score columns that a bound reads."""
    return [column.name for column in CRITICS[critic].read(task)]


def distance(bound: Bound, scores: Floats) -> Floats:
    """How far scores, (n,), are outside a bound: 0 within, NaN where the score is."""
    low = np.float32(-np.inf if bound.min is None else bound.min)
    high = np.float32(np.inf if bound.max is None else bound.max)
    outside: Floats = np.maximum(np.maximum(low - scores, scores - high), np.float32(0))
    return outside


def shortfall(critic: str, bound: Bound, task: str, scores: Scores) -> Floats:
    """How far each pair is outside the critic's bound, shape (n,): 0 within, NaN where a score is missing.

    If one direction is known to be outside, the other need not be known.
    """
    outside = [distance(bound, scores[column]) for column in columns(critic, task)]
    known = np.fmax.reduce(outside)  # ignores NaN
    missing = np.isnan(np.stack(outside)).any(axis=0)
    return np.where(missing & ~(known > 0), np.float32(np.nan), known).astype(np.float32)


class Judge:
    """Says which pairs of one task are within bounds; what a critic says under a bound is remembered."""

    def __init__(self, task: str, scores: Scores):
        self.task, self.scores = task, scores
        self._says = lru_cache(_REMEMBERED)(self._opinion)

    def verdict(self, bounds: Bounds) -> Codes:
        """For each pair kept, unknown or the first critic in the order of cost that rejects it, (n,)."""
        codes = np.full(len(next(iter(self.scores.values()))), KEPT_CODE, np.int8)
        missing = np.zeros(len(codes), bool)
        for critic, bound in bounds.given():
            said = self._says(critic, bound)
            codes[(codes == KEPT_CODE) & (said == _OUTSIDE)] = VERDICTS.index(critic)
            missing |= said == _MISSING
        codes[(codes == KEPT_CODE) & missing] = UNKNOWN_CODE
        return codes

    def margin(self, bounds: Bounds, codes: Codes) -> Floats:
        """How far a rejected pair is from the bound of the critic that rejects it, (n,); else NaN."""
        margin = np.full(len(codes), np.nan, np.float32)
        for critic, bound in bounds.given():
            rejected = codes == VERDICTS.index(critic)
            if rejected.any():
                few = {column: self.scores[column][rejected] for column in columns(critic, self.task)}
                margin[rejected] = shortfall(critic, bound, self.task, few)
        return margin

    def _opinion(self, critic: CriticName, bound: Bound) -> Codes:
        far = shortfall(critic, bound, self.task, self.scores)
        return np.where(np.isnan(far), _MISSING, np.where(far > 0, _OUTSIDE, _WITHIN)).astype(np.int8)


def weaker(critic: str, task: str, scores: Scores) -> Floats:
    """One number a pair: the score, of a directed score the lower one of those that the task looks at."""
    found: Floats = np.fmin.reduce([scores[column] for column in columns(critic, task)])
    return found
