"""Scores × bounds → ledger: what becomes of each scored pair. Runs no model."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .diversity import winners
from .recipe import Filter, TaskFilter
from .records import LEDGER, text_id
from .score import as_scores
from .verdict import DUPLICATE, KEPT, verdict


def filter_scores(scores: pa.Table, settings: Filter) -> tuple[pa.Table, Counter[str]]:
    """Decide on every scored pair of a shard; returns rows of LEDGER and the verdicts' counts."""
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
    lost_to: list[str | None] = [None] * len(ids)
    if bounds.duplicates is not None:
        strength = scores["entailment_forward"] + np.nan_to_num(scores["entailment_backward"])
        by_context: dict[str, list[int]] = {}
        for i in np.flatnonzero(what == KEPT).tolist():
            by_context.setdefault(contexts[i], []).append(i)
        for context, members in by_context.items():
            pairs = [(sources[i], targets[i]) for i in members]
            for i, best in zip(
                members, winners(pairs, strength[members], same.get(context, set())), strict=True
            ):
                if members[best] != i:
                    what[i], lost_to[i] = DUPLICATE, ids[members[best]]
    columns = {name: rows[name] for name in rows.column_names}
    columns |= {
        "pair_id": pa.array(ids, pa.string()),
        "verdict": pa.array(what.tolist(), pa.string()),
        "margin": pa.array(margin, from_pandas=True),
        "duplicate_of": pa.array(lost_to, pa.string()),
    }
    return pa.table({name: columns[name] for name in LEDGER.names}, schema=LEDGER.remove_metadata())
