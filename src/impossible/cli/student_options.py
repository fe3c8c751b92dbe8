"""What commands of students share: options, how a student is opened, how its answers are counted."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..models.progress_bars import hide_progress_bars
from ..students import EDITS
from .terminal import open_console

if TYPE_CHECKING:
    from ..students.student import Answer, Student

StudentPath = Annotated[
    Path,
    typer.Option(
        "--student", envvar="IMPOSSIBLE_STUDENT", help="a student's folder, a run with one, or embedded:NAME"
    ),
]
EMBEDDED = Path("embedded:student")  # the student that comes with the package
TextColumn = Annotated[str, typer.Option(help="column of the texts in a table")]
ByRecipe = Annotated[
    Path | None,
    typer.Option("--recipe", help="filter by this recipe's bounds and models instead of the default ones"),
]
Seed = Annotated[int, typer.Option(min=0, help="random seed")]
Draws = Annotated[int | None, typer.Option(help="drafts to draw per text; default: 4 times -n, at least 8")]


def open_at(student: Path, recipe: Path | None, edits: int = EDITS) -> "Student":
    """Open a student; `recipe` replaces the default bounds and critic models."""
    from ..data.run_folder import read_recipe
    from ..students.student import Student

    hide_progress_bars()
    if recipe is None:
        return Student.load(student, edits=edits)
    settings = read_recipe(recipe)
    return Student.load(student, settings.filter, settings.score, settings.execution, edits)


class AnswerCounter:
    """Count answers while they are printed or written."""

    def __init__(self, total: int):
        self.total, self.done, self.refused = total, 0, 0

    def each(self, answers: Iterable["Answer"], bar: bool) -> Iterator["Answer"]:
        """Yield the answers; show progress on standard error if that is a terminal and `bar` is set."""
        from rich.progress import track

        console = open_console(stderr=True)
        shown = bar and console.is_terminal and self.total > 1
        for answer in track(answers, "texts", self.total, console=console, disable=not shown):
            yield answer
            self.done += 1
            self.refused += answer.best is None
