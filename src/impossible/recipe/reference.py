"""Reference of all settings: key, type, values in the presets, meaning; read from the settings classes."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .base import TASKS
from .critic_table import CRITICS
from .distil import Distil
from .load import resolve
from .presets import PRESETS
from .recipe import Recipe
from .write import toml

_NOUNS = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "true or false",
    "object": "table",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: dotted key, type in words, value in each preset as TOML, meaning.

    A bound with min and max is one setting. A value is "" where a preset does not set it.
    """

    key: str
    takes: str
    presets: Mapping[str, str]
    meaning: str
    is_bound: bool

    @property
    def table(self) -> str:
        """The table of the setting; "" at the top level."""
        return self.key.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition(".")[2]


def settings() -> list[Setting]:
    """All settings in the order of the recipe, with the resolved values of each preset."""
    schema = Recipe.model_json_schema()
    filled = {name: _values(resolve({"preset": name})) for name in PRESETS}
    return list(_walk(schema, schema["$defs"], "", filled))


def tables() -> dict[str, str]:
    """Table → meaning, in the order of the recipe."""
    schema = Recipe.model_json_schema()
    return dict(_describe(schema, schema["$defs"], ""))


def find(word: str) -> list[Setting]:
    """The settings whose key or meaning contains a word."""
    lower = word.lower()
    return [s for s in settings() if lower in s.key or lower in s.meaning.lower()]


def keys(prefix: str = "") -> Iterator[tuple[str, str]]:
    """Keys for `--set` with their meanings, for shell completion; a bound has two, min and max."""
    for setting in settings():
        sides = ("min", "max") if setting.is_bound else ()
        for key in [f"{setting.key}.{side}" for side in sides] or [setting.key]:
            if key.startswith(prefix):
                yield key, setting.meaning


def _values(recipe: Recipe) -> dict[str, Any]:
    """A preset's settings, with the defaults of `[distil]`."""
    return recipe.model_dump(mode="json") | {"distil": Distil().model_dump(mode="json")}


def nearest(word: str) -> str:
    """A hint with the settings whose keys, or last parts of keys, are similar to a word."""
    keys = {name: one.key for one in settings() for name in (one.name, one.key)}
    near = dict.fromkeys(keys[name] for name in difflib.get_close_matches(word.lower(), keys, n=3))
    return f"did you mean {', '.join(near)}?" if near else "impossible settings lists all settings"


def _walk(
    schema: Mapping[str, Any], defs: Mapping[str, Any], table: str, filled: Mapping[str, Any]
) -> Iterator[Setting]:
    for name, field in schema["properties"].items():
        key = f"{table}.{name}" if table else name
        inner = _model(field, defs)
        below = {preset: values.get(name) if values else None for preset, values in filled.items()}
        if inner is not None and name not in CRITICS:
            yield from _walk(inner, defs, key, below)
            continue
        takes = _bound(name) if inner is not None else _takes(field)
        optional = table.split(".")[-1] in TASKS or table == "restatement"
        absent = {preset for preset, values in filled.items() if not values and optional}
        shown = {p: "" if p in absent else _shown(value, field) for p, value in below.items()}
        yield Setting(key, takes, shown, _one_line(field.get("description", "")), inner is not None)


def _describe(schema: Mapping[str, Any], defs: Mapping[str, Any], table: str) -> Iterator[tuple[str, str]]:
    for name, field in schema["properties"].items():
        key = f"{table}.{name}" if table else name
        inner = _model(field, defs)
        if inner is not None and name not in CRITICS:
            yield key, _one_line(field.get("description") or inner.get("description", ""))
            yield from _describe(inner, defs, key)


def _model(field: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema of a field's settings class, if any."""
    for option in (field, *field.get("anyOf", ()), *field.get("allOf", ())):
        if "$ref" in option:
            found: Mapping[str, Any] = defs[option["$ref"].rpartition("/")[2]]
            return found
    return None


def _bound(critic: str) -> str:
    spec = CRITICS[critic]
    return f"{{min = …, max = …}}, {spec.low:g} to {spec.high:g}; false: none"


def _shown(value: Any, field: Mapping[str, Any]) -> str:
    """A value as TOML."""
    if isinstance(value, dict):
        parts = [f"{side} = {toml(limit)}" for side, limit in value.items() if limit is not None]
        return f"{{{', '.join(parts)}}}" if parts else ""
    if value is None:
        return toml(field["default"]) if field.get("default") is not None else ""
    return toml(value)


def _takes(field: Mapping[str, Any]) -> str:
    """The type of a field, in words."""
    options = [option for option in field.get("anyOf", (field,)) if option.get("type") != "null"]
    return " or ".join(_one(option) for option in options)


def _one(option: Mapping[str, Any]) -> str:
    if "enum" in option or "const" in option:
        return " or ".join(toml(value) for value in option.get("enum", [option.get("const")]))
    if option["type"] == "array":
        if "prefixItems" in option:
            return f"[{', '.join(_one(item) for item in option['prefixItems'])}]"
        return f"list of {_one(option['items'])}"
    return _NOUNS[option["type"]] + _range(option)


def _range(option: Mapping[str, Any]) -> str:
    low, high = option.get("minimum"), option.get("maximum")
    above, below = option.get("exclusiveMinimum"), option.get("exclusiveMaximum")
    to = "at most" if low is None and above is None else "to"
    parts = [
        f"{word} {toml(limit)}"
        for word, limit in (("from", low), ("above", above), (to, high), ("below", below))
        if limit is not None
    ]
    return f", {' '.join(parts)}" if parts else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
