"""Read pairs from the dataset of a run, or from a table of pairs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..errors import DataError
from . import dataset
from .schema import DATASET
from .tables import TABLES, Row, ending, read_rows

_TEXTS = ("task", "source", "target")
_NEEDED = " (needed: task, source and target)"


def pair_table(paths: Sequence[Path]) -> pa.Table:
    """The concatenated pairs of runs and tables: those of the columns of DATASET that they have.

    Raises StoreError; DataError if a row lacks its task or a text.
    """
    if missing := [path for path in paths if not path.exists()]:
        raise DataError(f"{missing[0]} does not exist; give a run, or a table of pairs: {TABLES}")
    return pa.concat_tables(map(_table, paths), promote_options="permissive")


def _table(path: Path) -> pa.Table:
    if path.is_dir():
        return dataset.read(path)
    if ending(path) == ".parquet":
        table = dataset.read(path)
        check_texts(
            table.select([n for n in _TEXTS if n in table.column_names]).to_pylist(), path, hint=_NEEDED
        )
        return table.select([name for name in table.column_names if name in DATASET.names])
    rows = read_rows(path)
    check_texts(rows, path, hint=_NEEDED)
    names = [name for name in DATASET.names if any(name in row for row in rows)]
    return pa.table({name: _column(rows, DATASET.field(name)) for name in names})


def _column(rows: Sequence[Row], field: pa.Field) -> pa.Array:
    """A column with the type of DATASET; null where a score is no number."""
    values = [row.get(field.name) for row in rows]
    if field.type == pa.string():
        return pa.array([None if value is None else str(value) for value in values], field.type)
    if field.type == pa.bool_():  # a CSV holds words
        return pa.array([{"true": True, "false": False}.get(str(v).lower()) for v in values], field.type)
    return pa.array([_number(value) for value in values], field.type)


def _number(value: object) -> float | None:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None


def pair_rows(path: Path) -> list[Row]:
    """The pairs of a run or a file as dicts; rows may differ in columns. Raises StoreError, DataError."""
    return dataset.read(path).to_pylist() if path.is_dir() else read_rows(path)


def check_texts(
    rows: Sequence[Mapping[str, Any]], path: Path, columns: Sequence[str] = _TEXTS, hint: str = ""
) -> None:
    """Raise DataError unless each row has a string in each of the columns."""
    for number, row in enumerate(rows, 1):
        for column in columns:
            if not isinstance(row.get(column), str):
                names = ", ".join(map(str, row))
                raise DataError(f"{path}, row {number}: no text in {column!r}; columns are {names}{hint}")
