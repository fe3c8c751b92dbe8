"""Options and helpers that several commands share."""

import math
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from ..text.escape import plain_json
from .terminal import complete_setting

RecipePath = Annotated[Path, typer.Argument(metavar="RECIPE", help="a recipe (TOML)", show_default=False)]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="the folder of a run", show_default=False)]


def quiet() -> None:
    """Bars of our own only."""
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()


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
    """Print a value as JSON; settings inside it as their fields, NaN and infinity as null."""
    print(plain_json(_plain(value), 2))


def _plain(value: object) -> object:
    match value:
        case float() if not math.isfinite(value):
            return None
        case BaseModel():
            return value.model_dump(mode="json")
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case _:
            return value
