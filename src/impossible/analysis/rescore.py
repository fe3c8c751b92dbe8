"""Rescore pairs that a cheap critic rejected, since the ledger only counts them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..critics import open_critics
from ..data.run_folder import RunFolder
from ..data.schema import text_id
from ..filtering.cascade import CHEAP, cascade, cheap, listed
from ..filtering.verdict import KEPT_CODE, UNKNOWN_CODE, VERDICTS, Verdicts
from ..recipe.critics import Bounds


def cheaply_rejected(
    run: Path, groups: Sequence[Mapping[str, Any]], one: str, other: str
) -> Iterator[dict[str, Any]]:
    """Yield ledger rows of pairs with both texts, one in each sentence, that a cheap critic rejects.

    `groups` are rows of GROUPS; `one` and `other` are lower case. The verdict uses the gates, since they
    rejected the pairs in the run. Raises ModelError.
    """
    matches = [(group, *pair) for group in groups for pair in _pairs(group, one, other)]
    if not matches:
        return
    recipe = RunFolder(run).recipe()
    names = tuple(name for name in CHEAP if name in recipe.score.critics)
    critics = open_critics(recipe.score.model_copy(update={"critics": names}), recipe.execution)
    sources, targets = [source for _, source, _ in matches], [target for *_, target in matches]
    for task, bounds in recipe.filter.tasks():
        pairs, ask = listed(critics, sources, targets, task)
        cascade(pairs, cheap(critics), Bounds(), ask)  # without bounds, so that all scores are computed
        verdicts = Verdicts(task, pairs.scores)
        gates = getattr(recipe.score, task) or Bounds()
        codes = verdicts.verdict(gates)
        # the distance to the bound, or to the gate if there is no bound
        margin = verdicts.margin(gates.model_copy(update=dict(bounds.given())), codes)
        for i, (group, source, target) in enumerate(matches):
            if codes[i] in (
                KEPT_CODE,
                UNKNOWN_CODE,
            ):  # unknown: expensive critics scored it, so it is in the ledger
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
    """Distinct pairs with `one` in a sentence and `other` in the other; the longer sentence first."""
    texts = [candidate["text"] for candidate in group["candidates"]]
    pairs = [
        (a, b) if len(a) >= len(b) else (b, a)
        for a in texts
        if one in a.lower()
        for b in texts
        if other in b.lower() and a != b
    ]
    return list({frozenset(pair): pair for pair in pairs}.values())
