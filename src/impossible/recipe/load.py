"""Recipe file, preset and overrides → the resolved recipe, without importing torch or pyarrow."""

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import RecipeError
from .base import TASKS
from .contexts import check_domain
from .critic_table import CRITICS
from .distil import Distil
from .layers import lay, merge, parse_override, table_at
from .messages import explain
from .presets import PRESETS
from .recipe import Recipe


def load(path: Path, overrides: Sequence[str] = (), resolved: bool = False) -> Recipe:
    """Read a recipe: preset, then file, then `a.b=c` overrides (values in TOML; bare words are strings).

    With `resolved`, for recipes that a run wrote, the preset is not applied, since it may have changed.
    Raises RecipeError, whose message names file, key, value and allowed values.
    """
    given = _read(path)
    if resolved:
        given["resolved"] = True
    layers = [given, *map(parse_override, overrides)]
    for layer in layers:
        for table, key in (("contexts", "corpus"), ("distil", "texts"), ("restatement", "examples")):
            file = table_at(layer, table).get(key)
            if not isinstance(file, str) or Path(file).is_absolute():
                continue
            if layer is given or not _exists(file):  # an override may be relative to the working folder
                layer[table][key] = str(path.parent / file)
    try:
        return resolve(given, str(path), layers[1:])
    except RecipeError:
        if overrides and _is_sound(given):
            resolve(given, "--set", layers[1:])  # raises the error under the name --set
        raise


def _read(path: Path) -> dict[str, Any]:
    """The tables of a recipe file."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise RecipeError(f"recipe {path} is a pipe or a device; save its content in a file and give that")
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise RecipeError(f"recipe {path} does not exist{_nearest_file(path)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"recipe {path} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        hint = f'; for a corpus write a recipe: [contexts] corpus = "{path.name}"' if _is_corpus(path) else ""
        raise RecipeError(f"recipe {path} is not valid TOML: {error}{hint}") from error
    except ValueError:  # Python's limit of digits
        raise RecipeError(f"recipe {path} has a number of thousands of digits; shorten it") from None
    except RecursionError:
        raise RecipeError(f"recipe {path} is nested too deeply") from None
    return given


def _is_sound(given: Mapping[str, Any]) -> bool:
    try:
        resolve(given)
    except RecipeError:
        return False
    return True


def distil_settings(overrides: Sequence[str]) -> Distil:
    """Student settings without a recipe: defaults with KEY=VALUE overrides. Raises RecipeError."""
    layers = [parse_override(f"distil.{override}") for override in overrides]
    found = resolve({"distil": {}}, "--set", layers).distil
    assert found is not None
    return found


def resolve(
    given: Mapping[str, Any], name: str = "recipe", overrides: Sequence[Mapping[str, Any]] = ()
) -> Recipe:
    """Merge preset, given settings and `overrides` in this order, and validate.

    The preset is not applied to settings with `resolved = true`, as `dump` writes them.
    Raises RecipeError.
    """
    is_resolved = given.get("resolved") is True
    if is_resolved:
        base, layers = {key: value for key, value in given.items() if key != "resolved"}, [*overrides]
    else:
        layers = [given, *overrides]
        preset = lay(layers).get("preset", "default")
        if preset not in list(PRESETS):
            raise RecipeError(f"{name}: preset = {preset!r} is unknown; allowed are {', '.join(PRESETS)}")
        base = PRESETS[preset]
    try:
        merged = _ungated(lay([base, *layers]), lay(layers))
        if rounds := table_at(merged, "distil", "filter"):
            merged = merge(merged, {"distil": {"filter": merge(table_at(merged, "filter"), rounds)}})
        recipe = Recipe.model_validate(merged)
    except ValidationError as error:
        raise RecipeError(f"{name}: {explain(error)}") from None
    if not (is_resolved and recipe.contexts.corpus):  # a run can be read after its corpus was moved
        _check_inputs(recipe, name)
    return recipe


def _ungated(merged: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Remove the preset's gate with a removed bound, and the bound of its backward critic."""
    for task in TASKS:
        removed = {critic for critic, bound in table_at(merged, "filter", task).items() if bound is None}
        backward = {name for name, spec in CRITICS.items() if spec.backward_of in removed}
        if alone := backward - set(table_at(given, "filter", task)):
            merged = merge(merged, {"filter": {task: dict.fromkeys(alone, False)}})
        gates = removed & set(table_at(merged, "score", task)) - set(table_at(given, "score", task))
        if gates:
            merged = merge(merged, {"score": {task: dict.fromkeys(gates, False)}})
    return merged


def _check_inputs(recipe: Recipe, name: str) -> None:
    """Check that the corpus and the domains exist."""
    contexts = recipe.contexts
    if contexts.corpus is not None:
        if not _exists(contexts.corpus):
            raise RecipeError(
                f"{name}: contexts.corpus = {contexts.corpus!r}: there is no such file; "
                "give its path: --set contexts.corpus=PATH"
            )
        return
    try:
        for domain in contexts.domains:
            check_domain(domain)
    except RecipeError as error:
        raise RecipeError(f"{name}: {error}") from None


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # such as a name that is too long
        return False


def _is_corpus(path: Path) -> bool:
    return any(path.name.endswith(end) for end in (".txt", ".jsonl", ".jsonl.gz", ".csv", ".tsv", ".parquet"))


def _nearest_file(path: Path) -> str:
    others = [p.name for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, others, n=1)
    return f"; did you mean {path.with_name(near[0])}?" if near else ""
