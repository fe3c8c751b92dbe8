"""The playground: runs a student, which is loaded on the first request."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..data.rounds import run_student
from ..errors import DataError
from ..recipe.recipe import Recipe
from ..students.info import read_info

if TYPE_CHECKING:
    from ..students.student import Answer, Student


_MAX_CHARS, _MAX_OUTPUTS = 2000, 20


class Playground:
    """A student that handles one request at a time. Raises ModelError if the folder holds no student."""

    def __init__(self, folder: Path, recipe: Recipe):
        self.folder, self.info, self._recipe = folder, read_info(folder), recipe
        self._student: Student | None = None
        self._busy = threading.Lock()

    def ask(self, given: Mapping[str, str]) -> "Answer":
        """Answer a form with the fields text, task, n, seed and controls. Raises ImpossibleError."""
        text = given.get("text", "").strip()
        if not 0 < len(text) <= _MAX_CHARS:
            raise DataError(f"give a text of 1 to {_MAX_CHARS:,} characters; this one has {len(text):,}")
        n, seed = _whole(given, "n", 5, 1, _MAX_OUTPUTS), _whole(given, "seed", 7, 0, 2**31 - 1)
        wanted = {name: given.get(name, "").strip() or None for name in ("length", "wording", "like")}
        with self._busy:
            student = self._open()
            controls = student.controls(**wanted)
            [answer] = student.answers(given.get("task", ""), [text], controls, n, seed)
        return answer

    def _open(self) -> "Student":
        if self._student is None:
            from ..students.student import Student

            recipe = self._recipe
            self._student = Student.load(self.folder, recipe.filter, recipe.score, recipe.execution)
        return self._student


def playground(run: Path, recipe: Recipe, student: Path | None) -> Playground | None:
    """Make the playground of a student, by default the run's best; None if there is none."""
    folder = student or run_student(run)
    return Playground(folder, recipe) if folder is not None else None


def _whole(given: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = given.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise DataError(f"{name} = {text!r}: give a whole number from {low} to {high}")
    return int(text)
