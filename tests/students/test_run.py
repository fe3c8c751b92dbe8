"""A recipe with [distil]: the student is the last stage of a run."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from impossible.cli.app import app
from impossible.data.state import read_state
from impossible.errors import RecipeError
from impossible.pipeline.run import run
from impossible.report.gather import gather
from impossible.report.page import page
from impossible.students.info import read_info
from tests.pipeline.test_run import DATASET, recipe, settings  # noqa: F401

DISTIL = {
    "controls": ["length"],
    "epochs": 1,
    "batch": 64,
    "precision": "float32",
    "max_tokens": 64,
    "validation": 0.1,
}


@pytest.mark.parametrize("missing", ({"also": ["none.csv"]}, {"texts": "none.csv"}))
def test_what_a_student_is_to_learn_from_is_looked_for_before_the_run_begins(
    settings: dict[str, Any],  # noqa: F811
    tmp_path: Path,
    missing: dict[str, Any],
) -> None:
    wanted = recipe(settings, distil={**DISTIL, "base": settings["teacher"]["model"], **missing})
    with pytest.raises(RecipeError, match=rf"distil.{next(iter(missing))}: none.csv does not exist"):
        run(wanted, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_student_is_made_after_the_dataset_and_only_once(
    settings: dict[str, Any],  # noqa: F811
    tmp_path: Path,
) -> None:
    wanted = recipe(settings, distil={**DISTIL, "base": settings["teacher"]["model"]})
    run(wanted, tmp_path, until="filter")
    dataset = (tmp_path / DATASET).read_bytes()
    assert not (tmp_path / "round-0/student").exists()
    state = run(wanted, tmp_path)
    assert [r.number for r in state.rounds] == [0] and state.pairs is not None
    student = tmp_path / "round-0/student"
    assert read_info(student).pairs.keys() == {"paraphrase", "summary"}
    assert (tmp_path / DATASET).read_bytes() == dataset
    seen = read_state(tmp_path)
    assert "distil" in seen.seconds and seen.rounds == state.rounds
    status = CliRunner().invoke(app, ("status", str(tmp_path), "--json"), catch_exceptions=False)
    assert json.loads(status.stdout)["rounds"] == [asdict(r) for r in state.rounds]
    status = CliRunner().invoke(app, ("status", str(tmp_path)), catch_exceptions=False)
    assert "pair quality" in status.stdout
    before = (student / "model.safetensors").stat().st_mtime_ns
    run(wanted, tmp_path)
    assert (student / "model.safetensors").stat().st_mtime_ns == before
    compared = gather(tmp_path)
    # one held-out context need not have pairs of both tasks
    assert compared.comparisons and {c.task for c in compared.comparisons} <= {"paraphrase", "summary"}
    for one in compared.comparisons:
        assert one.systems == ("teacher, prompted", "student") and one.rows > 0
        assert all(f.low - 1e-9 <= f.value <= f.high + 1e-9 for f in one.figures["accepted"])
    assert {name for a in compared.answers for name in a.answers} == {"teacher, prompted", "student"}
    (first,) = compared.rounds
    assert first.curve is not None and first.curve.validation  # two steps: no training loss yet
    text = page(compared)
    assert "Teacher against student" in text and "Loss of the student of round 0" in text
    other = recipe(settings, distil={**DISTIL, "base": settings["teacher"]["model"], "learning_rate": 1e-3})
    run(other, tmp_path)
    assert (student / "model.safetensors").stat().st_mtime_ns != before


def test_a_recipe_without_a_student_ends_with_the_dataset(
    settings: dict[str, Any],  # noqa: F811
    tmp_path: Path,
) -> None:
    with pytest.raises(RecipeError, match="add \\[distil\\]"):
        run(recipe(settings), tmp_path, until="distil")
