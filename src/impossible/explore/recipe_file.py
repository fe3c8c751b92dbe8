"""Write new bounds to a recipe file, inside the working or run folder, overwriting only on request."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from ..data.run_folder import RunFolder
from ..data.store import write_text
from ..errors import RecipeError, StoreError
from ..recipe.load import resolve
from ..recipe.write import with_settings


def write_recipe(run: Path, name: str, settings: Mapping[str, float], change: bool) -> Path:
    """Write the run's recipe with new settings to `name`; with `change`, set them in that existing file.

    `name` is relative to the working folder, and must be inside it or the run folder.
    Raises RecipeError, StoreError.
    """
    if not settings:
        raise RecipeError("no bound differs from the run's, so there is nothing to write")
    path = _allowed(run, name)
    if path.exists() and not change:
        raise RecipeError(f"{name} exists; choose another name, or tick the box to change it")
    old = path if path.exists() else RunFolder(run).recipe_file
    try:
        text = with_settings(old.read_text(encoding="utf-8"), settings, name)
        resolve(tomllib.loads(text), name)
        if old == path:
            write_text(path, text)
        else:
            with path.open("x", encoding="utf-8") as file:  # "x": fail if it was created meanwhile
                file.write(text)
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{name} cannot be written: {error}") from error
    return path


def _allowed(run: Path, name: str) -> Path:
    """Resolve a name to a path. Raises RecipeError if it is outside these folders or no recipe file."""
    try:
        path = Path(name).resolve()
        folders = (run.resolve(), Path.cwd())
        inside = any(path.is_relative_to(folder.resolve()) for folder in folders)
        if not inside or not path.parent.is_dir():
            raise RecipeError(f"{name!r}: give an existing folder inside the run or the working folder")
    except (OSError, ValueError) as error:
        raise RecipeError(f"{name!r} is not a valid file name: {error}") from error
    if path.suffix != ".toml":
        raise RecipeError(f"{name!r}: the name of a recipe ends in .toml")
    if path == RunFolder(run.resolve()).recipe_file:
        raise RecipeError(f"{name!r} is the recipe that made this run; choose another name")
    return path
