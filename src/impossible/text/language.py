"""Tells English from other languages."""

from functools import cache
from typing import Any

_READ = 300  # characters that are judged
_UNLIKELY = 0.02  # of 6,666 English sentences of news, abstracts and forum posts, 2 lie below
_IMPOSSIBLE = 0.001  # a few words say little


def is_english(text: str) -> bool:
    """Whether the beginning of a text may be English; in doubt, it is."""
    start = text[:_READ]
    bound = _UNLIKELY if len(start.split()) > 4 else _IMPOSSIBLE
    return not start or dict(_identifier().rank(start))["en"] >= bound


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
