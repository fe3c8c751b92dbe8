"""Read pairs from the dataset of a run, or from a .jsonl, .csv or .parquet file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..errors import DataError
from . import dataset
from .tabular import read_rows


def pair_table(paths: Sequence[Path]) -> pa.Table:
    """The concatenated pairs of runs and files, with their stored types. Raises StoreError, DataError."""
    if missing := [path for path in paths if not path.exists()]:
        raise DataError(
            f"{missing[0]} does not exist; give a run, or a .jsonl, .csv or .parquet file of pairs"
        )
    return pa.concat_tables(map(_table, paths), promote_options="permissive")


def _table(path: Path) -> pa.Table:
    if path.is_dir() or path.suffix == ".parquet":
        return dataset.read(path)
    return pa.Table.from_pylist(read_rows(path))


def pair_rows(path: Path) -> list[dict[str, Any]]:
    """The pairs of a run or a file as dicts; rows may differ in columns. Raises StoreError, DataError."""
    return dataset.read(path).to_pylist() if path.is_dir() else read_rows(path)


def check_texts(rows: Sequence[Mapping[str, Any]], source: str, target: str, path: Path) -> None:
    """Raise DataError unless each row has a string in both columns."""
    for number, row in enumerate(rows, 1):
        for column in (source, target):
            if not isinstance(row.get(column), str):
                raise DataError(
                    f"{path}, row {number}: no text in {column!r}; columns are {', '.join(map(str, row))} "
                    "(choose with --source and --target)"
                )
