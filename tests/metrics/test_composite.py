import numpy as np
import pytest

from impossible.metrics.composite import bert_ibleu, parascore


def test_bert_ibleu_by_hand() -> None:
    # ((4 / 0.9 + 1 / (1 - 0.4)) / 5)⁻¹
    assert bert_ibleu(np.array([0.9]), np.array([0.4]))[0] == pytest.approx(5 / (4 / 0.9 + 1 / 0.6))


def test_a_copy_is_worth_nothing() -> None:
    assert bert_ibleu(np.array([1.0]), np.array([1.0]))[0] == pytest.approx(5e-5, rel=1e-3)


def test_what_means_something_else_is_worth_nothing() -> None:
    assert bert_ibleu(np.array([-0.2, 0.0]), np.array([0.0, 0.0])) == pytest.approx(1.25e-5, rel=1e-3)


def test_parascore_by_hand() -> None:
    # a copy loses ω; half of γ gives DS = 0.5 · 1.35 - 1 = -0.325; beyond γ the gain is ω · γ
    source, distance = np.array([1.0, 0.8, 0.6]), np.array([0.0, 0.175, 0.9])
    expected = [1 - 0.05, 0.8 - 0.05 * 0.325, 0.6 + 0.05 * 0.35]
    assert parascore(source, None, distance) == pytest.approx(expected)


def test_parascore_takes_the_nearer_of_source_and_reference() -> None:
    found = parascore(np.array([0.2, 0.9]), np.array([0.7, 0.1]), np.array([1.0, 1.0]))
    assert found == pytest.approx([0.7175, 0.9175])
