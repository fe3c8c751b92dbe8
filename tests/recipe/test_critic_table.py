"""The rows of the table agree with each other, and what is made from them follows."""

import pytest
from pydantic import ValidationError

from impossible.data.schema import LEDGER
from impossible.pipeline.stages import plan
from impossible.recipe.critic_table import CRITICS, CriticSpec
from impossible.recipe.critics import Bound, Bounds, Score
from impossible.recipe.load import resolve

every_critic = pytest.mark.parametrize("spec", CRITICS.values(), ids=list(CRITICS))


def test_the_cheap_ones_come_first() -> None:
    costs = [spec.cost for spec in CRITICS.values()]
    assert costs == sorted(costs) and set(costs) == {"cheap", "expensive"}


@every_critic
def test_columns_are_named_after_their_critic(spec: CriticSpec) -> None:
    one_way = [(spec.name, False)]
    both_ways = [(f"{spec.name}_forward", False), (f"{spec.name}_backward", True)]
    assert [(column.name, column.backward) for column in spec.columns] in (one_way, both_ways)
    assert len(spec.columns) == 1 or not spec.symmetric


@every_critic
def test_columns_are_in_the_ledger_with_their_meaning(spec: CriticSpec) -> None:
    for column in spec.columns:
        field = LEDGER.field(column.name)
        assert str(field.type) == "float" and field.metadata[b"description"].decode() == column.meaning


@every_critic
def test_others_that_a_row_names_are_there(spec: CriticSpec) -> None:
    assert spec.model is None or spec.model in Score.model_fields
    if spec.backward_of is not None:
        of = CRITICS[spec.backward_of]
        assert list(CRITICS).index(of.name) < list(CRITICS).index(spec.name)
        assert len(of.columns) == 2 and of.model == spec.model


@every_critic
def test_a_bound_lies_within_the_range(spec: CriticSpec) -> None:
    bounds = Bounds.model_validate({spec.name: {"min": spec.low, "max": spec.high}})
    assert bounds.of(spec.name) == Bound(min=spec.low, max=spec.high)
    assert bounds.given() == [(spec.name, bounds.of(spec.name))]
    for bound in ({"min": spec.low - 0.01}, {"max": spec.high + 0.01}):
        with pytest.raises(ValidationError, match=rf"allowed is {spec.low} to {spec.high}"):
            Bounds.model_validate({spec.name: bound})


def test_the_bound_of_a_summary_reads_forward_only() -> None:
    assert [c.name for c in CRITICS["judge"].read("paraphrase")] == ["judge_forward", "judge_backward"]
    assert [c.name for c in CRITICS["judge"].read("summary")] == ["judge_forward"]
    assert [c.name for c in CRITICS["rouge_l"].read("summary")] == ["rouge_l"]


def test_a_stage_depends_on_the_models_of_its_critics() -> None:
    off = dict.fromkeys(
        ["judge", "grounded", "well_formed", "clause", "entities", "support", "correct"], False
    )
    shared = {"nli": "one/model", "judge": "one/model"}
    cheap = ["length_ratio", "numbers", "persons", "prefix", "rouge_l", "similarity"]
    recipe = resolve(
        {
            "score": {**shared, "critics": [*cheap, "entailment"]},
            "filter": {"paraphrase": off, "summary": False},
        }
    )
    assert recipe.score.models(recipe.score.critics) == {
        "similarity": "embedded:minilm-l6",
        "nli": "one/model",
    }
    scoring = next(stage for stage in plan(recipe) if stage.name == "score")
    assert scoring.models == ("embedded:minilm-l6", "one/model")
    both = resolve({"score": shared})
    assert next(stage for stage in plan(both) if stage.name == "score").models == (
        "embedded:minilm-l6",
        "one/model",
        "embedded:en-core-web-sm",
    )


def test_a_later_critic_without_a_bound_changes_no_fingerprint() -> None:
    off = Bounds.model_validate({"rouge_l": {"max": 0.8}})
    on = Bounds.model_validate({"rouge_l": {"max": 0.8}, "well_formed": {"min": 1.0}})
    assert "well_formed" not in off.canonical() and "clause" in off.canonical()
    assert "well_formed" in on.canonical() and off.model_dump()["well_formed"] is None
