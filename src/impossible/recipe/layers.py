"""Merge the layers of a recipe: nested tables of preset, file and overrides."""

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import RecipeError


def lay(layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge nested tables; later ones override earlier ones."""
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = merge(merged, layer)
    return merged


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Override one nested table with another; `false` removes an entry, such as a bound or a task."""
    out = dict(base)
    for key, value in over.items():
        if value is False:  # no setting is a boolean
            out[key] = None
        elif isinstance(value, Mapping):
            out[key] = merge(table_at(out, key), value)
        else:
            out[key] = value
    return out


def table_at(tables: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """The table at a path; empty if there is none."""
    table: Any = tables
    for key in path:
        table = table.get(key) if isinstance(table, Mapping) else None
    return table if isinstance(table, Mapping) else {}


def parse_override(override: str) -> dict[str, Any]:
    """Parse KEY=VALUE to nested tables."""
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f"--set {override}: give KEY=VALUE, such as sampling.per_context=32")
    try:
        value = tomllib.loads(f"v = {text}")["v"]
    except (tomllib.TOMLDecodeError, RecursionError):
        value = text
    *tables, last = key.strip().split(".")
    table: dict[str, Any] = {last: value}
    for name in reversed(tables):
        table = {name: table}
    return table
