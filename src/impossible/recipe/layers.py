"""Layers of a recipe: nested tables, laid one over the other."""

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import RecipeError


def lay(layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Nested tables as one, the last on top."""
    laid: dict[str, Any] = {}
    for layer in layers:
        laid = merge(laid, layer)
    return laid


def merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one nested table over another; `false` removes what lies under it (a bound, a task)."""
    out = dict(under)
    for key, value in over.items():
        if value is False:  # no setting is a boolean
            out[key] = None
        elif isinstance(value, Mapping):
            out[key] = merge(table_at(out, key), value)
        else:
            out[key] = value
    return out


def table_at(tables: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """A table within tables; empty if there is none."""
    found: Any = tables
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def parse_override(override: str) -> dict[str, Any]:
    """KEY=VALUE as nested tables."""
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f"--set {override}: give KEY=VALUE, such as sampling.per_context=32")
    try:
        value = tomllib.loads(f"v = {text}")["v"]
    except (tomllib.TOMLDecodeError, RecursionError):
        value = text
    *tables, last = key.strip().split(".")
    found: dict[str, Any] = {last: value}
    for table in reversed(tables):
        found = {table: found}
    return found
