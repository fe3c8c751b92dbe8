"""The cascade against scoring every pair with every critic."""

from collections import Counter

import numpy as np

from impossible.critics import Backward
from impossible.critics.length_ratio import LengthRatio
from impossible.critics.numbers import Numbers
from impossible.critics.rouge_l import RougeL
from impossible.filtering.cascade import oriented, score_group
from impossible.recipe.critics import Score

SENTENCES = [
    "The price rose by 5 percent in May.",
    "In May the price rose by five percent.",
    "The price rose by 6 percent in May.",
    "Prices rose.",
    "The weather was bad for the whole week.",
]


class Overlap:
    """A directed stand-in for the entailment model: the share of the target's words in the source."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def score(self, sources, targets):  # type: ignore[no-untyped-def]
        self.seen += zip(sources, targets, strict=True)
        shares = [
            len(set(s.lower().split()) & set(t.lower().split())) / len(set(t.split()))
            for s, t in zip(sources, targets, strict=True)
        ]
        return np.array(shares, dtype=np.float32)


def cascade(
    gates: dict[str, dict[str, float]], task: str = "paraphrase", judge: Overlap | None = None
) -> tuple[list, Overlap, Counter[str]]:  # type: ignore[type-arg]
    entailment = Overlap()
    critics = {
        "length_ratio": LengthRatio(),
        "numbers": Numbers(),
        "rouge_l": RougeL(),
        "entailment": entailment,
        **({"judge": judge, "retention": Backward(judge)} if judge else {}),
    }
    counts: Counter[str] = Counter()
    settings = Score.model_validate({task: gates, "equivalence": 0.75})
    return score_group(SENTENCES, critics, settings, [task], counts), entailment, counts


def test_every_pair_once_with_the_longer_as_source() -> None:
    source, target = oriented(SENTENCES)
    assert len(source) == 10
    assert all(len(SENTENCES[s]) >= len(SENTENCES[t]) for s, t in zip(source, target, strict=True))


def test_without_gates_every_pair_gets_every_score_as_if_alone() -> None:
    [pairs, _], _, counts = cascade({})
    assert counts == {"pairs": 10, "paraphrase: scored": 10}
    sources, targets = [SENTENCES[i] for i in pairs.source], [SENTENCES[i] for i in pairs.target]
    for column, expected in {
        "length_ratio": LengthRatio().score(sources, targets),
        "numbers_backward": Numbers().score(targets, sources),
        "rouge_l": RougeL().score(sources, targets),
        "entailment_forward": Overlap().score(sources, targets),
        "entailment_backward": Overlap().score(targets, sources),
    }.items():
        np.testing.assert_array_equal(pairs.scores[column], expected)
    assert np.isnan(pairs.scores["similarity"]).all()  # no such critic was opened


def test_gates_spare_the_dear_critics_and_are_counted() -> None:
    [pairs, _], entailment, counts = cascade(
        {"length_ratio": {"min": 0.5}, "numbers": {"min": 1.0}, "entailment": {"min": 0.5}}
    )
    assert counts["paraphrase: length_ratio"] == 4  # all pairs with "Prices rose."
    assert counts["paraphrase: numbers"] == 5
    assert counts["paraphrase: scored"] == 1 == len(pairs.source)
    assert {frozenset(pair) for pair in entailment.seen} == {frozenset(SENTENCES[:2])}


def test_no_directed_pair_is_scored_twice() -> None:
    _, entailment, _ = cascade({})
    assert len(entailment.seen) == len(set(entailment.seen))


def test_a_pair_that_fails_forward_is_not_scored_backward() -> None:
    [pairs, _], _, _ = cascade({"entailment": {"min": 0.5}})
    failed = pairs.scores["entailment_forward"] < 0.5
    assert failed.any() and np.isnan(pairs.scores["entailment_backward"][failed]).all()


def test_the_judge_sees_what_the_entailment_model_lets_through_both_ways() -> None:
    judge = Overlap()
    [pairs, _], _, _ = cascade({"entailment": {"min": 0.5}}, judge=judge)
    passed = np.minimum(pairs.scores["entailment_forward"], pairs.scores["entailment_backward"]) >= 0.5
    assert passed.any() and not passed.all()
    np.testing.assert_array_equal(~np.isnan(pairs.scores["judge_forward"]), passed)
    np.testing.assert_array_equal(~np.isnan(pairs.scores["judge_backward"]), passed)
    assert len(judge.seen) == 2 * passed.sum()


def test_of_a_summary_the_judge_is_asked_forward_only() -> None:
    judge = Overlap()
    [pairs, _], _, _ = cascade({"entailment": {"min": 0.5}}, "summary", judge)
    assert (~np.isnan(pairs.scores["judge_forward"])).any()
    assert np.isnan(pairs.scores["judge_backward"]).all()


def test_retention_is_the_judges_way_back_of_summaries_within_its_gate() -> None:
    judge = Overlap()
    [pairs, _], _, _ = cascade({"judge": {"min": 0.5}}, "summary", judge)
    within = pairs.scores["judge_forward"] >= 0.5
    sources, targets = [SENTENCES[i] for i in pairs.source], [SENTENCES[i] for i in pairs.target]
    assert 0 < within.sum() < len(within)
    expected = np.where(within, Overlap().score(targets, sources), np.float32(np.nan))
    np.testing.assert_array_equal(pairs.scores["retention"], expected)
    assert len(judge.seen) == len(set(judge.seen)) == len(within) + within.sum()
    [paraphrases, _], _, _ = cascade({}, "paraphrase", Overlap())
    assert np.isnan(paraphrases.scores["retention"]).all()
