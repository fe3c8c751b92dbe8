"""A recipe with [distil]: the student is the last stage of a run."""

from pathlib import Path
from typing import Any

import pytest

from impossible.errors import RecipeError
from impossible.execute import read_state, run
from impossible.students.folder import read_info
from tests.test_execute import DATASET, recipe, settings  # noqa: F401

DISTIL = {
    "controls": ["length"],
    "epochs": 1,
    "batch": 64,
    "precision": "float32",
    "max_tokens": 64,
    "validation": 0.1,
}


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
    assert "distil" in read_state(tmp_path).seconds
    before = (student / "model.safetensors").stat().st_mtime_ns
    run(wanted, tmp_path)
    assert (student / "model.safetensors").stat().st_mtime_ns == before
    other = recipe(settings, distil={**DISTIL, "base": settings["teacher"]["model"], "learning_rate": 1e-3})
    run(other, tmp_path)
    assert (student / "model.safetensors").stat().st_mtime_ns != before


def test_a_recipe_without_a_student_ends_with_the_dataset(
    settings: dict[str, Any],  # noqa: F811
    tmp_path: Path,
) -> None:
    with pytest.raises(RecipeError, match="add \\[distil\\]"):
        run(recipe(settings), tmp_path, until="distil")
