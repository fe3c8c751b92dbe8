import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impossible.critics import open_critics
from impossible.data.schema import KEPT
from impossible.filtering.cascade import cascade, listed, steps
from impossible.filtering.ranking import quality, ranked, worth
from impossible.filtering.verdict import VERDICTS, Verdicts
from impossible.recipe.critics import Bound, Score
from impossible.recipe.load import resolve

SHARE = st.floats(0, 1, width=32)


def of(task: str, entailment: float, similarity: float, form: float, verdict: str = KEPT) -> float:
    names = ("entailment_forward", "entailment_backward", "similarity", "rouge_l", "length_ratio")
    values = (entailment, entailment, similarity, form, form)
    scores = {n: np.array([v], np.float32) for n, v in zip(names, values, strict=True)}
    return float(quality(task, scores, np.array([verdict == KEPT]))[0])


@given(st.sampled_from(["paraphrase", "summary"]), SHARE, SHARE, SHARE)
def test_quality_is_a_share_and_never_rewards_a_copy_or_another_meaning(
    task: str, entailment: float, similarity: float, form: float
) -> None:
    assert 0 <= of(task, entailment, similarity, form) <= 1.00001
    assert of(task, entailment, similarity, 1) < 1e-3 and of(task, 0, similarity, form) < 1e-3
    assert of(task, entailment, similarity, form, "rouge_l") == 0


def test_quality_is_the_weighted_harmonic_mean() -> None:
    assert of("paraphrase", 0.9, 0.8, 0.5) == pytest.approx(5 / (4 / 0.8 + 1 / 0.5))
    assert of("summary", 0.9, float("nan"), 0.4) == pytest.approx(5 / (4 / 0.9 + 1 / 0.6))


def test_the_judge_has_a_say_in_the_meaning() -> None:
    values = {"entailment_forward": 0.9, "similarity": 0.9, "judge_forward": 0.3, "length_ratio": 0.5}
    scores = {name: np.array([value], np.float32) for name, value in values.items()}
    assert float(worth("summary", scores)[0]) == pytest.approx(5 / (4 / 0.3 + 1 / 0.5))
    assert worth("summary", {**scores, "judge_forward": np.array([np.nan], np.float32)})[0] > 0.7


def test_the_default_cascade_shows_dear_critics_only_what_the_cheap_ones_kept() -> None:
    default = resolve({"preset": "continuation"}).filter.paraphrase
    assert default is not None
    bounds = default.model_copy(update={"judge": None})  # expensive, and the others show it
    critics = open_critics(Score(critics=tuple(name for name, _ in bounds.given())), resolve({}).execution)
    source = "Thank you for your help."
    targets = [source, "Thanks for your help.", "The weather is very bad today."]
    pairs, ask = listed(critics, [source] * 3, targets, "paraphrase")
    kept, scores = cascade(pairs, steps("paraphrase", bounds), bounds, ask), pairs.scores
    codes = Verdicts("paraphrase", scores).verdict(bounds)
    margins = Verdicts("paraphrase", scores).margin(bounds, codes)
    assert VERDICTS[codes[0]] == "rouge_l" and margins[0] > 0 and not kept[2]
    assert [VERDICTS[code] == KEPT for code in codes] == kept.tolist()
    assert np.isnan(scores["entailment_forward"][[0, 2]]).all() and np.isnan(scores["similarity"][0])
    assert scores["similarity"][1] > 0.7 and scores["rouge_l"][1] == pytest.approx(2 / 3)


def test_of_rejected_outputs_the_one_worth_most_comes_first() -> None:
    """No number is as in the source, which a cheap critic rejects: meaning and form are scored all the same."""
    source = "The 12 men were taken to the hospital near the station on Sunday."
    others = [source, "It rained.", "On Sunday the men were brought to the hospital by the station."]
    default = resolve({"preset": "continuation"}).filter.paraphrase
    assert default is not None
    bounds = default.model_copy(update={"judge": None, "clause": None, "entities": None})
    critics = open_critics(Score(critics=tuple(name for name, _ in bounds.given())), resolve({}).execution)
    scores, verdicts, rank = ranked(critics, [source] * 3, others, "paraphrase", bounds)
    assert list(verdicts) == ["rouge_l", "length_ratio", "numbers"]
    assert rank[2] > rank[1] and rank[2] > rank[0] and not any(good for good, _ in rank)
    assert not np.isnan(scores["entailment_forward"]).any()
    scores, _, rank = ranked(critics, [source] * 3, others, "paraphrase", bounds, order_rejected=False)
    assert np.isnan(scores["entailment_forward"]).all() and rank == [(0, 0)] * 3

    answer = "On Sunday the 12 men were brought to the hospital by the station."
    _, verdicts, rank = ranked(critics, [source] * 4, [*others, answer], "paraphrase", bounds)
    assert verdicts[3] == KEPT and rank[3] > (0, 0) and rank[:3] == [(0, 0)] * 3  # nothing more to choose
    _, _, apart = ranked(critics, [source] * 4, [*others, answer], "paraphrase", bounds, [1, 1, 1, 2])
    assert apart[2][1] > 0 and apart[3] == rank[3]  # another request for the same source changes nothing


def test_of_rejected_summaries_the_shortest_is_not_the_best() -> None:
    """What comes first says most of the source within the bounds of form."""
    source = (
        "The 12 men were taken to the hospital near the station on Sunday evening after a fire in their flat."
    )
    drafts = [
        "The 12 men were taken on Sunday.",
        "The 12 men were taken to the hospital on Sunday evening.",
        source,
    ]
    default = resolve({"preset": "continuation"}).filter.summary
    assert default is not None
    nobody = default.model_copy(update={"judge": None, "retention": None, "prefix": None, "entities": None})
    bounds = nobody.model_copy(update={"entailment": Bound(min=1.0)})  # accepts none of them
    critics = open_critics(Score(critics=tuple(name for name, _ in bounds.given())), resolve({}).execution)
    scores, _, rank = ranked(critics, [source] * 3, drafts, "summary", bounds)
    assert worth("summary", scores)[0] > worth("summary", scores)[2]
    assert rank[1] > rank[0] > rank[2]  # the last is a copy
