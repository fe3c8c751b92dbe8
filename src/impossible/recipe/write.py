"""Write recipes and settings as TOML."""

from collections.abc import Mapping, MutableMapping
from typing import Any

import tomlkit
from tomlkit.exceptions import ConvertError, TOMLKitError
from tomlkit.items import Item, Table

from ..errors import RecipeError
from .base import TASKS
from .recipe import Recipe


def dump(recipe: Recipe) -> str:
    """The resolved recipe as TOML that `load` reads back to an equal recipe."""
    document = tomlkit.document()
    document["resolved"] = True  # `load` must not apply the preset
    _fill(document, recipe.model_dump(mode="json"), ())
    return tomlkit.dumps(document)


def _fill(table: tomlkit.TOMLDocument | Table, values: Mapping[str, Any], path: tuple[str, ...]) -> None:
    """Write the values of the table at a path: inline values first, then subtables."""
    holds_bounds = len(path) == 2 and path[1] in TASKS
    below = {k: v for k, v in values.items() if isinstance(v, dict) and not holds_bounds}
    for key, value in values.items():
        if value is None:
            # TOML has no null: `false` stands for it
            if len(path) > 1 or path in (("filter",), ("score",), ("sampling",)):
                table[key] = False
        elif key not in below:
            table[key] = _item(value)
    if below and not table:
        table.add(tomlkit.nl())
    for key, value in below.items():
        table[key] = tomlkit.table(is_super_table=False)
        _fill(table[key], value, (*path, key))


def toml(value: object) -> str:
    """A value as TOML, or as Python's repr if TOML has no such type."""
    try:
        return _item(value).as_string()
    except ConvertError:
        return repr(value)


def _item(value: object) -> Item:
    """A value as an inline item; tomlkit's default for a table is a section."""
    if isinstance(value, dict):
        table = tomlkit.inline_table()
        table.update({key: _item(inner) for key, inner in value.items() if inner is not None})
        return table
    if isinstance(value, list | tuple):
        array = tomlkit.array()
        array.extend(map(_item, value))
        return array
    return tomlkit.item(value)


def with_settings(text: str, settings: Mapping[str, float | str], name: str = "recipe") -> str:
    """A recipe's text with some settings changed; keys are dotted, such as `filter.paraphrase.judge.min`.

    Raises RecipeError if the text is not valid TOML.
    """
    try:
        document = tomlkit.parse(text)
        for key, value in settings.items():
            *tables, last = key.split(".")
            _table(document, tables)[last] = value
        return tomlkit.dumps(document)
    except TOMLKitError as error:
        raise RecipeError(f"recipe {name} cannot be changed: {error}") from error


def _table(document: MutableMapping[str, Any], path: list[str]) -> MutableMapping[str, Any]:
    """The table at a path, created if missing; a bound is an inline table."""
    found = document
    for depth, part in enumerate(path):
        if not isinstance(found.get(part), MutableMapping):
            found[part] = tomlkit.table() if depth < 2 else tomlkit.inline_table()
        found = found[part]
    return found
