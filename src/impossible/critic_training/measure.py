"""Measure a critic's probabilities: accuracy, ranking (ROC-AUC) and calibration."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..critics.nli import Nli
from ..errors import DataError
from ..models.adapter import CALIBRATION
from .train import LABELS, NOT_BOTH, NOT_ENTAILED, NliExample

FloatArray = NDArray[np.floating]
_RECALLS = (0.3, 0.5, 0.7)
_PRECISIONS = (0.9, 0.95)
_BINS = 15


@dataclass(frozen=True, slots=True)
class NliReport:
    """Figures of one labelled set; each is a share, 0 to 1, nan where a class it needs has no rows."""

    rows: int
    accuracy: float
    f1: Mapping[str, float]
    entailment_auc: float
    precision_at_recall: Mapping[float, float]
    recall_at_precision: Mapping[float, float]
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A critic on one file, and its speed; of a paraphrase set the less entailed direction of each pair."""

    name: str
    report: NliReport
    pairs_per_second: float


def calibrate(folder: Path, sets: Mapping[str, Sequence[NliExample]]) -> tuple[float, list[Measured]]:
    """Fit the temperature to all sets together, write it to the folder's calibration.json, and measure each
    set with it. Raises ModelError, DataError.
    """
    path = folder / CALIBRATION
    path.unlink(missing_ok=True)
    nli = Nli(folder)
    rows = [by_pair(_probabilities(nli, examples), [e.label for e in examples]) for examples in sets.values()]
    temperature = fit_temperature(
        np.concatenate([p for p, _ in rows]), [x for _, labels in rows for x in labels]
    )
    path.write_text(json.dumps({"temperature": round(temperature, 4)}) + "\n")
    nli = Nli(folder)
    return temperature, [measure_examples(nli, name, examples) for name, examples in sets.items()]


def measure_examples(nli: Nli, name: str, examples: Sequence[NliExample]) -> Measured:
    """Measure a critic; examples of a paraphrase set come in twos, forward and backward."""
    start = time.perf_counter()
    p = _probabilities(nli, examples)
    seconds = time.perf_counter() - start
    return Measured(name, measure(*by_pair(p, [e.label for e in examples])), len(examples) / seconds)


def _probabilities(nli: Nli, examples: Sequence[NliExample]) -> FloatArray:
    return nli.probabilities([e.premise for e in examples], [e.hypothesis for e in examples])


def by_pair(p: FloatArray, labels: Sequence[str]) -> tuple[FloatArray, Sequence[str]]:
    """The less entailed direction of each pair of a paraphrase set: one with NOT_BOTH rows, in twos.

    Its label is NOT_ENTAILED where a direction fails. Any other set stays as it is.
    """
    if NOT_BOTH not in labels:
        return p, labels
    lower = np.arange(0, len(p), 2) + (p[1::2, 0] < p[::2, 0])
    return p[lower], [NOT_ENTAILED if label == NOT_BOTH else label for label in labels[::2]]


def measure(probabilities: FloatArray, labels: Sequence[str]) -> NliReport:
    """Measure probabilities, (n, 3) in the order of LABELS, against `labels`.

    A set with NOT_ENTAILED rows is measured in two classes, neutral and contradiction being one.
    Raises DataError for an unknown label, an empty set or another shape.
    """
    p, truth, classes = _as_classes(np.asarray(probabilities, np.float64), labels)
    predicted = p.argmax(1)
    entailed = truth == 0
    precision, recall = precision_recall(p[:, 0], entailed)
    return NliReport(
        rows=len(truth),
        accuracy=float((predicted == truth).mean()),
        f1={name: f1(predicted == i, truth == i) for i, name in enumerate(classes)},
        entailment_auc=auc(p[:, 0], entailed),
        precision_at_recall={r: _best(precision, recall >= r) for r in _RECALLS},
        recall_at_precision={q: _best(recall, precision >= q) for q in _PRECISIONS},
        calibration_error=calibration_error(p, truth),
    )


def _as_classes(p: FloatArray, labels: Sequence[str]) -> tuple[FloatArray, NDArray[np.intp], tuple[str, ...]]:
    if p.shape != (len(labels), 3) or not len(labels):
        raise DataError(
            f"{len(labels)} labels do not fit probabilities of shape {p.shape}; wanted (n, 3), n > 0"
        )
    if unknown := set(labels) - {*LABELS, NOT_ENTAILED}:
        raise DataError(f"unknown label {min(unknown)!r}; known are {', '.join((*LABELS, NOT_ENTAILED))}")
    if NOT_ENTAILED not in labels:
        return p, np.array([LABELS.index(label) for label in labels]), LABELS
    two = np.stack([p[:, 0], p[:, 1] + p[:, 2]], axis=1)
    return two, np.array([int(label != LABELS[0]) for label in labels]), (LABELS[0], NOT_ENTAILED)


def f1(predicted: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """2·TP / (predicted + true), the harmonic mean of precision and recall; nan without true rows."""
    return float(2 * (predicted & truth).sum() / (predicted.sum() + truth.sum())) if truth.any() else np.nan


def auc(scores: FloatArray, positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: the share of (positive, negative) pairs in which the positive scores higher,
    ties counting half (Mann and Whitney 1947); nan without rows of either kind.
    """
    _, rank_of, count = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[rank_of]  # from 1; equal scores share the mean of their ranks
    p, n = positive.sum(), (~positive).sum()
    return float((rank[positive].sum() - p * (p + 1) / 2) / (p * n)) if p and n else np.nan


def precision_recall(scores: FloatArray, positive: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Precision TP/kept and recall TP/positives of keeping what scores at least t, for each t, falling."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(positive[order])
    last = np.append(
        np.flatnonzero(np.diff(scores[order])), len(scores) - 1
    )  # equal scores stand or fall together
    return hits[last] / (last + 1), hits[last] / max(int(positive.sum()), 1)


def _best(values: FloatArray, allowed: NDArray[np.bool_]) -> float:
    """The highest value among those allowed; 0 if none is."""
    return float(values[allowed].max(initial=0.0))


def fit_temperature(probabilities: FloatArray, labels: Sequence[str]) -> float:
    """The temperature, 0.25 to 4, that makes the labels most likely (Guo et al. 2017); `probabilities` (n, 3)
    are those at temperature 1, in the order of LABELS. Raises DataError as `measure` does.
    """
    logits = np.log(np.maximum(np.asarray(probabilities, np.float64), 1e-12))

    def surprise(temperature: float) -> float:
        e = np.exp((logits - logits.max(1, keepdims=True)) / temperature)
        p, truth, _ = _as_classes(e / e.sum(1, keepdims=True), labels)
        return float(-np.log(np.maximum(p[np.arange(len(truth)), truth], 1e-12)).mean())

    return float(min(np.geomspace(0.25, 4, 161), key=surprise))


def calibration_error(p: FloatArray, truth: NDArray[np.intp]) -> float:
    """Expected calibration error (Guo et al. 2017): Σ_b n_b/n · |accuracy_b − confidence_b| over 15
    equal-width bins of the confidence, which is the highest probability of a row.
    """
    confidence, right = p.max(1), p.argmax(1) == truth
    bins = np.minimum(np.ceil(confidence * _BINS).astype(int) - 1, _BINS - 1)
    gaps = np.bincount(np.maximum(bins, 0), weights=right - confidence, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(truth))
