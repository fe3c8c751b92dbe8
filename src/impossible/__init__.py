"""Impossible Distillation: paraphrase and summary datasets from a small language model, without labels."""

from __future__ import annotations

import os

from .errors import DataError, ImpossibleError, ModelError, RecipeError, StoreError
from .students import EDITS

TYPE_CHECKING = False  # nothing slow is imported here: `__main__` has to catch Ctrl-C first
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    from .data.state import State
    from .pipeline.run import Watch
    from .recipe.critics import Filter, Score
    from .recipe.execution import Execution
    from .recipe.recipe import Recipe
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


def __getattr__(name: str) -> Any:
    """`Recipe`, imported on first use."""
    if name != "Recipe":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .recipe.recipe import Recipe

    return Recipe


def load_recipe(path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe file; `overrides` are KEY=VALUE strings, as for `--set`. Raises RecipeError."""
    from pathlib import Path

    from .data.run_folder import read_recipe

    return read_recipe(Path(path), overrides)


def open_student(
    path: str | Path,
    filter: Filter | None = None,
    score: Score | None = None,
    execution: Execution | None = None,
    edits: int = EDITS,
) -> Student:
    """Open a student folder, or the best student of a run.

    `filter` and `score` replace the default bounds and critic models. `edits` is the most edits of a text by
    grammar that are judged beside the student's drafts. Raises ModelError.
    """
    from .students.student import Student

    return Student.load(path, filter, score, execution, edits)


def run(
    recipe: Recipe,
    out: str | Path,
    until: str = "",
    fresh: bool = False,
    watch: Watch | None = None,
    target: int = 0,
    sampler: Sampler | None = None,
) -> State:
    """Run a recipe in a folder, or resume an earlier run.

    `until` names the last stage. `fresh` deletes the results of an earlier run. `watch` receives progress
    callbacks. `target` ends the run once each task has that many kept pairs. `sampler` is the teacher of a
    recipe with `teacher.backend = "own"`. Raises ImpossibleError.
    """
    from pathlib import Path

    from .pipeline.run import run

    return run(recipe, Path(out), until, fresh, watch, target, sampler=sampler)


def score_pairs(sources: Sequence[str], targets: Sequence[str], task: str = "paraphrase") -> dict[str, Any]:
    """Score pairs with every critic of the default preset.

    Returns one array of shape (n,) per score, NaN where a critic does not apply. Raises ModelError,
    DataError.
    """
    from .filtering.score_pairs import score_pairs

    return score_pairs(sources, targets, task)
