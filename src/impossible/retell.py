"""Pairs that a critic without a model rejected: the ledger only counts them, so they are scored anew."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .pairs import score_pairs
from .recipe import CRITICS, Bounds, load
from .records import SCORE_FIELDS, text_id
from .score import CHEAP
from .verdict import KEPT, UNKNOWN, shortfall, verdict


def cheaply_rejected(
    run: Path, groups: Sequence[Mapping[str, Any]], one: str, other: str
) -> Iterator[dict[str, Any]]:
    """Rows as in the ledger for pairs of candidates, one holding each text, that a cheap critic rejects.

    `groups` are rows of GROUPS, the texts in lower case. The verdict is by the gates, since those are what
    dropped the pairs. Raises ModelError.
    """
    recipe = load(run / "recipe.toml")
    critics = tuple(name for name in CRITICS if name in CHEAP and name in recipe.score.critics)
    settings = recipe.score.model_copy(update={"critics": critics})
    for group in groups:
        for source, target in _pairs([c["text"] for c in group["candidates"]], one, other):
            for task, _ in recipe.filter.tasks():
                none = {name: np.full(1, np.nan, np.float32) for name, _, _ in SCORE_FIELDS}
                scores = none | score_pairs([source], [target], task, settings, recipe.execution)
                gates, bounds = getattr(recipe.score, task) or Bounds(), getattr(recipe.filter, task)
                [what], [margin] = verdict(scores, task, gates)
                if what not in (KEPT, UNKNOWN):  # unknown: it went on to the models
                    if getattr(bounds, what) is not None:  # which lies within the gate
                        [margin] = shortfall(what, task, bounds, scores)
                    known = {name: float(scores[name][0]) for name in none if not np.isnan(scores[name][0])}
                    yield {
                        "pair_id": text_id(group["context_id"], task, source, target),
                        "context_id": group["context_id"],
                        "domain": group["domain"],
                        "task": task,
                        "source": source,
                        "target": target,
                        "verdict": str(what),
                        "margin": float(margin),
                        "duplicate_of": None,
                        **known,
                    }


def _pairs(texts: Sequence[str], one: str, other: str) -> Iterator[tuple[str, str]]:
    """Distinct sentences, one holding each text, the longer one first."""
    for a in (text for text in texts if one in text.lower()):
        for b in (text for text in texts if other in text.lower() and text != a):
            yield (a, b) if len(a) >= len(b) else (b, a)
