"""Settings written into a recipe that exists as text: its comments and order stay."""

from collections.abc import Mapping, MutableMapping
from typing import Any

import tomlkit

from .errors import RecipeError


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
