"""A recipe without what is private: servers, names of keys, parameters of requests, paths of this machine."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .distil import Distil
from .execution import Execution
from .recipe import Recipe
from .teacher import Endpoint

_URL = "http://localhost:8000/v1"  # stands for the server, which a recipe must name


def public_name(name: str) -> str:
    """The name of a model or file without its folders; a hub ID or `embedded:` name as it is."""
    return ":".join(_last(part) if _is_path(part) else part for part in name.split(":"))


def _is_path(name: str) -> bool:
    return name.startswith(("/", ".", "~")) or "\\" in name or name.count("/") > 1 or Path(name).exists()


def _last(path: str) -> str:
    return Path(path.replace("\\", "/")).name


def public_distil(settings: Distil) -> Distil:
    """The settings of a student with the names of its models and files only."""
    return settings.model_copy(
        update={
            "base": public_name(settings.base),
            "parser": public_name(settings.parser),
            "also": tuple(map(_last, settings.also)),
            "texts": settings.texts and _last(settings.texts),
        }
    )


def public(recipe: Recipe) -> Recipe:
    """The recipe as it may be shown: it makes the same data where its models and files are at hand."""
    contexts, teacher, score = recipe.contexts, recipe.teacher, recipe.score
    endpoint: Endpoint | None = teacher.endpoint and teacher.endpoint.model_copy(
        update={"url": _URL, "key_env": None, "extra": {}}
    )
    restatement = recipe.restatement
    if restatement is not None and restatement.examples is not None:
        restatement = restatement.model_copy(update={"examples": _last(restatement.examples)})
    models = {key: public_name(getattr(score, key)) for key in ("similarity", "nli", "judge", "parser")}
    return recipe.model_copy(
        update={
            "contexts": contexts.model_copy(update={"corpus": contexts.corpus and _last(contexts.corpus)}),
            "teacher": teacher.model_copy(update={"model": public_name(teacher.model), "endpoint": endpoint}),
            "restatement": restatement,
            "score": score.model_copy(update=models),
            "distil": recipe.distil and public_distil(recipe.distil),
            "execution": Execution(),
        }
    )


def private_texts(recipe: Recipe) -> set[str]:
    """The texts of a recipe that `public` leaves out."""
    known = recipe.model_dump(exclude={"execution": True}) | {"ray": recipe.execution.ray.address}
    return set(_texts(known)) - set(_texts(public(recipe).model_dump()))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _texts(inner)
