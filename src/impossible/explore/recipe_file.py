"""New bounds into a recipe file: never over a file silently, and only where the user works."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from ..data.run_folder import RunFolder
from ..data.store import write_text
from ..errors import RecipeError, StoreError
from ..recipe.load import resolve
from ..recipe.write import with_settings


def write_recipe(run: Path, name: str, settings: Mapping[str, float], change: bool) -> Path:
    """Write the run's recipe with new settings to `name`, or, if told to `change` it, set them in that file.

    `name` is seen from the working folder, and lies in it or in the run's. Raises RecipeError, StoreError.
    """
    if not settings:
        raise RecipeError("no bound differs from the run's, so there is nothing to write")
    path = _allowed(run, name)
    if path.exists() and not change:
        raise RecipeError(f"{name} exists; choose another name, or tick that it may be changed")
    old = path if path.exists() else RunFolder(run).recipe_file
    try:
        text = with_settings(old.read_text(encoding="utf-8"), settings, name)
        resolve(tomllib.loads(text), name)
        if old == path:
            write_text(path, text)
        else:
            with path.open("x", encoding="utf-8") as file:  # should it have come to be meanwhile, fail
                file.write(text)
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{name} cannot be written: {error}") from error
    return path


def _allowed(run: Path, name: str) -> Path:
    """The path that a name means. Raises RecipeError if it lies elsewhere, or is no recipe to write to."""
    try:
        path = Path(name).resolve()
        folders = (run.resolve(), Path.cwd())
        inside = any(path.is_relative_to(folder.resolve()) for folder in folders)
        if not inside or not path.parent.is_dir():
            raise RecipeError(
                f"{name!r}: recipes are written to folders that exist, in the run's or in the working folder"
            )
    except (OSError, ValueError) as error:
        raise RecipeError(f"{name!r} is no name of a file: {error}") from error
    if path.suffix != ".toml":
        raise RecipeError(f"{name!r}: the name of a recipe ends in .toml")
    if path == RunFolder(run.resolve()).recipe_file:
        raise RecipeError(f"{name!r} says how this run was made and stays as it is; choose another name")
    return path
