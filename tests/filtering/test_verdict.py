import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from impossible.filtering.verdict import VERDICTS, Scores, Verdicts
from impossible.recipe.critics import Bounds

BOUNDS = Bounds.model_validate(
    {"length_ratio": {"min": 0.6}, "rouge_l": {"max": 0.8}, "entailment": {"min": 0.75}}
)


def verdict(scores: Scores, task: str, bounds: Bounds) -> tuple[list[str], np.ndarray]:
    judge = Verdicts(task, scores)
    codes = judge.verdict(bounds)
    return [VERDICTS[code] for code in codes], judge.margin(bounds, codes)


def scores(**columns: list[float]) -> dict[str, np.ndarray]:
    return {name: np.array(column, dtype=np.float32) for name, column in columns.items()}


ROWS = scores(
    length_ratio=[0.9, 0.5, 0.9, 0.9, 0.9, 0.5],
    rouge_l=[0.5, 0.9, 0.9, 0.5, 0.5, 0.5],
    entailment_forward=[0.9, 0.9, 0.9, 0.7, 0.9, np.nan],
    entailment_backward=[0.75, 0.9, 0.9, np.nan, np.nan, np.nan],
)


def test_the_first_critic_in_order_of_cost_rejects_and_says_by_how_much() -> None:
    what, margin = verdict(ROWS, "paraphrase", BOUNDS)
    assert what == ["kept", "length_ratio", "rouge_l", "entailment", "unknown", "length_ratio"]
    np.testing.assert_allclose(margin, [np.nan, 0.1, 0.1, 0.05, np.nan, 0.1], atol=1e-6)


def test_a_summary_is_judged_forward_only() -> None:
    what, _ = verdict(ROWS, "summary", BOUNDS)
    assert what == ["kept", "length_ratio", "rouge_l", "entailment", "kept", "length_ratio"]


@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.floats(0, 1, width=32)), min_size=1), st.floats(0, 1))
def test_kept_means_within_the_bound_in_both_directions(rows: list[tuple[float, float]], low: float) -> None:
    bounds = Bounds.model_validate({"entailment": {"min": low}})
    forward, backward = zip(*rows, strict=True)
    table = scores(length_ratio=[1.0] * len(rows), entailment_forward=forward, entailment_backward=backward)
    what, _ = verdict(table, "paraphrase", bounds)
    assert [w == "kept" for w in what] == [min(f, b) >= np.float32(low) for f, b in rows]
