import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impossible.metrics.diversity import distinct_n, entropy, mean_distance, msttr, mtld, vendi, vocabulary

TEXTS = ["A cat sat.", "The cat sat down."]


def vectors(seed: int, n: int = 12, d: int = 5) -> np.ndarray:
    x = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_words_and_ngrams_by_hand() -> None:
    assert vocabulary(TEXTS) == 5  # a cat sat the down
    assert distinct_n(TEXTS, 1) == 5 / 7
    assert distinct_n(TEXTS, 2) == 4 / 5  # a-cat cat-sat the-cat cat-sat sat-down
    assert math.isnan(distinct_n(["One"], 2))


def test_entropy_by_hand() -> None:
    # five bigrams, one twice: -(2/5 log 2/5 + 3 · 1/5 log 1/5)
    assert entropy(TEXTS, 2) == pytest.approx(0.4 * math.log2(2.5) + 0.6 * math.log2(5))
    assert entropy(["a b c d e"], 1) == pytest.approx(math.log2(5))
    assert math.isnan(entropy([], 2))


def test_mtld_by_hand() -> None:
    # forward: TTR 1 1 .67, a factor; then 1 1 1, no part of one: 6 words / 1 factor
    # backward: e d c a b a ends at 5/6 without a factor, (1 - 5/6) / 0.28 of one
    assert mtld(["a b a c d e"]) == pytest.approx((6 + 6 / ((1 / 6) / 0.28)) / 2)
    # a part of a factor: a b c a has TTR 0.75 at its end, (1 - 0.75) / 0.28 of one, both ways
    assert mtld(["a b c a"]) == pytest.approx(4 / (0.25 / 0.28))
    assert mtld(["a b c"]) == 3
    assert math.isnan(mtld([""]))


def test_mtld_of_one_word_again_and_again() -> None:
    assert mtld(["a " * 100]) == 2  # every second word ends a factor


def test_msttr_by_hand() -> None:
    # a b a b | a b c d | the rest is left out
    assert msttr(["a b a b", "a b c d e"], 4) == (0.5 + 1) / 2
    assert math.isnan(msttr(["a b c"], 4))


@given(st.integers(0, 1000))
def test_mean_distance_is_the_mean_over_all_pairs(seed: int) -> None:
    x = vectors(seed)
    pairs = [1 - x[i] @ x[j] for i in range(len(x)) for j in range(i)]
    assert mean_distance(x) == pytest.approx(float(np.mean(pairs)), abs=1e-5)


def test_mean_distance_of_one_is_undefined() -> None:
    assert math.isnan(mean_distance(vectors(0, n=1)))


def test_vendi_counts_what_is_different() -> None:
    assert vendi(np.eye(6, dtype=np.float32)) == pytest.approx(6)
    assert vendi(np.repeat(np.eye(3, dtype=np.float32), 5, axis=0)) == pytest.approx(3)
    assert vendi(vectors(0, n=1)) == pytest.approx(1)


def test_vendi_is_that_of_the_kernel() -> None:
    x = vectors(1)
    eigenvalues = np.linalg.eigvalsh(x @ x.T / len(x)).clip(1e-12)
    assert vendi(x) == pytest.approx(np.exp(-(eigenvalues * np.log(eigenvalues)).sum()), rel=1e-4)
