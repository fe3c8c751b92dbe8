"""Recipes and settings → TOML."""

import json
from collections.abc import Mapping, MutableMapping
from typing import Any

import tomlkit

from ..errors import RecipeError
from .base import TASKS
from .recipe import Recipe


def dump(recipe: Recipe) -> str:
    """The resolved recipe as TOML that `load` reads back to an equal recipe."""
    lines = ["resolved = true"]  # nothing is to be laid under it
    _dump(recipe.model_dump(mode="json"), (), lines)
    return "\n".join(lines).strip() + "\n"


def _dump(table: Mapping[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    if path:
        lines.append(f"\n[{'.'.join(path)}]")
    for key, value in table.items():
        if value is None:
            # TOML has no null: `false` stands for it
            if len(path) > 1 or path in (("filter",), ("score",), ("sampling",)):
                lines.append(f"{key} = false")
        elif not isinstance(value, dict):
            lines.append(f"{key} = {toml(value)}")
        elif len(path) == 2 and path[1] in TASKS:
            inner = ", ".join(f"{k} = {toml(v)}" for k, v in value.items() if v is not None)
            lines.append(f"{key} = {{{inner}}}")
    for key, value in table.items():
        if isinstance(value, dict) and not (len(path) == 2 and path[1] in TASKS):
            _dump(value, (*path, key), lines)


def toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml(v) for v in value)}]"
    if isinstance(value, str | bool | int | float):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)


def with_settings(text: str, settings: Mapping[str, float | str], name: str = "recipe") -> str:
    """A recipe's text with some settings changed; keys are dotted, such as `filter.paraphrase.judge.min`.

    Raises RecipeError if the text is no TOML.
    """
    try:
        document = tomlkit.parse(text)
        for key, value in settings.items():
            *tables, last = key.split(".")
            _table(document, tables)[last] = value
        return tomlkit.dumps(document)
    except tomlkit.exceptions.TOMLKitError as error:
        raise RecipeError(f"recipe {name} cannot be changed: {error}") from error


def _table(document: MutableMapping[str, Any], path: list[str]) -> MutableMapping[str, Any]:
    """The table at a path, made where there is none; a bound is a table within its line."""
    found = document
    for depth, part in enumerate(path):
        if not isinstance(found.get(part), MutableMapping):
            found[part] = tomlkit.table() if depth < 2 else tomlkit.inline_table()
        found = found[part]
    return found
