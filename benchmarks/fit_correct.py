"""Fit the critic `correct` to pairs that were read, and tell how well it predicts contexts not seen.

    python benchmarks/fit_correct.py LABELLED.jsonl…

Each row has task, context_id, right (true or false) and the scores of the other critics.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impossible.critics.correct import feature

COLUMNS = {
    "paraphrase": "grounded judge_forward judge_backward similarity rouge_l length_ratio "
    "support_forward support_backward fluency",
    "summary": "grounded judge_forward entailment_forward similarity rouge_l length_ratio support_forward "
    "support_backward fluency",
}
PENALTY = 3.0  # of squared weights, in units of one labelled pair
FOLDS = 8
Matrix = NDArray[np.float64]


def fit(x: Matrix, y: Matrix) -> Matrix:
    """Weights of the standardised columns, then the intercept, by Newton's method."""
    x = np.hstack([x, np.ones((len(x), 1))])
    penalty = np.diag([PENALTY] * (x.shape[1] - 1) + [0.0])
    w = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ w))
        w -= np.linalg.solve((x.T * (p * (1 - p))) @ x + penalty, x.T @ (p - y) + penalty @ w)
    return w


def auc(y: Matrix, p: Matrix) -> float:
    """The share of pairs (right, wrong) that the estimate orders well."""
    right, wrong = p[y == 1], p[y == 0]
    return float((right[:, None] > wrong).mean() + (right[:, None] == wrong).mean() / 2)


def report(task: str, rows: Sequence[dict[str, Any]]) -> None:
    """Print the weights, and precision and reliability on contexts that the fit did not see."""
    columns = COLUMNS[task].split()
    raw = np.array([[np.nan if row.get(c) is None else row[c] for c in columns] for row in rows], np.float32)
    values = np.stack([feature(c, raw[:, i]) for i, c in enumerate(columns)], 1).astype(np.float64)
    mean, deviation = np.nanmean(values, 0), np.nanstd(values, 0) + 1e-6
    x = np.nan_to_num((values - mean) / deviation)
    y = np.array([float(row["right"]) for row in rows])
    contexts = sorted({row["context_id"] for row in rows})
    fold = np.array([contexts.index(row["context_id"]) % FOLDS for row in rows])
    p = np.zeros(len(y))
    for k in range(FOLDS):
        w = fit(x[fold != k], y[fold != k])
        p[fold == k] = 1 / (1 + np.exp(-(x[fold == k] @ w[:-1] + w[-1])))
    print(f"{task}: {len(y)} pairs, {y.mean():.2f} right, AUC {auc(y, p):.3f} on unseen contexts")
    for least in (0.5, 0.6, 0.65, 0.7, 0.75, 0.8):
        kept = p >= least
        if kept.any():
            print(
                f"  at least {least}: {kept.sum()} pairs, {y[kept].mean():.2f} right, "
                f"{y[kept].sum() / y.sum():.2f} of all right"
            )
    for low in np.arange(0, 1, 0.2):
        part = (p >= low) & (p < low + 0.2)
        if part.any():
            print(
                f"  estimate {low:.1f} to {low + 0.2:.1f}: {part.sum()} pairs, mean {p[part].mean():.2f}, "
                f"right {y[part].mean():.2f}"
            )
    *weights, intercept = fit(x, y)
    for column, m, d, w in zip(columns, mean, deviation, weights, strict=True):
        print(f'    "{column}": ({m:.3f}, {d:.3f}, {w:.3f}),')
    print(f"    intercept {intercept:.3f}")


if __name__ == "__main__":
    lines = [line for name in sys.argv[1:] for line in Path(name).read_text().splitlines()]
    labelled = [json.loads(line) for line in lines]
    for wanted in COLUMNS:
        report(wanted, [row for row in labelled if row["task"] == wanted])
