"""Options shared by several commands, and JSON output."""

import os
from pathlib import Path
from typing import Annotated

import typer

from ..errors import DataError
from ..text.escape import plain_json
from .terminal import complete_setting

RecipePath = Annotated[Path, typer.Argument(metavar="RECIPE", help="a recipe (TOML)", show_default=False)]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="the folder of a run", show_default=False)]


Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="override a setting of the recipe",
        autocompletion=complete_setting,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="overwrite files that exist")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON, for scripts")]


def check_new(file: Path | None, force: bool, *inputs: Path) -> None:
    """Raise DataError if a command would overwrite what it reads, or any file without `force`."""
    if file is None or not file.exists():
        return
    for one in inputs:
        if os.path.exists(one) and file.resolve().is_relative_to(one.resolve()):
            raise DataError(f"cannot write {file}: it is what the command reads; choose another file")
    if not force:
        raise DataError(f"cannot write {file}: it exists; choose another file, or overwrite it with --force")


def print_json(value: object) -> None:
    """Print a value as JSON."""
    print(plain_json(value, 2))
