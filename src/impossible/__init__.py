"""Impossible Distillation: paraphrase and summary datasets from a small language model, without labels."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import DataError, ImpossibleError, ModelError, RecipeError, StoreError
from .recipe.critics import Filter, Score
from .recipe.execution import Execution
from .recipe.recipe import Recipe

if TYPE_CHECKING:
    from .data.state import State
    from .pipeline.run import Watch
    from .students.student import Student
    from .teachers.base import Sampler


# OpenMP reads this when torch is loaded. Threads that spin while they wait make training ten times as slow
# beside one other busy process.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__all__ = [
    "DataError",
    "ImpossibleError",
    "ModelError",
    "Recipe",
    "RecipeError",
    "StoreError",
    "load_recipe",
    "open_student",
    "run",
    "score_pairs",
]


def load_recipe(path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe file; `overrides` are KEY=VALUE strings, as for `--set`. Raises RecipeError."""
    from .data.run_folder import read_recipe

    return read_recipe(Path(path), overrides)


def open_student(
    path: str | Path,
    filter: Filter | None = None,
    score: Score | None = None,
    execution: Execution | None = None,
) -> "Student":
    """Open a student folder, or the best student of a run.

    `filter` and `score` replace the default bounds and critic models. Raises ModelError.
    """
    from .students.student import Student

    return Student.load(path, filter, score, execution)


def run(
    recipe: Recipe,
    out: str | Path,
    until: str = "",
    fresh: bool = False,
    watch: "Watch | None" = None,
    target: int = 0,
    sampler: "Sampler | None" = None,
) -> "State":
    """Run a recipe in a folder, or resume an earlier run.

    `until` names the last stage. `fresh` deletes the results of an earlier run. `watch` receives progress
    callbacks. `target` ends the run once each task has that many kept pairs. `sampler` is the teacher of a
    recipe with `teacher.backend = "own"`. Raises ImpossibleError.
    """
    from .pipeline.run import run

    return run(recipe, Path(out), until, fresh, watch, target, sampler=sampler)


def score_pairs(sources: Sequence[str], targets: Sequence[str], task: str = "paraphrase") -> dict[str, Any]:
    """Score pairs with every critic of the default preset.

    Returns one array of shape (n,) per score, NaN where a critic does not apply. Raises ModelError,
    DataError.
    """
    from .filtering.score_pairs import score_pairs

    return score_pairs(sources, targets, task)
