"""Read and write rows as JSONL, CSV and Parquet."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import DataError, StoreError, first_line
from .open_text import check_regular

_FORMATS = ".jsonl, .csv or .parquet"


def check_writable(path: Path) -> None:
    """Raise DataError unless the file name has a supported ending and its folder exists."""
    if path.suffix not in (".jsonl", ".csv", ".parquet"):
        raise DataError(f"cannot write {path}: the name must end in {_FORMATS}")
    if not path.parent.is_dir():
        raise DataError(f"cannot write {path}: {path.parent} is not a folder")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Check the path, and convert errors while it is written to DataError or StoreError."""
    check_writable(path)
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}; choose another file") from error


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> None:
    """Write rows as .jsonl, .csv or .parquet; the columns default to those of the first row.

    Raises DataError, StoreError.
    """
    with writing(path):
        match path.suffix:
            case ".jsonl":
                with path.open("w", encoding="utf-8") as file:
                    file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            case ".csv":
                with path.open("w", encoding="utf-8", newline="") as file:
                    writer = csv.DictWriter(file, columns or list(rows[0] if rows else []))
                    writer.writeheader()
                    writer.writerows(rows)
            case _:
                import pyarrow as pa
                import pyarrow.parquet as pq

                pq.write_table(pa.Table.from_pylist(list(rows)), path)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a .jsonl, .csv or .parquet file. Raises DataError."""
    check_regular(path)
    try:
        match path.suffix:
            case ".jsonl":
                with path.open(encoding="utf-8-sig") as lines:
                    rows = [json.loads(line) for line in lines if line.strip()]
            case ".csv":
                with path.open(encoding="utf-8-sig", newline="") as file:
                    rows = list(csv.DictReader(file))
            case ".parquet":
                import pyarrow.parquet as pq

                rows = pq.read_table(path).to_pylist()
            case _:
                raise DataError(f"{path}: the name must end in {_FORMATS}")
    except FileNotFoundError:
        raise DataError(f"{path} does not exist") from None
    except (OSError, ValueError, NotImplementedError, RecursionError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as pairs: {first_line(error)}") from error
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise DataError(f"{path} has no rows with named columns")
    return rows
