"""Impossible Distillation: paraphrase and summary datasets from a small language model, without labels."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import DataError, ImpossibleError, ModelError, RecipeError, StoreError
from .recipe import Recipe

if TYPE_CHECKING:
    from .execute import State
    from .students.student import Student

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
    """Read a recipe file; `overrides` are KEY=VALUE as of `--set`. Raises RecipeError."""
    from .recipe import load

    return load(Path(path), overrides)


def open_student(path: str | Path, **options: Any) -> "Student":
    """Open a student's folder; see impossible.students.student.Student. Raises ModelError."""
    from .students.student import Student

    return Student.load(path, **options)


def run(recipe: Recipe, out: str | Path, **options: Any) -> "State":
    """Run a recipe in a folder, or go on where an earlier run stopped; see impossible.execute.run."""
    from .execute import run

    return run(recipe, Path(out), **options)


def score_pairs(sources: Sequence[str], targets: Sequence[str], task: str = "paraphrase") -> dict[str, Any]:
    """Score pairs with every critic: one array a score; see impossible.pairs.score_pairs."""
    from .pairs import score_pairs

    return score_pairs(sources, targets, task)
