from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impossible.analysis.calibrate import (
    MeasuredBound,
    Population,
    measured_bounds,
    reach,
    wilson,
    write_bound,
)
from impossible.errors import RecipeError
from impossible.recipe.load import load


def people(scores: list[float], weights: list[float]) -> Population:
    ids = [f"p{i}" for i in range(len(scores))]
    return Population(
        "paraphrase", "judge", ids, ids, ids, np.array(scores, np.float32), np.array(weights, np.float64)
    )


def test_precision_counts_each_pair_for_those_it_stands_for() -> None:
    some = people([0.9, 0.8, 0.7, 0.6], [1, 0, 0, 3])
    found = measured_bounds(some, {"p0": True, "p3": False})
    assert [(round(t.bound, 2), t.precision, t.kept, t.judged) for t in found] == [
        (0.9, 1.0, 1, 1),
        (0.6, 0.25, 4, 2),
    ]


def test_what_was_skipped_does_not_count() -> None:
    some = people([0.9, 0.8], [1, 1])
    assert [t.judged for t in measured_bounds(some, {"p0": None, "p1": True})] == [1]


def test_the_lowest_bound_that_is_good_enough() -> None:
    found = [MeasuredBound(b, p, 0, 1, 1, 1) for b, p in ((0.9, 1.0), (0.8, 0.5), (0.7, 0.92), (0.6, 0.8))]
    best = reach(found, 0.9)
    assert best is not None and best.bound == 0.7
    assert reach(found, 1.01) is None


@given(st.floats(0, 1), st.floats(1, 1000))
def test_the_interval_holds_the_share(share: float, n: float) -> None:
    low, high = wilson(share, n)
    assert 0 <= low <= share + 1e-9 and share - 1e-9 <= high <= 1


def test_the_interval_is_wilsons() -> None:
    # 8 of 10: statsmodels' proportion_confint(8, 10, method="wilson")
    assert wilson(0.8, 10) == pytest.approx((0.4901625, 0.9433178), abs=1e-4)


def test_a_bound_is_written_into_a_recipe_whose_comments_stay(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("# my recipe\nseed = 3  # lucky\n[filter.paraphrase]\nrouge_l = {max = 0.7}\n")
    write_bound(path, "paraphrase", "judge", 0.91)
    write_bound(path, "summary", "entailment", 0.9)
    assert "# my recipe\nseed = 3  # lucky" in path.read_text()
    recipe = load(path)
    assert recipe.filter.paraphrase is not None and recipe.filter.paraphrase.judge is not None
    assert recipe.filter.paraphrase.judge.min == 0.91
    assert recipe.filter.summary is not None and recipe.filter.summary.entailment is not None
    assert recipe.filter.summary.entailment.min == 0.9


def test_a_recipe_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="none.toml"):
        write_bound(tmp_path / "none.toml", "paraphrase", "judge", 0.9)
