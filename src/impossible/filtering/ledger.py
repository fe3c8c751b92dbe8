"""Scores × bounds → ledger: the verdict of each scored pair, without a model."""

from collections import Counter

import numpy as np
import pyarrow as pa

from ..data.schema import LEDGER, SCORES, text_id
from ..data.store import completed
from ..recipe.critics import Bounds, Filter, Score, TaskFilter
from .cascade import as_scores
from .duplicates import Graph
from .fates import decide
from .verdict import DUPLICATE_CODE, VERDICTS, Verdicts


def filter_scores(
    scores: pa.Table, settings: Filter, gates: Score | None = None
) -> tuple[pa.Table, Counter[str]]:
    """Decide every scored pair of a shard; returns rows of LEDGER and the number of each verdict.

    With `gates`, bounds may be looser than the gates; a pair that only a gate rejects is then unknown.
    """
    scores = completed([scores], SCORES)
    graph, tasks = _graph(scores), scores["task"].to_numpy(zero_copy_only=False)
    counts: Counter[str] = Counter()
    tables = [LEDGER.remove_metadata().empty_table()]
    for task, bounds in settings.tasks():
        rows = np.flatnonzero(tasks == task)
        task_gates = (getattr(gates, task) or Bounds()) if gates else None
        table = _decide(scores.take(rows), graph.of(rows), task, bounds, task_gates)
        for verdict, n in Counter(table["verdict"].to_pylist()).items():
            counts[f"{task}: {verdict}"] += n
        tables.append(table)
    return pa.concat_tables(tables).cast(LEDGER), counts


def _graph(scores: pa.Table) -> Graph:
    """The entailment graph of a shard, with the edges of all tasks."""
    context = scores["context_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    sides = [chunk for side in ("source", "target") for chunk in scores[side].chunks]
    texts = pa.chunked_array(sides, pa.string()).combine_chunks().dictionary_encode()
    keys = np.tile(context, 2).astype(np.int64) * len(texts.dictionary) + texts.indices.to_numpy()
    source, target = np.split(np.unique(keys, return_inverse=True)[1].astype(np.int64), 2)
    columns = as_scores(scores)
    both = np.minimum(columns["entailment_forward"], columns["entailment_backward"])
    overlap = columns["rouge_l"]
    known = ~np.isnan(both) | ~np.isnan(overlap)
    return Graph(source, target, source[known], target[known], both[known], overlap[known])


def _decide(rows: pa.Table, graph: Graph, task: str, bounds: TaskFilter, gates: Bounds | None) -> pa.Table:
    verdicts = Verdicts(task, as_scores(rows))
    fates = decide(verdicts, graph, bounds, gates)
    texts = (rows[c].to_pylist() for c in ("context_id", "source", "target"))
    ids = [text_id(context, task, s, t) for context, s, t in zip(*texts, strict=True)]
    pair_id = pa.array(ids, pa.string())
    replaced_by = pa.array(fates.best, mask=fates.codes != DUPLICATE_CODE)
    columns = {name: rows[name] for name in rows.column_names}
    columns |= {
        "pair_id": pair_id,
        "verdict": pa.array(VERDICTS, pa.string()).take(pa.array(fates.codes)),
        "margin": pa.array(verdicts.margin(fates.inside, fates.codes), from_pandas=True),
        "duplicate_of": pair_id.take(replaced_by),
    }
    return pa.table({name: columns[name] for name in LEDGER.names}, schema=LEDGER.remove_metadata())
