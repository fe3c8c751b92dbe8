"""The terminal: width and encoding of output, and shell completion."""

import os
import shutil
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape

from ..text.escape import plain

WIDEST = 120  # columns: longer lines are hard to read


def open_console(stderr: bool = False) -> Console:
    """Return a console of at most WIDEST columns, and of exactly WIDEST without a terminal.

    Colours follow the terminal, NO_COLOR and FORCE_COLOR; COLUMNS sets the width.
    """
    console = Console(stderr=stderr, highlight=False)
    width_unknown = not console.is_terminal and "COLUMNS" not in os.environ
    if width_unknown or console.width > WIDEST:
        console.width = WIDEST
    return console


def prepare() -> None:
    """Limit the width of --help, and escape characters that the encoding of the output lacks."""
    if not os.environ.get("COLUMNS", "1").strip("0").isdecimal():
        del os.environ["COLUMNS"]  # "0" or no number: no width
    width = shutil.get_terminal_size((WIDEST, 24)).columns
    os.environ.setdefault("TERMINAL_WIDTH", str(min(width, WIDEST)))  # typer reads it
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def complete_setting(incomplete: str) -> Iterator[tuple[str, str]]:
    """Complete the keys of a recipe's settings, for `--set`."""
    from ..recipe.reference import keys

    return ((f"{key}=", meaning) for key, meaning in keys(incomplete))


def complete_bound(incomplete: str) -> Iterator[tuple[str, str]]:
    """Complete the keys of bounds, for `whatif --set`."""
    return (item for item in complete_setting(incomplete) if item[0].startswith("filter."))


def complete_distil(incomplete: str) -> Iterator[tuple[str, str]]:
    """Complete the keys of a student's settings, which `distil --set` takes without `distil.`."""
    return (
        (key.removeprefix("distil."), meaning) for key, meaning in complete_setting(f"distil.{incomplete}")
    )


def complete_task(incomplete: str) -> Iterator[str]:
    """Complete the name of a task."""
    from ..recipe.base import TASKS

    return (task for task in TASKS if task.startswith(incomplete))


def complete_stage(incomplete: str) -> Iterator[str]:
    """Complete the name of a stage."""
    from ..data.run_folder import STAGES

    return (stage for stage in STAGES if stage.startswith(incomplete))


def as_markup(text: str) -> str:
    """Escape model output for rich: markup and control characters."""
    return escape(plain(text))
