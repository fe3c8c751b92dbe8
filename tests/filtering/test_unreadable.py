from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from impossible.critics.length_ratio import LengthRatio
from impossible.critics.numbers import Numbers
from impossible.data.schema import Candidate, Context, Group
from impossible.filtering.cascade import score
from impossible.filtering.ledger import filter_scores
from impossible.filtering.unreadable import score_readable
from impossible.recipe.critics import Filter, Score

POISON = "It is ② o'clock in the old house."
SENTENCES = ["It is 2 o'clock in the house.", "It is 2 o'clock in this house.", POISON]


class Choosy(Numbers):
    """The critic of numbers, with the sort of fault that one odd sentence brings to light."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> np.ndarray:  # type: ignore[type-arg]
        for text in (*sources, *targets):
            [int(c) for c in text if c.isdigit()]  # int("②") raises ValueError
        return super().score(sources, targets)


def test_a_pair_that_a_rule_cannot_read_is_unknown_and_the_others_are_scored() -> None:
    group = Group(Context("c", "d", "x", "o"), tuple(Candidate(text, 1, -1.0) for text in SENTENCES))
    critics = {"length_ratio": LengthRatio(), "numbers": Choosy()}
    bounds = {"paraphrase": {"numbers": {"min": 1.0}}}
    scores, funnel = score([group], critics, Score.model_validate(bounds), ["paraphrase"], lambda: None)
    assert funnel["pairs"] == 3 == funnel["paraphrase: scored"]
    ledger, counts = filter_scores(scores, Filter.model_validate(bounds))
    assert counts == Counter({"paraphrase: unknown": 2, "paraphrase: kept": 1})
    verdicts = {frozenset((r["source"], r["target"])): r["verdict"] for r in ledger.to_pylist()}
    assert verdicts[frozenset(SENTENCES[:2])] == "kept"
    assert all(
        r["numbers_forward"] is None for r in ledger.to_pylist() if POISON in (r["source"], r["target"])
    )


def test_a_pair_that_is_only_together_unreadable_costs_that_pair() -> None:
    def score(s: np.ndarray, t: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        if ((s == 0) & (t == 1)).any():
            raise IndexError("0 and 1")
        return (s + t).astype(np.float32)

    found = score_readable("numbers", score, np.array([0, 1, 2]), np.array([1, 2, 0]))
    np.testing.assert_array_equal(found, np.array([np.nan, 3, 2], np.float32))


def test_a_models_error_is_raised() -> None:
    def fails(s: np.ndarray, t: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        score_readable("entailment", fails, np.array([0]), np.array([1]))
