"""The terminal: how wide to write, and what a shell completes."""

import os
import shutil
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape

from ..text.escape import plain

WIDEST = 120  # columns: longer lines are hard to read


def open_console(stderr: bool = False) -> Console:
    """A console no wider than a reader likes, and as wide as that where there is no terminal.

    Colours follow the terminal, NO_COLOR and FORCE_COLOR; COLUMNS sets the width.
    """
    made = Console(stderr=stderr, highlight=False)
    unknown = not made.is_terminal and "COLUMNS" not in os.environ
    if unknown or made.width > WIDEST:
        made.width = WIDEST
    return made


def prepare() -> None:
    """For this process: help no wider than a reader likes, and no character that stops a narrow encoding."""
    width = shutil.get_terminal_size((WIDEST, 24)).columns
    os.environ.setdefault("TERMINAL_WIDTH", str(min(width, WIDEST)))  # typer reads it
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def complete_setting(incomplete: str) -> Iterator[tuple[str, str]]:
    """Keys of a recipe's settings, for `--set`."""
    from ..recipe.reference import keys

    return ((f"{key}=", meaning) for key, meaning in keys(incomplete))


def complete_bound(incomplete: str) -> Iterator[tuple[str, str]]:
    """Keys of the bounds, for `whatif --set`."""
    return (found for found in complete_setting(incomplete) if found[0].startswith("filter."))


def complete_distil(incomplete: str) -> Iterator[tuple[str, str]]:
    """Keys of a student's settings, which `distil --set` takes without their table."""
    return (
        (key.removeprefix("distil."), meaning) for key, meaning in complete_setting(f"distil.{incomplete}")
    )


def complete_task(incomplete: str) -> Iterator[str]:
    """The tasks."""
    from ..recipe.base import TASKS

    return (task for task in TASKS if task.startswith(incomplete))


def complete_stage(incomplete: str) -> Iterator[str]:
    """The stages of a run."""
    from ..data.run_folder import STAGES

    return (stage for stage in STAGES if stage.startswith(incomplete))


def as_markup(text: str) -> str:
    """Model output as rich prints it: markup escaped, control characters spelt."""
    return escape(plain(text))
