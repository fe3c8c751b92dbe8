"""A run's ledger copied once into a DuckDB database of its own.

A run has thousands of small shards, and opening each of them for each answer takes seconds; one table takes
milliseconds, and lies on disk, so that it may be larger than memory.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .. import ledger
from ..recipe import CRITICS, CriticName, Recipe, load
from ..records import SCORE_FIELDS
from ..report.task import weaker
from ..score import as_scores
from ..verdict import DUPLICATE, KEPT, UNKNOWN, Scores

if TYPE_CHECKING:
    import duckdb  # not at the top: what holds its types until Python ends has it complain of leaks

VERDICTS = (KEPT, DUPLICATE, UNKNOWN, *CRITICS)  # a verdict's place here is its code
Codes = NDArray[np.int8]
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Same:
    """Sentences `a` and `b` that entail each other, and the weaker p(entailment), (n,) each."""

    a: Ids
    b: Ids
    strength: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TaskRows:
    """The pairs of one task as columns, (n,) each, in the order of the ledger.

    `row` is the rowid in the table, `before` the code of the run's verdict. `source` and `target` number the
    sentences of a context: equal numbers are equal sentences of one context. `distinct` holds each pair's
    last row: a context that was drawn twice gives its pairs twice.
    """

    task: str
    row: Ids
    scores: Scores
    before: Codes
    source: Ids
    target: Ids
    same: Same
    distinct: Ids

    def varying(self) -> dict[CriticName, NDArray[np.float32]]:
        """The critics whose scores differ, and one number a pair: of a directed score the weaker one."""
        found = {critic: weaker(critic, self.task, self.scores) for critic in CRITICS}
        return {c: s for c, s in found.items() if not np.isnan(s).all() and np.nanmin(s) < np.nanmax(s)}


@dataclass(frozen=True, slots=True)
class Index:
    """A run, ready for questions. `database` has the tables `ledger` and `groups`; use a cursor a thread."""

    run: Path
    recipe: Recipe
    database: "duckdb.DuckDBPyConnection"
    tasks: Mapping[str, TaskRows]
    domains: tuple[str, ...]
    stopped: Counter[str]

    def rows(self, query: str, given: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of an answer, as dicts."""
        cursor = self.database.cursor().execute(query, dict(given or {}))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextmanager
def open_index(run: Path) -> Iterator[Index]:
    """Copy a run's finished shards; the copy is gone afterwards. Raises StoreError, RecipeError."""
    import duckdb

    shards = {stage: ledger.some_shards(run, stage) for stage in ("filter", "generate", "score")}
    files = {stage: [str(shard.path) for shard in found] for stage, found in shards.items()}
    recipe = load(run / "recipe.toml")
    stopped: Counter[str] = Counter()
    for shard in shards["score"]:
        stopped.update(shard.counts)
    with (
        tempfile.TemporaryDirectory(prefix="impossible-explore-") as folder,
        duckdb.connect(str(Path(folder) / "ledger.duckdb")) as database,
    ):
        _copy(database, files)
        same, ids = _sentences(database, files["score"], recipe.score.equivalence)
        tasks = {task: _task(database, task, same, ids) for task, _ in recipe.filter.tasks()}
        domains = database.execute("SELECT DISTINCT domain FROM ledger ORDER BY domain").fetchall()
        yield Index(run, recipe, database, tasks, tuple(domain for (domain,) in domains), stopped)


def _copy(database: "duckdb.DuckDBPyConnection", files: Mapping[str, list[str]]) -> None:
    """Tables `ledger` and `groups`; a critic with two directions gets a column of the weaker one."""
    directed = {name.removesuffix("_forward") for name, _, _ in SCORE_FIELDS if name.endswith("_forward")}
    both = ", ".join(
        f"CASE task WHEN 'paraphrase' THEN least({c}_forward, {c}_backward) ELSE {c}_forward END AS {c}"
        for c in CRITICS
        if c in directed
    )
    database.execute(
        f"CREATE TABLE ledger AS SELECT * EXCLUDE filename, parse_filename(filename, true) AS shard, "
        f"lower(source) || chr(10) || lower(target) AS texts, {both} "
        "FROM read_parquet($files, filename = true, union_by_name = true)",
        {"files": files["filter"]},
    )
    database.execute(
        "CREATE TABLE groups AS SELECT * FROM read_parquet($files)", {"files": files["generate"]}
    )


_PAIR_KEYS = "hash({shard}, context_id, source) AS a, hash({shard}, context_id, target) AS b"


def _sentences(
    database: "duckdb.DuckDBPyConnection", files: list[str], equivalence: float
) -> tuple[Same, tuple[Ids, Ids]]:
    """Who says the same, and for each row of the ledger the numbers of its two sentences."""
    pairs = database.execute(
        f"SELECT {_PAIR_KEYS.format(shard='shard')} FROM ledger ORDER BY rowid"
    ).fetchnumpy()
    same = database.execute(
        f"SELECT {_PAIR_KEYS.format(shard='parse_filename(filename, true)')}, "
        "least(entailment_forward, entailment_backward) AS strength "
        "FROM read_parquet($files, filename = true, union_by_name = true) "
        "WHERE entailment_forward >= $low::FLOAT AND entailment_backward >= $low::FLOAT",
        {"files": files, "low": equivalence},
    ).fetchnumpy()
    keys = [pairs["a"], pairs["b"], same["a"], same["b"]]
    numbers = np.unique(np.concatenate(keys), return_inverse=True)[1].astype(np.int64)
    source, target, a, b = np.split(numbers, np.cumsum([len(column) for column in keys])[:-1])
    return Same(a, b, np.asarray(same["strength"], np.float32)), (source, target)


def _task(database: "duckdb.DuckDBPyConnection", task: str, same: Same, ids: tuple[Ids, Ids]) -> TaskRows:
    names = ", ".join(name for name, _, _ in SCORE_FIELDS)
    table: pa.Table = database.sql(
        f"SELECT rowid AS row, list_position($verdicts, verdict) - 1 AS code, {names} "
        "FROM ledger WHERE task = $task ORDER BY rowid",
        params={"verdicts": list(VERDICTS), "task": task},
    ).to_arrow_table()
    row = table["row"].to_numpy().astype(np.int64)
    return TaskRows(
        task=task,
        row=row,
        scores=as_scores(table),
        before=table["code"].to_numpy().astype(np.int8),
        source=ids[0][row],
        target=ids[1][row],
        same=same,
        distinct=_distinct(database, task, row),
    )


def _distinct(database: "duckdb.DuckDBPyConnection", task: str, row: Ids) -> Ids:
    """Each pair's last row, in the order of their first ones."""
    twice = database.execute(
        "SELECT list(rowid ORDER BY rowid) FROM ledger WHERE task = $task "
        "GROUP BY pair_id HAVING count(*) > 1",
        {"task": task},
    ).fetchall()
    last = np.arange(len(row))
    for (rows,) in twice:
        first, *others = np.searchsorted(row, rows).tolist()
        last[first] = others[-1]
        last[others] = -1
    return last[last >= 0]
