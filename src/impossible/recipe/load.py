"""The recipe: settings of a run, presets, the reading of TOML. Imports neither torch nor pyarrow."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import RecipeError
from .base import TASKS
from .messages import _explain, _is_corpus, _nearest_file
from .presets import PRESETS
from .recipe import Recipe
from .student import Distil


def load(path: Path, overrides: Sequence[str] = (), whole: bool = False) -> Recipe:
    """Read a recipe: preset, then file, then `a.b=c` overrides (values in TOML; bare words are strings).

    A file that is `whole`, as a run writes it, is read as it stands, whatever the preset says today.
    Raises RecipeError: one line with file, key, what was found and what is allowed.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise RecipeError(f"recipe {path} does not exist{_nearest_file(path)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"recipe {path} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        hint = f'; for a corpus write a recipe: [contexts] corpus = "{path.name}"' if _is_corpus(path) else ""
        raise RecipeError(f"recipe {path} is not valid TOML: {error}{hint}") from error
    except RecursionError:
        raise RecipeError(f"recipe {path} is nested too deep") from None
    if whole:
        given["resolved"] = True
    layers = [given, *map(_override, overrides)]
    for layer in layers:
        for table, key in (("contexts", "corpus"), ("distil", "texts")):
            file = _table(layer, table).get(key)
            if isinstance(file, str) and not Path(file).is_absolute() and not _exists(file):
                layer[table][key] = str(path.parent / file)  # as seen from the recipe
    try:
        return resolve(given, str(path), layers[1:])
    except RecipeError:
        if overrides and _is_sound(given):
            resolve(given, "--set", layers[1:])  # which raises it as theirs
        raise


def _is_sound(given: Mapping[str, Any]) -> bool:
    try:
        resolve(given)
    except RecipeError:
        return False
    return True


def distil_settings(overrides: Sequence[str]) -> Distil:
    """The settings of a student without a recipe: defaults and KEY=VALUE. Raises RecipeError."""
    layers = [_override(f"distil.{override}") for override in overrides]
    found = resolve({"distil": {}}, "--set", layers).distil
    assert found is not None
    return found


def resolve(
    given: Mapping[str, Any], name: str = "recipe", overrides: Sequence[Mapping[str, Any]] = ()
) -> Recipe:
    """Lay the given settings over their preset, each of `overrides` over that, and validate.

    Settings that say `resolved = true`, as `dump` writes them, are whole: no preset lies under them.
    Raises RecipeError.
    """
    whole = given.get("resolved") is True
    if whole:
        under, layers = {key: value for key, value in given.items() if key != "resolved"}, [*overrides]
    else:
        layers = [given, *overrides]
        preset = _lay(layers).get("preset", "default")
        if preset not in list(PRESETS):
            raise RecipeError(f"{name}: preset = {preset!r} is unknown; allowed are {', '.join(PRESETS)}")
        under = PRESETS[preset]
    try:
        laid = _ungated(_lay([under, *layers]), _lay(layers))
        if rounds := _table(laid, "distil", "filter"):
            laid = merge(laid, {"distil": {"filter": merge(_table(laid, "filter"), rounds)}})
        recipe = Recipe.model_validate(laid)
    except ValidationError as error:
        raise RecipeError(f"{name}: {_explain(error)}") from None
    if not (whole and recipe.contexts.corpus):  # a run is read wherever its corpus lies by now
        _check_world(recipe, name)
    return recipe


def _ungated(laid: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A bound that is taken away takes the preset's gate along, and the judge's takes retention."""
    for task in TASKS:
        removed = {critic for critic, bound in _table(laid, "filter", task).items() if bound is None}
        if "judge" in removed and "retention" not in _table(given, "filter", task):
            laid = merge(laid, {"filter": {task: {"retention": False}}})
        gates = removed & set(_table(laid, "score", task)) - set(_table(given, "score", task))
        if gates:
            laid = merge(laid, {"score": {task: dict.fromkeys(gates, False)}})
    return laid


def _table(tables: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """A table within tables; empty if there is none."""
    found: Any = tables
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _lay(layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
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
            out[key] = merge(_table(out, key), value)
        else:
            out[key] = value
    return out


def _override(override: str) -> dict[str, Any]:
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


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # longer than a name may be
        return False


def _check_world(recipe: Recipe, name: str) -> None:
    """What only the file system and the tables of domains can tell."""
    from .domains import find_domain

    contexts = recipe.contexts
    if contexts.corpus is not None:
        if not _exists(contexts.corpus):
            raise RecipeError(
                f"{name}: contexts.corpus = {contexts.corpus!r}: there is no such file; "
                "say where it lies: --set contexts.corpus=PATH"
            )
        return
    try:
        for domain in contexts.domains:
            find_domain(domain)
    except RecipeError as error:
        raise RecipeError(f"{name}: {error}") from None
