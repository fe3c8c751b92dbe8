"""Scores × bounds → ledger: what becomes of each scored pair. Runs no model."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..data.schema import DUPLICATE, KEPT, LEDGER, SCORES, text_id
from ..data.store import completed
from ..recipe.critics import Filter, TaskFilter
from .cascade import as_scores
from .duplicates import winners, winners_in_turn
from .verdict import Scores, verdict


def filter_scores(scores: pa.Table, settings: Filter) -> tuple[pa.Table, Counter[str]]:
    """Decide on every scored pair of a shard; returns rows of LEDGER and the verdicts' counts."""
    scores = completed([scores], SCORES)
    counts: Counter[str] = Counter()
    tables = [LEDGER.remove_metadata().empty_table()]
    for task, bounds in settings.tasks():
        rows = scores.filter(pc.equal(scores["task"], task))
        table = _decide(rows, task, bounds, _equivalent(scores, bounds))
        for what, n in Counter(table["verdict"].to_pylist()).items():
            counts[f"{task}: {what}"] += n
        tables.append(table)
    return pa.concat_tables(tables).cast(LEDGER), counts


def _equivalent(scores: pa.Table, bounds: TaskFilter) -> dict[str, set[tuple[str, str]]]:
    """Sentence pairs that entail each other, by context: whatever task they were scored for."""
    if bounds.duplicates is None:
        return {}
    s = as_scores(scores)
    both = np.minimum(s["entailment_forward"], s["entailment_backward"]) >= np.float32(bounds.duplicates)
    rows = scores.filter(pa.array(both)).select(["context_id", "source", "target"]).to_pylist()
    found: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row["context_id"], set()).add((row["source"], row["target"]))
    return found


def _decide(rows: pa.Table, task: str, bounds: TaskFilter, same: dict[str, set[tuple[str, str]]]) -> pa.Table:
    scores = as_scores(rows)
    what, margin = verdict(scores, task, bounds)
    contexts, sources, targets = (rows[c].to_pylist() for c in ("context_id", "source", "target"))
    ids = [text_id(c, task, s, t) for c, s, t in zip(contexts, sources, targets, strict=True)]
    best = np.arange(len(ids))
    if bounds.duplicates is not None:
        by_context: dict[str, list[int]] = {}
        for i in np.flatnonzero(_rivals(scores, task, bounds, what)).tolist():
            by_context.setdefault(contexts[i], []).append(i)
        strength, settle = _rule(bounds, scores)
        for context, members in by_context.items():
            pairs = [(sources[i], targets[i]) for i in members]
            won = settle(pairs, strength[members], same.get(context, set()))
            best[members] = np.array(members)[won]
    lost = (what == KEPT) & (best != np.arange(len(ids)))
    what[lost] = DUPLICATE
    columns = {name: rows[name] for name in rows.column_names}
    columns |= {
        "pair_id": pa.array(ids, pa.string()),
        "verdict": pa.array(what.tolist(), pa.string()),
        "margin": pa.array(margin, from_pandas=True),
        "duplicate_of": pa.array(
            [ids[b] if is_lost else None for b, is_lost in zip(best, lost, strict=True)], pa.string()
        ),
    }
    return pa.table({name: columns[name] for name in LEDGER.names}, schema=LEDGER.remove_metadata())


def _rivals(scores: Scores, task: str, bounds: TaskFilter, what: NDArray[np.object_]) -> NDArray[np.bool_]:
    """The pairs among which duplicates are looked for; rule `code` does so before two of the critics."""
    if bounds.duplicate_rule == "paper":
        return what == KEPT
    earlier = bounds.model_copy(update={"numbers": None, "rouge_l": None})
    return verdict(scores, task, earlier)[0] == KEPT


def _rule(bounds: TaskFilter, scores: Scores) -> tuple[NDArray[np.float32], Callable[..., list[int]]]:
    """What the best of a component has most of, and how the components are made."""
    if bounds.duplicate_rule == "paper":
        return scores["entailment_forward"] + np.nan_to_num(scores["entailment_backward"]), winners
    return -scores["entailment_backward"], winners_in_turn
