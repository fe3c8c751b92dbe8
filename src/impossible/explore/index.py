"""A run's ledger, read once: into a DuckDB table, and into NumPy columns for fast queries.

A run has thousands of small shards, and opening all of them for each request takes seconds. Filters, orders
and sliders over millions of pairs use NumPy columns, about 120 bytes per pair. Texts are stored once per
sentence: a context has far fewer sentences than pairs. The table, on disk, has the rest.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..data.run_folder import RunFolder
from ..data.schema import SCORE_FIELDS
from ..filtering.cascade import as_scores
from ..filtering.duplicates import Graph, Ids
from ..filtering.verdict import VERDICTS, Codes, Scores, weaker
from ..recipe.critic_table import CRITICS
from ..recipe.critics import CriticName
from ..recipe.recipe import Recipe

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class TaskRows:
    """The pairs of one task as columns, (n,) each, in the order of the ledger.

    `row` is the rowid in the table, `pair` the pair_id as a number, `before` the code of the run's verdict,
    `domain` the index into `Index.domains`. `distinct` holds each pair's last row: a context drawn twice has
    its pairs twice.
    """

    task: str
    row: Ids
    pair: NDArray[np.uint64]
    domain: NDArray[np.int32]
    margin: NDArray[np.float32]
    scores: Scores
    before: Codes
    graph: Graph
    distinct: Ids

    def varying(self) -> dict[CriticName, NDArray[np.float32]]:
        """The critics with varying scores → one score per pair; the weaker direction of a directed score."""
        found = {critic: weaker(critic, self.task, self.scores) for critic in CRITICS}
        return {c: s for c, s in found.items() if not np.isnan(s).all() and np.nanmin(s) < np.nanmax(s)}

    def score(self, name: str) -> NDArray[np.float32]:
        """A critic's scores (the weaker direction of a directed one), or `margin`."""
        return self.margin if name == "margin" else weaker(name, self.task, self.scores)

    def shown(self, some: Ids, texts: pa.StringArray) -> list[dict[str, Any]]:
        """Pairs for a list: id, sentences, verdict and all scores, None for a missing score."""
        few = {name: column[some] for name, column in self.scores.items()}
        found: dict[str, list[Any]] = {
            "pair_id": [f"{pair:016x}" for pair in self.pair[some].tolist()],
            "source": texts.take(pa.array(self.graph.source[some])).to_pylist(),
            "target": texts.take(pa.array(self.graph.target[some])).to_pylist(),
            "verdict": [VERDICTS[code] for code in self.before[some].tolist()],
            "margin": _or_none(self.margin[some]),
            **{critic: _or_none(weaker(critic, self.task, few)) for critic in CRITICS},
        }
        return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]


def _or_none(column: NDArray[np.float32]) -> list[float | None]:
    return [None if np.isnan(x) else x for x in column.tolist()]


