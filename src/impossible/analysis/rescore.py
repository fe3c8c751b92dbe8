"""Pairs that a critic without a model rejected: the ledger only counts them, so they are scored anew."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..critics import open_critics
from ..data.run_folder import RunFolder
from ..data.schema import text_id
from ..filtering.cascade import CHEAP, cascade, cheap, listed
from ..filtering.verdict import KEPT_CODE, UNKNOWN_CODE, VERDICTS, Judge
from ..recipe.critics import Bounds


def cheaply_rejected(
    run: Path, groups: Sequence[Mapping[str, Any]], one: str, other: str
) -> Iterator[dict[str, Any]]:
    """Rows as in the ledger for pairs of candidates, one holding each text, that a cheap critic rejects.

    `groups` are rows of GROUPS, the texts in lower case. The verdict is by the gates, since those are what
    dropped the pairs. Raises ModelError.
    """
    found = [(group, *pair) for group in groups for pair in _pairs(group, one, other)]
    if not found:
        return
    recipe = RunFolder(run).recipe()
    names = tuple(name for name in CHEAP if name in recipe.score.critics)
    critics = open_critics(recipe.score.model_copy(update={"critics": names}), recipe.execution)
    sources, targets = [source for _, source, _ in found], [target for *_, target in found]
    for task, bounds in recipe.filter.tasks():
        pairs, ask = listed(critics, sources, targets, task)
        cascade(pairs, cheap(critics), Bounds(), ask)  # without gates, so that each score is shown
        judge = Judge(task, pairs.scores)
        gates = getattr(recipe.score, task) or Bounds()
        codes = judge.verdict(gates)
        # how far from the bound, which lies within the gate; from the gate where there is no bound
        margin = judge.margin(gates.model_copy(update=dict(bounds.given())), codes)
        for i, (group, source, target) in enumerate(found):
            if codes[i] in (KEPT_CODE, UNKNOWN_CODE):  # unknown: it went on to the models
                continue
            yield {
                "pair_id": text_id(group["context_id"], task, source, target),
                "context_id": group["context_id"],
                "domain": group["domain"],
                "task": task,
                "source": source,
                "target": target,
                "verdict": VERDICTS[codes[i]],
                "margin": float(margin[i]),
                "duplicate_of": None,
                **{name: float(s[i]) for name, s in pairs.scores.items() if not np.isnan(s[i])},
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
