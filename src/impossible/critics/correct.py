"""Correct: the probability that a careful reader calls a pair right, from the scores of the other critics.

A logistic regression (`benchmarks/fit_correct.py`) on 350 anchored pairs of news, abstracts and forum posts
that were read blind. docs/critics.md says how well it is calibrated.
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
    "paraphrase": {
        "grounded": (2.234, 0.493, 0.036),
        "judge_forward": (2.219, 0.515, 0.279),
        "judge_backward": (1.866, 0.636, 0.854),
        "similarity": (0.970, 0.035, 0.674),
        "rouge_l": (0.770, 0.157, 0.399),
        "clause_forward": (0.995, 0.032, 0.152),
        "clause_backward": (0.992, 0.051, 0.110),
        "support_forward": (0.907, 0.169, 0.171),
        "support_backward": (0.887, 0.180, -0.108),
        "fluency": (-1.230, 0.776, -0.050),
    },
    "summary": {
        "grounded": (2.308, 0.477, 0.315),
        "judge_forward": (2.307, 0.476, 0.196),
        "entailment_forward": (2.052, 1.080, -0.015),
        "similarity": (0.866, 0.086, 0.236),
        "rouge_l": (0.613, 0.187, 0.043),
        "clause_forward": (0.995, 0.032, 0.434),
        "support_forward": (0.848, 0.217, 0.677),
        "fluency": (-1.233, 0.604, 0.226),
    },
}
INTERCEPTS = {"paraphrase": -0.307, "summary": -0.392}


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
