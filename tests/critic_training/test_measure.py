from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from impossible.critic_training.measure import (
    auc,
    by_pair,
    calibrate,
    calibration_error,
    fit_temperature,
    measure,
    precision_recall,
)
from impossible.critic_training.train import LABELS, NliExample
from impossible.critics.nli import Nli
from impossible.errors import DataError
from tests import tiny


def _random(rows: int, seed: int = 0) -> tuple[np.ndarray, list[str]]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, rows)
    logits = rng.normal(size=(rows, 3)).round(1)  # rounded, so that scores tie
    logits[np.arange(rows), truth] += 1
    p = np.exp(logits)
    return p / p.sum(1, keepdims=True), [LABELS[i] for i in truth]


def test_classification_agrees_with_scikit_learn() -> None:
    p, labels = _random(400)
    report = measure(p, labels)
    predicted = [LABELS[i] for i in p.argmax(1)]
    assert report.rows == 400
    assert report.accuracy == pytest.approx(metrics.accuracy_score(labels, predicted))
    expected = metrics.f1_score(labels, predicted, labels=list(LABELS), average=None)
    assert list(report.f1.values()) == pytest.approx(list(expected))


def test_ranking_agrees_with_scikit_learn() -> None:
    p, labels = _random(400)
    report = measure(p, labels)
    positive = np.array(labels) == "entailment"
    precision, recall, _ = metrics.precision_recall_curve(positive, p[:, 0])
    assert report.entailment_auc == pytest.approx(metrics.roc_auc_score(positive, p[:, 0]))
    for r, value in report.precision_at_recall.items():
        assert value == pytest.approx(precision[recall >= r].max())
    for q, value in report.recall_at_precision.items():
        assert value == pytest.approx(recall[precision >= q].max())


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 1.0]), st.booleans()), min_size=2, max_size=30))
def test_ties_are_shared(rows: list[tuple[float, bool]]) -> None:
    scores, positive = np.array([s for s, _ in rows]), np.array([p for _, p in rows])
    if 0 < positive.sum() < len(rows):
        assert auc(scores, positive) == pytest.approx(metrics.roc_auc_score(positive, scores))
        precision, recall = precision_recall(scores, positive)
        theirs = metrics.precision_recall_curve(positive, scores)
        assert precision[::-1] == pytest.approx(theirs[0][:-1])
        assert recall[::-1] == pytest.approx(theirs[1][:-1])
    else:
        assert np.isnan(auc(scores, positive))


def test_calibration_error_by_hand() -> None:
    # two rows sure at 0.9, one right: |0.5 - 0.9| · 2/4; two at 0.6, both right: |1 - 0.6| · 2/4
    p = np.array([[0.9, 0.1, 0], [0.9, 0.1, 0], [0.6, 0.4, 0], [0.6, 0.4, 0]])
    assert calibration_error(p, np.array([0, 1, 0, 0])) == pytest.approx(0.4)
    assert calibration_error(np.eye(3), np.arange(3)) == 0


def test_not_entailed_joins_neutral_and_contradiction() -> None:
    p = np.array([[0.4, 0.3, 0.3], [0.6, 0.2, 0.2]])
    report = measure(p, ["not_entailment", "entailment"])
    assert report.accuracy == 1.0
    assert report.f1 == {"entailment": 1.0, "not_entailment": 1.0}


def test_a_missing_class_has_no_figure() -> None:
    report = measure(np.eye(3)[:1], ["entailment"])
    assert np.isnan(report.entailment_auc) and np.isnan(report.f1["neutral"])


@pytest.mark.parametrize("labels", [["maybe"], [], ["neutral", "neutral"]])
def test_what_cannot_be_measured(labels: list[str]) -> None:
    with pytest.raises(DataError):
        measure(np.eye(3)[:1], labels)


def test_of_a_paraphrase_set_the_less_entailed_direction_counts() -> None:
    p = np.array([[0.9, 0.1, 0], [0.8, 0.2, 0], [0.9, 0.1, 0], [0.1, 0.9, 0]])
    lower, labels = by_pair(p, ["entailment"] * 2 + ["not_both_entailed"] * 2)
    assert lower[:, 0].tolist() == [0.8, 0.1] and list(labels) == ["entailment", "not_entailment"]
    assert measure(lower, labels).entailment_auc == 1.0


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_is_found_that_the_labels_were_drawn_with(temperature: float) -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(size=(20_000, 3)) * 2
    p = np.exp(logits / temperature)
    p /= p.sum(1, keepdims=True)
    labels = [LABELS[int(i)] for i in (p.cumsum(1) < rng.random((len(p), 1))).sum(1)]
    raw = np.exp(logits)
    assert fit_temperature(raw / raw.sum(1, keepdims=True), labels) == pytest.approx(temperature, rel=0.08)


def test_calibration_is_written_and_read_back(tmp_path: Path) -> None:
    folder = tiny.nli(tmp_path / "nli")
    colours = [
        NliExample(f" The {a} is red .", f" The {a} is new .", "neutral") for a in ("cat", "dog", "car")
    ]
    pairs = [
        NliExample(a, b, label)
        for a, b, label in (
            (" A cat .", " A dog .", "not_both_entailed"),
            (" A dog .", " A cat .", "not_both_entailed"),
            (" The cat .", " The old cat .", "entailment"),
            (" The old cat .", " The cat .", "entailment"),
        )
    ]
    plain = Nli(folder).score([" A cat ."], [" A dog ."])
    temperature, (first, second) = calibrate(folder, {"colours": colours, "pairs": pairs})
    assert (first.report.rows, second.report.rows) == (3, 2) and temperature != 1
    assert Nli(folder).score([" A cat ."], [" A dog ."]) != plain
