"""Pairs that a critic without a model rejected: the ledger only counts them, so they are scored anew."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..data.run_folder import RunFolder
from ..data.schema import KEPT, SCORE_FIELDS, UNKNOWN, text_id
from ..filtering.cascade import CHEAP
from ..filtering.score_pairs import score_pairs
from ..filtering.verdict import shortfall, verdict
from ..recipe.critic_table import CRITICS
from ..recipe.critics import Bounds


def cheaply_rejected(
    run: Path, groups: Sequence[Mapping[str, Any]], one: str, other: str
) -> Iterator[dict[str, Any]]:
    """Rows as in the ledger for pairs of candidates, one holding each text, that a cheap critic rejects.

    `groups` are rows of GROUPS, the texts in lower case. The verdict is by the gates, since those are what
    dropped the pairs. Raises ModelError.
    """
    recipe = RunFolder(run).recipe()
    critics = tuple(name for name in CRITICS if name in CHEAP and name in recipe.score.critics)
    settings = recipe.score.model_copy(update={"critics": critics})
    found = [(group, *pair) for group in groups for pair in _pairs(group, one, other)]
    sources, targets = [source for _, source, _ in found], [target for *_, target in found]
    for task, bounds in recipe.filter.tasks() if found else ():
        none = {name: np.full(len(found), np.nan, np.float32) for name, _, _ in SCORE_FIELDS}
        scores = none | score_pairs(sources, targets, task, settings, recipe.execution)
        what, margin = verdict(scores, task, getattr(recipe.score, task) or Bounds())
        for i, (group, source, target) in enumerate(found):
            if what[i] in (KEPT, UNKNOWN):  # unknown: it went on to the models
                continue
            if bounds.of(what[i]) is not None:  # which lies within the gate
                margin[i] = shortfall(what[i], task, bounds, scores)[i]
            yield {
                "pair_id": text_id(group["context_id"], task, source, target),
                "context_id": group["context_id"],
                "domain": group["domain"],
                "task": task,
                "source": source,
                "target": target,
                "verdict": str(what[i]),
                "margin": float(margin[i]),
                "duplicate_of": None,
                **{name: float(scores[name][i]) for name in none if not np.isnan(scores[name][i])},
            }


def _pairs(group: Mapping[str, Any], one: str, other: str) -> list[tuple[str, str]]:
    """Pairs of distinct sentences, one holding each text, the longer one first; each pair once."""
    texts = [candidate["text"] for candidate in group["candidates"]]
    pairs = [
        (a, b) if len(a) >= len(b) else (b, a)
        for a in texts
        if one in a.lower()
        for b in texts
        if other in b.lower() and a != b
    ]
    return list({frozenset(pair): pair for pair in pairs}.values())
