"""Convert pydantic errors to one line: key, value, what is allowed, the nearest valid key."""

import difflib
from typing import Any

from pydantic import BaseModel, ValidationError

from .critic_table import CRITICS
from .recipe import Recipe
from .write import toml


def explain(error: ValidationError) -> str:
    """The first error of a ValidationError as one line: key, value, what is allowed."""
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    match first["type"]:
        case "extra_forbidden":
            return f"unknown key {key}{_nearest_key(first['loc'])}{more}"
        case "value_error":
            prefix = f"{key}." if key else ""
            return f"{prefix}{first['ctx']['error']}{more}"
        case "model_type":
            fits = "{min = 0.5}, {max = 0.9} or both" if key.split(".")[-1] in CRITICS else "a table"
            return f"{key} = {toml(first['input'])}: must be {fits}{more}"
        case _:
            message = first["msg"].replace("Input should be", "must be")
            return f"{key} = {toml(first['input'])}: {message}{more}"


def _nearest_key(location: tuple[int | str, ...]) -> str:
    model: type[BaseModel] | None = Recipe
    for part in location[:-1]:
        field = model.model_fields.get(str(part)) if model else None
        model = model_of(field.annotation) if field else None
    if model is None:
        return ""
    near = difflib.get_close_matches(str(location[-1]), model.model_fields, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"; {hint}allowed: {', '.join(model.model_fields)}"


def model_of(annotation: Any) -> type[BaseModel] | None:
    """The settings class in a field's annotation, if any."""
    options = [annotation, *getattr(annotation, "__args__", ())]
    return next((o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), None)
