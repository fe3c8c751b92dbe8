"""The licence of a model, as its card or its package states it."""

from collections.abc import Mapping

from ..errors import ImpossibleError
from .locate import locate

# of the weights in requirements-weights.txt and what is made of them; others say it in their README.md
_LICENCES = {
    "embedded:smollm2-135m": "apache-2.0",
    "embedded:judge": "apache-2.0",
    "embedded:minilm-l6": "apache-2.0",
    "embedded:en-core-web-sm": "mit",
}


def licence(name: str, given: Mapping[str, str]) -> str | None:
    """The licence of a model: as given, or as it says itself; None if nobody says."""
    from huggingface_hub import metadata_load

    if name in given or name in _LICENCES:
        return given.get(name) or _LICENCES[name]
    try:
        card = locate(name) / "README.md"
    except ImpossibleError:
        return None
    said = (metadata_load(card) or {}).get("license") if card.exists() else None
    return said if isinstance(said, str) else None
