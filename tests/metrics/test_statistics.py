import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impossible.metrics.statistics import Statistic, best, bootstrap, mean, randomisation, ratio

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_a_mean_leaves_out_what_is_not_defined() -> None:
    assert mean([1.0, np.nan, 3.0]).value == 2.0
    assert np.isnan(mean([np.nan]).value)


def test_a_ratio_is_of_the_sums() -> None:
    assert ratio([1, 0], [1, 3]).value == 0.25  # not the mean of 1 and 0


@given(SHARES)
def test_the_interval_holds_the_value_or_is_a_point(values: list[float]) -> None:
    found = bootstrap(mean(values), seed=1, draws=200)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


def test_the_interval_of_a_mean_is_about_two_standard_errors_wide() -> None:
    values = np.random.default_rng(0).normal(5, 2, 400)
    found = bootstrap(mean(values), seed=3)
    error = values.std() / 20
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.3 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.3 * error)


def test_the_same_seed_gives_the_same_interval() -> None:
    score = mean(np.arange(20))
    assert bootstrap(score, seed=5) == bootstrap(score, seed=5) != bootstrap(score, seed=6)


def test_p_equals_the_exact_randomisation_test() -> None:
    # differences 1, 1, 1, -1: of the 16 ways to swap, 10 give a difference of 2 or more either way
    a, b = mean([0.0, 0, 0, 1]), mean([1.0, 1, 1, 0])
    assert randomisation(a, b, seed=0, trials=20_000) == pytest.approx(10 / 16, abs=0.01)


def test_p_of_a_constant_gain_is_two_in_two_to_the_n() -> None:
    a, b = mean(np.zeros(6)), mean(np.ones(6))
    assert randomisation(a, b, seed=0, trials=20_000) == pytest.approx(2 / 64, abs=0.005)


def test_a_system_does_not_differ_from_itself() -> None:
    score = mean([0.1, 0.5, 0.3])
    assert randomisation(score, score, seed=0) == 1.0


def test_what_is_not_defined_does_not_differ() -> None:
    assert np.isnan(randomisation(mean([np.nan]), mean([1.0]), seed=0))


def test_systems_on_other_rows_are_not_compared() -> None:
    with pytest.raises(ValueError, match="differ in rows"):
        randomisation(mean([1]), mean([1, 2]), seed=0)


def test_a_score_that_is_no_mean_is_resampled_as_what_it_is() -> None:
    # the square of the sum over rows: resamples of equal rows never move it
    score = Statistic(np.ones((7, 1)), lambda sums: sums[:, 0] ** 2)
    found = bootstrap(score, seed=0, draws=50)
    assert (found.value, found.low, found.high) == (49, 49, 49)


def test_best_of_each_row() -> None:
    assert best([1, 5, 2, 7, 3], [2, 1, 2]).tolist() == [5, 2, 7]
