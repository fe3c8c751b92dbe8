"""Ledgers → dataset: the kept pairs of all shards without repeats, and their export.

Two pairs are repeats if their sentences are equal after `sentences.normalised`, which ignores case and
commas.
"""

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import DataError, StoreError
from ..recipe.base import TASKS
from ..text.sentences import normalised
from . import parquet
from .run_folder import DATASET_FILE, RunFolder
from .schema import DATASET, DUPLICATE, KEPT, LEDGER
from .store import completed
from .tables import ending, write_rows, write_table
from .template_cap import Cap, Templates

Part = tuple[pa.Table, pa.Table]  # rows of the ledger, and the groups of their contexts
_ROW_GROUP = 16_384
_LEFT_OUT = "left out by the template cap"  # metadata of the file: JSON, task → pairs
_ROUND = pa.field("round", pa.int32(), metadata={"description": "0: the teacher's pair; else a student's"})


class Seen:
    """The pairs seen so far, as 16-byte digests in a set."""

    def __init__(self) -> None:
        self._digests: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._digests)

    def new(self, pairs: pa.Table) -> pa.Table:
        """Return the rows whose (source, target) is new, and record them as seen."""
        first = []
        for source, target in zip(pairs["source"].to_pylist(), pairs["target"].to_pylist(), strict=True):
            key = f"{normalised(source)}\x1f{normalised(target)}"
            digest = blake2b(key.encode(), digest_size=16).digest()
            first.append(digest not in self._digests)
            self._digests.add(digest)
        return pairs.filter(pa.array(first, pa.bool_()))


def kept(ledger: pa.Table, task: str) -> pa.Table:
    """The kept rows of one task in a ledger."""
    return ledger.filter(pc.and_(pc.equal(ledger["task"], task), pc.equal(ledger["verdict"], KEPT)))


def duplicates(ledgers: Iterable[pa.Table]) -> pa.Table:
    """The pairs that all critics accept but a better duplicate replaces, without repeats.

    Has schema DATASET without the context.
    """
    rows = completed((t.filter(pc.equal(t["verdict"], DUPLICATE)) for t in ledgers), LEDGER)
    return distinct([rows.select([name for name in DATASET.names if name != "context"])])


def caps(ledgers: Callable[[], Iterable[pa.Table]], share: float | None) -> dict[str, Cap]:
    """Task → the template cap of its kept pairs, for `filter.template_share`; empty without a share."""
    if share is None:
        return {}
    seen, templates = {task: Seen() for task in TASKS}, {task: Templates() for task in TASKS}
    for ledger in ledgers():
        for task in TASKS:
            templates[task].add(seen[task].new(kept(ledger, task)))
    return {task: templates[task].cap(share) for task in TASKS}


def stream(parts: Callable[[], Iterable[Part]], caps: Mapping[str, Cap] | None = None) -> Iterator[pa.Table]:
    """Yield the kept pairs of all parts without repeats, under the caps of `caps`, schema DATASET.

    Memory holds one part and the digests of seen pairs. Rows are ordered by task, then by context, so that
    the result is independent of the shard size.
    """
    for task in TASKS:
        seen, templates = Seen(), Templates()
        for ledger, groups in parts():
            pairs = seen.new(kept(completed([ledger], LEDGER), task))
            if caps:
                pairs = templates.first(pairs, caps[task].limit)
            texts = dict(zip(groups["context_id"].to_pylist(), groups["context"].to_pylist(), strict=True))
            context = pa.array([texts[c] for c in pairs["context_id"].to_pylist()], pa.string())
            yield pairs.append_column("context", context).select(DATASET.names).cast(DATASET)


def assemble(ledger: pa.Table, groups: pa.Table) -> pa.Table:
    """The kept pairs of one ledger, schema DATASET."""
    return pa.concat_tables(stream(lambda: [(ledger, groups)]))


def capped(pairs: pa.Table, share: float | None) -> pa.Table:
    """The pairs under the template cap of each task; all of them without a share."""
    tasks = []
    for task in TASKS:
        templates, own = Templates(), pairs.filter(pc.equal(pairs["task"], task))
        if share is not None:
            templates.add(own)
            own = Templates().first(own, templates.cap(share).limit)
        tasks.append(own)
    return pa.concat_tables(tasks)


def write(table: pa.Table, folder: Path) -> None:
    """Write a dataset folder; equal rows give equal bytes."""
    write_stream([table], folder)


