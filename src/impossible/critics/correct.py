"""Correct: the probability that a careful reader calls a pair right, from the scores of the other critics.

A logistic regression (`benchmarks/fit_correct.py`) on 1,749 anchored pairs of news, encyclopedias, abstracts,
customers' texts and forum posts that were read blind. docs/critics.md says how well it is calibrated.
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
        "grounded": (1.946, 0.767, 0.283),
        "judge_forward": (1.931, 0.874, -0.073),
        "judge_backward": (0.899, 1.406, 0.699),
        "similarity": (0.959, 0.036, 0.651),
        "rouge_l": (0.772, 0.139, -0.029),
        "length_ratio": (0.867, 0.108, 0.598),
        "support_forward": (0.794, 0.258, 0.062),
        "support_backward": (0.809, 0.240, 0.214),
        "fluency": (-1.161, 0.680, -0.306),
    },
    "summary": {
        "grounded": (1.905, 0.718, 0.363),
        "judge_forward": (1.916, 0.719, 0.089),
        "entailment_forward": (1.766, 1.244, 0.238),
        "similarity": (0.823, 0.122, 0.766),
        "rouge_l": (0.589, 0.205, 0.793),
        "length_ratio": (0.578, 0.194, -0.314),
        "support_forward": (0.676, 0.295, 0.520),
        "support_backward": (0.691, 0.210, 0.046),
        "fluency": (-1.323, 0.712, -0.057),
    },
}
INTERCEPTS = {"paraphrase": -1.295, "summary": -2.245}


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
