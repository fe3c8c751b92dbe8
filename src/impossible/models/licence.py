"""The licence of a model, from its model card or its package."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, metadata

from ..errors import ImpossibleError
from .locate import locate, packages

# weights in weights.txt and models made from them; others state it in their README.md
_LICENCES = {
    "embedded:smollm2-135m": "apache-2.0",
    "embedded:judge": "apache-2.0",
    "embedded:minilm-l6": "apache-2.0",
    "embedded:en-core-web-sm": "mit",
}


def licence(name: str, given: Mapping[str, str]) -> str | None:
    """The licence of a model: from `given`, else from its package or card; None if unknown."""
    from huggingface_hub import metadata_load

    if name in given or name in _LICENCES:
        return given.get(name) or _LICENCES[name]
    try:
        card = locate(name) / "README.md"
    except ImpossibleError:
        return None
    stated = (metadata_load(card) or {}).get("license") if card.exists() else None
    return stated if isinstance(stated, str) else None


def packaged() -> dict[str, str]:
    """The licence of each embedded model in an installed wheel, and what the wheel says if it differs."""
    found = {}
    for name, distribution in packages().items():
        try:
            about = metadata(distribution).json
        except PackageNotFoundError:
            continue
        says = str(about.get("license_expression") or about.get("license") or "nothing")
        agrees = says.lower() == _LICENCES[name]
        found[name] = _LICENCES[name] + ("" if agrees else f" (its package says {says})")
    return found