@dataclass(frozen=True, slots=True)
class Index:
    """A run, indexed. `database` has the tables `ledger` and `groups`; use one cursor per thread.

    `texts` holds the sentences by number, `lower` the same in lower case.
    """

    run: Path
    recipe: Recipe
    database: "duckdb.DuckDBPyConnection"
    tasks: Mapping[str, TaskRows]
    texts: pa.StringArray
    lower: pa.StringArray
    domains: tuple[str, ...]
    stopped: Counter[str]

    def rows(self, query: str, given: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run a query; return its rows as dicts."""
        cursor = self.database.cursor().execute(query, dict(given or {}))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextmanager
def open_index(run: Path) -> Iterator[Index]:
    """Index a run's finished shards; the index is deleted on exit. Raises StoreError, RecipeError."""
    import duckdb

    source = RunFolder(run)
    files = {stage: source.files(stage) for stage in ("filter", "generate", "score")}
    recipe = source.recipe()
    stopped: Counter[str] = Counter()
    for shard in source.some_shards("score"):
        stopped.update(shard.counts)
    with (
        tempfile.TemporaryDirectory(prefix="impossible-explore-") as folder,
        duckdb.connect(str(Path(folder) / "ledger.duckdb")) as database,
    ):
        _copy(database, files)
        graph, keys = _sentences(database, files["score"], recipe.score.equivalence)
        found = database.execute("SELECT DISTINCT domain FROM ledger ORDER BY domain").fetchall()
        domains = tuple(domain for (domain,) in found)
        tasks = {task: _task(database, task, domains, graph) for task, _ in recipe.filter.tasks()}
        texts = _texts(database, keys)
        yield Index(run, recipe, database, tasks, texts, pc.utf8_lower(texts), domains, stopped)


def _copy(database: "duckdb.DuckDBPyConnection", files: Mapping[str, list[str]]) -> None:
    """Create the tables `ledger` and `groups`."""
    database.execute(
        "CREATE TABLE ledger AS SELECT * EXCLUDE filename, parse_filename(filename, true) AS shard "
        "FROM read_parquet($files, filename = true, union_by_name = true)",
        {"files": files["filter"]},
    )
    database.execute(
        "CREATE TABLE groups AS SELECT * FROM read_parquet($files)", {"files": files["generate"]}
    )


_PAIR_KEYS = "hash({shard}, context_id, source) AS a, hash({shard}, context_id, target) AS b"


def _sentences(
    database: "duckdb.DuckDBPyConnection", files: list[str], equivalence: float
) -> tuple[Graph, NDArray[np.uint64]]:
    """Build the entailment graph of all rows of the ledger; return it with the keys of its sentences."""
    pairs = database.execute(
        f"SELECT {_PAIR_KEYS.format(shard='shard')} FROM ledger ORDER BY rowid"
    ).fetchnumpy()
    same = database.execute(
        f"SELECT {_PAIR_KEYS.format(shard='parse_filename(filename, true)')}, "
        "least(entailment_forward, entailment_backward) AS strength, rouge_l AS overlap "
        "FROM read_parquet($files, filename = true, union_by_name = true) "
        "WHERE rouge_l IS NOT NULL OR least(entailment_forward, entailment_backward) >= $low::FLOAT",
        {"files": files, "low": equivalence},
    ).fetchnumpy()
    keys = [pairs["a"], pairs["b"], same["a"], same["b"]]
    distinct, inverse = np.unique(np.concatenate(keys), return_inverse=True)
    numbers = inverse.astype(np.int64)
    source, target, a, b = np.split(numbers, np.cumsum([len(column) for column in keys])[:-1])
    strength, overlap = (
        np.ma.filled(same[name], np.nan).astype(np.float32) for name in ("strength", "overlap")
    )
    return Graph(source, target, a, b, strength, overlap), distinct


def _texts(database: "duckdb.DuckDBPyConnection", keys: NDArray[np.uint64]) -> pa.StringArray:
    """The sentence of each key; "" for keys without a pair in the ledger."""
    sides = [
        f"SELECT hash(shard, context_id, {side}) AS key, {side} AS text FROM ledger"
        for side in ("source", "target")
    ]
    table: pa.Table = database.sql(
        f"SELECT key, any_value(text) AS text FROM ({' UNION ALL '.join(sides)}) GROUP BY key"
    ).to_arrow_table()
    place = np.full(len(keys), -1)
    place[np.searchsorted(keys, table["key"].to_numpy())] = np.arange(table.num_rows)
    known = table["text"].combine_chunks().take(pa.array(place, mask=place < 0))
    return pc.fill_null(known, "")


def _task(
    database: "duckdb.DuckDBPyConnection",
    task: str,
    domains: Sequence[str],
    graph: Graph,
) -> TaskRows:
    columns = database.sql("SELECT * FROM ledger LIMIT 0").columns  # an older run lacks newer critics
    names = ", ".join(name for name, _, _ in SCORE_FIELDS if name in columns)
    table: pa.Table = database.sql(
        "SELECT rowid AS row, ('0x' || pair_id)::UBIGINT AS pair, list_position($domains, domain) - 1 AS "
        f"domain, margin, list_position($verdicts, verdict) - 1 AS code, {names} "
        "FROM ledger WHERE task = $task ORDER BY rowid",
        params={"verdicts": list(VERDICTS), "domains": list(domains), "task": task},
    ).to_arrow_table()
    row = table["row"].to_numpy().astype(np.int64)
    return TaskRows(
        task=task,
        row=row,
        pair=table["pair"].to_numpy(),
        domain=table["domain"].to_numpy().astype(np.int32),
        margin=table["margin"].to_numpy().astype(np.float32),
        scores=as_scores(table),
        before=table["code"].to_numpy().astype(np.int8),
        graph=graph.of(row),
        distinct=_distinct(database, task, row),
    )


def _distinct(database: "duckdb.DuckDBPyConnection", task: str, row: Ids) -> Ids:
    """The last row of each pair, in the order of the first rows."""
    repeated = database.execute(
        "SELECT list(rowid ORDER BY rowid) FROM ledger WHERE task = $task "
        "GROUP BY pair_id HAVING count(*) > 1",
        {"task": task},
    ).fetchall()
    last = np.arange(len(row))
    for (rows,) in repeated:
        first, *others = np.searchsorted(row, rows).tolist()
        last[first] = others[-1]
        last[others] = -1
    return last[last >= 0]
