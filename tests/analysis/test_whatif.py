from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impossible.analysis.whatif import decide, to_keep, wanted_filter, what_if
from impossible.data.run_folder import RunFolder
from impossible.errors import RecipeError
from impossible.pipeline.run import run
from impossible.recipe.load import load
from tests.pipeline.test_run import recipe as tiny_recipe
from tests.pipeline.test_run import settings as tiny_settings

__all__ = ["tiny_settings"]


def verdicts(table: Any) -> dict[str, tuple[object, ...]]:
    keys = ("verdict", "duplicate_of", "margin")
    return {r["pair_id"]: tuple(r[k] for k in keys) for r in table.to_pylist()}


def test_without_a_change_nothing_changes(planted: Path) -> None:
    (change,) = what_if(planted, [])
    assert (change.before, change.after, change.gained, change.lost) == (2, 2, 0, 0)


def test_pairs_gained_and_lost_are_told_with_their_reasons(planted: Path) -> None:
    (looser,) = what_if(
        planted, ["filter.paraphrase.entailment.min=0.6", "filter.paraphrase.rouge_l.max=0.9"]
    )
    assert (looser.before, looser.after, looser.gained, looser.lost) == (2, 4, 2, 0)
    assert {(e.target, e.before, e.after) for e in looser.examples_gained} == {
        ("g h j", "entailment", "kept"),
        ("k l n", "rouge_l", "kept"),
    }
    (stricter,) = what_if(planted, ["filter.paraphrase.entailment.min=0.82"])
    assert [(e.target, e.before, e.after) for e in stricter.examples_lost] == [
        ("a b d", "kept", "entailment")
    ]


def test_what_to_run_to_keep_it_so_is_a_recipe(planted: Path) -> None:
    inside = ["filter.paraphrase.entailment.min=0.6"]
    assert to_keep(planted, inside) == inside
    wider = to_keep(planted, ["filter.paraphrase.rouge_l.max=0.95"])
    assert wider == ["filter.paraphrase.rouge_l.max=0.95", "score.paraphrase.rouge_l.max=0.95"]
    assert load(planted / "recipe.toml", wider).filter.paraphrase is not None


def test_outside_a_gate_the_answer_is_unknown(planted: Path) -> None:
    (change,) = what_if(planted, ["filter.paraphrase.entailment.min=0.3"])
    assert (change.after, change.unknown, change.unscored) == (3, 1, 0)
    (change,) = what_if(planted, ["filter.paraphrase.rouge_l.max=0.95"])
    assert change.unscored == 20  # ten a shard were stopped by the gate of ROUGE-L


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("sampling.per_context=3", "impossible settings sampling.per_context"),
        ("entailment.min=0.9", "did you mean filter.paraphrase.entailment.min?"),
        ("filter.summary={entailment={min=0.9}}", "scored no summary pairs"),
        ("filter.paraphrase.entailment.min=7", "out of range"),
        ("filter.paraphrase.tree_distance={min=3}", "score.critics"),
    ],
)
def test_what_no_stored_score_answers_is_refused(planted: Path, override: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        what_if(planted, [override])


@pytest.fixture(scope="module")
def tiny_run(tiny_settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tiny")
    duplicates = {"filter": {task: {"duplicates": 0.3} for task in ("paraphrase", "summary")}}
    run(tiny_recipe(tiny_settings, **duplicates), out)
    return out


@settings(max_examples=5, deadline=None)
@given(
    entailment=st.floats(0.2, 0.6), rouge=st.floats(0.1, 0.9), duplicates=st.one_of(st.just("false"), st.floats(0.1, 1))
)  # fmt: skip
def test_what_if_is_a_run_with_these_bounds_pair_by_pair(
    tiny_run: Path, entailment: float, rouge: float, duplicates: object
) -> None:
    overrides = [
        f"filter.paraphrase.entailment.min={entailment}",
        f"filter.summary.entailment.min={entailment}",
        f"filter.paraphrase.rouge_l.max={rouge}",
        f"filter.paraphrase.duplicates={duplicates}",
    ]
    old = load(tiny_run / "recipe.toml")
    guessed = decide(tiny_run, old, wanted_filter(tiny_run, old, overrides))
    changes = what_if(tiny_run, overrides)
    run(load(tiny_run / "recipe.toml", overrides), tiny_run)
    real = RunFolder(tiny_run).rows("filter")
    assert verdicts(guessed) == verdicts(real) and guessed.num_rows > 100
    assert [c.after for c in changes] == [
        sum(r["task"] == c.task and r["verdict"] == "kept" for r in real.to_pylist()) for c in changes
    ]
    assert [c.before for c in what_if(tiny_run, [])] == [c.after for c in changes]
