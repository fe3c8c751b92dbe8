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
    "paraphrase": {
        "grounded": (1.851, 0.822, 0.085),
        "judge_forward": (2.086, 0.532, 0.120),
        "judge_backward": (1.745, 0.535, 0.369),
        "similarity": (0.945, 0.044, 0.622),
        "rouge_l": (0.746, 0.142, -0.034),
        "clause_forward": (0.987, 0.055, 0.103),
        "clause_backward": (0.986, 0.058, 0.120),
        "support_forward": (0.857, 0.197, 0.059),
        "support_backward": (0.840, 0.185, 0.222),
        "fluency": (-1.481, 0.669, 0.312),
    },
    "summary": {
        "grounded": (1.843, 0.864, 0.469),
        "judge_forward": (2.075, 0.570, 0.443),
        "entailment_forward": (2.101, 1.061, 0.022),
        "similarity": (0.860, 0.094, 0.285),
        "rouge_l": (0.617, 0.179, 0.175),
        "clause_forward": (0.992, 0.041, 0.516),
        "support_forward": (0.829, 0.220, 0.241),
        "fluency": (-1.443, 0.691, 0.431),
    },
}
INTERCEPTS = {"paraphrase": -1.394, "summary": -1.320}


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
