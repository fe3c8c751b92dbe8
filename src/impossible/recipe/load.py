"""Recipe file, preset and overrides → the resolved recipe. Imports neither torch nor pyarrow."""

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


def load(path: Path, overrides: Sequence[str] = (), whole: bool = False) -> Recipe:
    """Read a recipe: preset, then file, then `a.b=c` overrides (values in TOML; bare words are strings).

    A file that is `whole`, as a run writes it, is read as it stands, whatever the preset says today.
    Raises RecipeError: one line with file, key, what was found and what is allowed.
    """
    given = _read(path)
    if whole:
        given["resolved"] = True
    layers = [given, *map(parse_override, overrides)]
    for layer in layers:
        for table, key in (("contexts", "corpus"), ("distil", "texts")):
            file = table_at(layer, table).get(key)
            if isinstance(file, str) and not Path(file).is_absolute() and not _exists(file):
                layer[table][key] = str(path.parent / file)  # as seen from the recipe
    try:
        return resolve(given, str(path), layers[1:])
    except RecipeError:
        if overrides and _is_sound(given):
            resolve(given, "--set", layers[1:])  # which raises it as theirs
        raise


def _read(path: Path) -> dict[str, Any]:
    """The tables of a recipe file."""
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
    return given


def _is_sound(given: Mapping[str, Any]) -> bool:
    try:
        resolve(given)
    except RecipeError:
        return False
    return True


def distil_settings(overrides: Sequence[str]) -> Distil:
    """The settings of a student without a recipe: defaults and KEY=VALUE. Raises RecipeError."""
    layers = [parse_override(f"distil.{override}") for override in overrides]
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
        preset = lay(layers).get("preset", "default")
        if preset not in list(PRESETS):
            raise RecipeError(f"{name}: preset = {preset!r} is unknown; allowed are {', '.join(PRESETS)}")
        under = PRESETS[preset]
    try:
        laid = _ungated(lay([under, *layers]), lay(layers))
        if rounds := table_at(laid, "distil", "filter"):
            laid = merge(laid, {"distil": {"filter": merge(table_at(laid, "filter"), rounds)}})
        recipe = Recipe.model_validate(laid)
    except ValidationError as error:
        raise RecipeError(f"{name}: {explain(error)}") from None
    if not (whole and recipe.contexts.corpus):  # a run is read wherever its corpus lies by now
        _check_inputs(recipe, name)
    return recipe


def _ungated(laid: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A bound that is taken away takes the preset's gate along, and that of the same score backward."""
    for task in TASKS:
        removed = {critic for critic, bound in table_at(laid, "filter", task).items() if bound is None}
        backward = {name for name, spec in CRITICS.items() if spec.backward_of in removed}
        if alone := backward - set(table_at(given, "filter", task)):
            laid = merge(laid, {"filter": {task: dict.fromkeys(alone, False)}})
        gates = removed & set(table_at(laid, "score", task)) - set(table_at(given, "score", task))
        if gates:
            laid = merge(laid, {"score": {task: dict.fromkeys(gates, False)}})
    return laid


def _check_inputs(recipe: Recipe, name: str) -> None:
    """What the settings' types cannot tell: whether the corpus and the domains exist."""
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
            check_domain(domain)
    except RecipeError as error:
        raise RecipeError(f"{name}: {error}") from None


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # longer than a name may be
        return False


def _is_corpus(path: Path) -> bool:
    return any(path.name.endswith(end) for end in (".txt", ".jsonl", ".jsonl.gz", ".csv", ".tsv", ".parquet"))


def _nearest_file(path: Path) -> str:
    others = [p.name for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, others, n=1)
    return f"; did you mean {path.with_name(near[0])}?" if near else ""
