import numpy as np
import pytest

from impossible.critics.nli import Nli
from impossible.metrics.fidelity import accepted, summac
from tests import tiny

A, B, C = "The cat is old .", "She has a car .", "They sat in the room ."


@pytest.fixture(scope="module")
def nli(tmp_path_factory: pytest.TempPathFactory) -> Nli:
    return Nli(tiny.nli(tmp_path_factory.mktemp("nli")))


def p(nli: Nli, premise: str, hypothesis: str) -> float:
    return float(nli.score([premise], [hypothesis])[0])


def test_of_single_sentences_it_is_entailment(nli: Nli) -> None:
    assert summac(nli, [A, B], [C, A]) == pytest.approx([p(nli, A, C), p(nli, B, A)], abs=1e-6)


def test_the_best_sentence_of_the_document_and_the_mean_over_the_summary(nli: Nli) -> None:
    expected = (max(p(nli, A, C), p(nli, B, C)) + max(p(nli, A, B), p(nli, B, B))) / 2
    assert summac(nli, [f"{A} {B}"], [f"{C} {B}"])[0] == pytest.approx(expected, abs=1e-6)


def test_nothing_is_neither_accepted_nor_rejected(nli: Nli) -> None:
    assert np.isnan(summac(nli, ["", A], [A, ""])).all()
    assert np.isnan(accepted(nli, [""], [A], "summary")).all()


def test_a_paraphrase_must_hold_both_ways(nli: Nli) -> None:
    texts = [A, B, C]
    sources, targets = [s for s in texts for _ in texts], texts * 3
    forward = np.array([p(nli, s, t) for s, t in zip(sources, targets, strict=True)]) >= 0.5
    backward = np.array([p(nli, t, s) for s, t in zip(sources, targets, strict=True)]) >= 0.5
    assert accepted(nli, sources, targets, "summary").tolist() == forward.tolist()
    assert accepted(nli, sources, targets, "paraphrase").tolist() == (forward & backward).tolist()