def write_stream(tables: Iterable[pa.Table], folder: Path, caps: Mapping[str, Cap] | None = None) -> None:
    """As `write`, with one row group in memory; the bytes do not depend on how rows are split into tables.

    The file also records how many pairs the caps left out; `left_out` reads it.
    """
    with pq.ParquetWriter(folder / DATASET_FILE, DATASET, compression="zstd") as writer:
        held, rows = [DATASET.empty_table()], 0
        for table in tables:
            held.append(table.cast(DATASET))
            rows += table.num_rows
            while rows > _ROW_GROUP:
                whole = pa.concat_tables(held)
                writer.write_table(whole.slice(0, _ROW_GROUP).combine_chunks(), _ROW_GROUP)
                held, rows = [whole.slice(_ROW_GROUP)], rows - _ROW_GROUP
        writer.write_table(pa.concat_tables(held).combine_chunks(), _ROW_GROUP)
        if caps:
            writer.add_key_value_metadata(
                {_LEFT_OUT: json.dumps({task: cap.left_out for task, cap in caps.items()})}
            )


def left_out(file: Path) -> dict[str, int]:
    """Task → the pairs that the template cap left out of a dataset file; empty without a cap."""
    found: dict[str, int] = json.loads((pq.read_metadata(file).metadata or {}).get(_LEFT_OUT.encode(), "{}"))
    return found


def read(run: Path) -> pa.Table:
    """Read the dataset of a run, or a Parquet file of pairs as it is. Raises StoreError.

    The dataset of a run has the pairs of all rounds; `round` is the first round that has the pair.
    """
    if run.is_file():
        if ending(run) != ".parquet":
            raise StoreError(f"{run} is neither a run folder nor a .parquet file of pairs")
        return _read(run)
    folder = RunFolder(run)
    rounds = [number for number in folder.round_numbers() if folder.dataset_file(number).exists()]
    if not rounds:
        raise StoreError(f"{run} has no dataset; finish the run: impossible run RECIPE --out {run}")
    return distinct(_of_round(folder, number) for number in rounds)


def _of_round(folder: RunFolder, number: int) -> pa.Table:
    table = _read(folder.dataset_file(number))
    return table.append_column(_ROUND, pa.array([number] * table.num_rows, pa.int32()))


def _read(file: Path) -> pa.Table:
    try:
        table = parquet.read(file).replace_schema_metadata()
    except (OSError, pa.ArrowInvalid, DataError) as error:
        raise StoreError(f"{file} cannot be read ({error}); remove it and run again") from error
    if twice := {name for name in table.column_names if table.column_names.count(name) > 1}:
        raise StoreError(f"{file} has two columns {min(twice)!r}; rename or remove one")
    return table


def distinct(tables: Iterable[pa.Table]) -> pa.Table:
    """Concatenate tables of pairs; of repeats (task, source, target) keep the first."""
    table = pa.concat_tables(tables, promote_options="permissive")
    columns = (table[name].to_pylist() for name in ("task", "source", "target"))
    first: dict[tuple[str, ...], int] = {}
    for row, (task, source, target) in enumerate(zip(*columns, strict=True)):
        first.setdefault((task, normalised(source), normalised(target)), row)
    return table.take(pa.array(first.values(), pa.int64()))


def sample(file: Path, count: int, seed: int) -> tuple[list[dict[str, str]], int]:
    """Task, source and target of `count` random pairs, and the total number of pairs. Raises StoreError."""
    try:
        total = size(file)
        drawn = random.Random(seed).sample(range(total), min(count, total))
        rows = parquet.read(file, ["task", "source", "target"])
        return rows.take(pa.array(drawn, pa.int64())).to_pylist(), total
    except (OSError, pa.ArrowInvalid, DataError) as error:
        raise StoreError(f"{file} cannot be read ({error}); remove it and run again") from error


def export(table: pa.Table, path: Path) -> int:
    """Write pairs as a table of `data.tables`; returns the number of rows. Raises DataError, StoreError."""
    if ending(path) == ".parquet":
        write_table(path, table)
    else:
        # float32 has about 7 significant digits: without rounding 0.8 is written as 0.800000011920929
        rows = [
            {name: round(x, 6) if isinstance(x, float) else x for name, x in row.items()}
            for row in table.to_pylist()
        ]
        write_rows(path, rows, table.column_names)
    return int(table.num_rows)


def size(file: Path) -> int:
    """The number of pairs in a dataset file. Raises StoreError."""
    try:
        return int(pq.read_metadata(file).num_rows)
    except (OSError, pa.ArrowInvalid) as error:
        raise StoreError(f"{file} cannot be read ({error}); remove it and run again") from error
