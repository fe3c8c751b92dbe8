"""Correct: the probability that a careful reader calls a pair right, from the scores of the other critics.

A logistic regression (`benchmarks/fit_correct.py`) on restatements of news, abstracts and forum posts that
were read blind. docs/critics.md says how well it is calibrated.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
# critics whose scores are probabilities, read as log-odds
_PROBABILITIES = ("grounded", "judge_forward", "judge_backward", "entailment_forward")
_LEAST = 1e-3
# For each task: column → (mean of the labelled pairs, their standard deviation, weight), and the intercept.
WEIGHTS: dict[str, dict[str, tuple[float, float, float]]] = {
    "paraphrase": {},
    "summary": {},
}
INTERCEPTS = {"paraphrase": 0.0, "summary": 0.0}


def estimate(task: str, scores: Mapping[str, Floats]) -> Floats:
    """The probability of each pair, (n,). A missing score counts as the mean."""
    logit = np.full(len(next(iter(scores.values()))), INTERCEPTS[task], np.float32)
    for column, (mean, deviation, weight) in WEIGHTS[task].items():
        values = (feature(column, scores[column]) - mean) / deviation
        logit += np.float32(weight) * np.nan_to_num(values, nan=0.0)
    return (1 / (1 + np.exp(-logit))).astype(np.float32)


def feature(column: str, values: Floats) -> Floats:
    """A score as the regression reads it."""
    if column not in _PROBABILITIES:
        return values
    clipped = np.clip(values, _LEAST, 1 - _LEAST)
    return np.log(clipped / (1 - clipped)).astype(np.float32)


class Correct:
    """Texts alone do not tell; the cascade calls `estimate` with the scores of the other critics."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> Floats:
        """See Critic."""
        return np.full(len(sources), np.nan, np.float32)
