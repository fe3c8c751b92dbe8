"""Options shared by several commands, and JSON output."""

from pathlib import Path
from typing import Annotated

import typer

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
AsJson = Annotated[bool, typer.Option("--json", help="print JSON, for scripts")]


def print_json(value: object) -> None:
    """Print a value as JSON."""
    print(plain_json(value, 2))
