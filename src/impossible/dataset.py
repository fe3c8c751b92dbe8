"""Ledgers → dataset: the kept pairs of all shards, exact repeats across contexts once; and its export."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .errors import DataError, StoreError
from .records import DATASET
from .verdict import KEPT

FILE = "pairs.parquet"


def assemble(ledger: pa.Table, groups: pa.Table) -> pa.Table:
    """The kept pairs, schema DATASET, task after task."""
    kept = ledger.filter(pc.equal(ledger["verdict"], KEPT))
    # a task after the other, each in the order of contexts: how they were cut into shards does not show
    order = sorted(range(kept.num_rows), key=kept["task"].to_pylist().__getitem__)
    kept = kept.take(pa.array(order, pa.int64()))
    texts = dict(zip(groups["context_id"].to_pylist(), groups["context"].to_pylist(), strict=True))
    context = pa.array([texts[c] for c in kept["context_id"].to_pylist()], pa.string())
    table = kept.append_column("context", context).select(DATASET.names).cast(DATASET)
    seen: set[tuple[str, str, str]] = set()
    first = []
    for key in zip(*(table[c].to_pylist() for c in ("task", "source", "target")), strict=True):
        first.append(key not in seen)
        seen.add(key)
    return table.filter(pa.array(first, pa.bool_()))


def write(table: pa.Table, folder: Path) -> None:
    """Write a dataset folder; the same rows give the same bytes."""
    pq.write_table(table, folder / FILE, compression="zstd")


def read(run: Path) -> pa.Table:
    """The dataset of a run's latest round, or a Parquet file of pairs. Raises StoreError."""
    found = sorted(run.glob(f"round-*/dataset/{FILE}")) if run.is_dir() else [run]
    if not found or not found[-1].exists():
        raise StoreError(f"{run} holds no dataset; finish it with: impossible run RECIPE --out {run}")
    try:
        return pq.read_table(found[-1])
    except (OSError, pa.ArrowInvalid) as error:
        raise StoreError(f"{found[-1]} cannot be read ({error}); remove it and run again") from error


def export(table: pa.Table, path: Path) -> int:
    """Write pairs as .jsonl, .csv or .parquet; returns the number of rows. Raises DataError, StoreError."""
    rows = table.to_pylist()
    try:
        match path.suffix:
            case ".jsonl":
                with path.open("w", encoding="utf-8") as file:
                    file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            case ".csv":
                with path.open("w", encoding="utf-8", newline="") as file:
                    writer = csv.DictWriter(file, table.column_names)
                    writer.writeheader()
                    writer.writerows(rows)
            case ".parquet":
                pq.write_table(table, path)
            case _:
                raise DataError(f"cannot export to {path}: the name must end in .jsonl, .csv or .parquet")
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}; choose another file") from error
    return len(rows)
