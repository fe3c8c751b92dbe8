"""A pair that a rule cannot read costs that pair, not the run: score NaN, verdict `unknown`."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..recipe.critic_table import CRITICS
from .verdict import Floats

Indices = NDArray[np.intp]
ByIndex = Callable[[Indices, Indices], Floats]


def is_rule(critic: str) -> bool:
    """Whether a critic reads by rules, so that failing on one sentence says nothing of the others."""
    return CRITICS[critic].model in (None, "parser")


def score_readable(critic: str, score: ByIndex, s: Indices, t: Indices) -> Floats:
    """The scores of pairs, given as indices of sentences, (n,); NaN where a rule raises.

    A model's error is raised: it is no sentence's fault.
    """
    scores = _attempt(critic, score, s, t)
    if scores is not None:
        return scores
    bad = [
        i
        for i in np.unique([s, t]).tolist()
        if _attempt(critic, score, *[np.array([i], np.intp)] * 2) is None
    ]
    rows = np.flatnonzero(~np.isin(s, bad) & ~np.isin(t, bad))
    found = np.full(len(s), np.nan, np.float32)
    scores = _attempt(critic, score, s[rows], t[rows])
    if scores is not None:
        found[rows] = scores
        return found
    for row in rows:  # sentences that are read alone, but not together
        one = _attempt(critic, score, s[row : row + 1], t[row : row + 1])
        found[row] = np.nan if one is None else one[0]
    return found


def _attempt(critic: str, score: ByIndex, s: Indices, t: Indices) -> Floats | None:
    try:
        return score(s, t)
    except (ModelError, MemoryError):
        raise
    except Exception:  # whatever a rule did not foresee in a sentence
        if not is_rule(critic):
            raise
        return None
