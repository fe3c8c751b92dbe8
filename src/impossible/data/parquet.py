"""Read a Parquet file that somebody else may have made: no small file may unpack to gigabytes.

What counts is the size of the pages, since a footer can lie, and of the rows, since a dictionary holds a long
text once for any number of rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import DataError
from .parquet_page import DICTIONARY, Chunk, Page, chunks, pages

# Tables of text shrink to a tenth, columns of few values to a hundredth.
_MOST_TIMES = 300
_FREE = 2**28  # bytes unpacked before the ratio counts
_AT_ONCE = 2**27  # bytes of rows in memory
_ONE_ROW = 2**31  # bytes of the lists of one row
_ROWS = 2**16


def batches(path: Path, columns: Sequence[str] | None = None, rows: int = _ROWS) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a file, at most `rows` at once, without dictionaries.

    Raises DataError for a file that unpacks to over 300 times its size; OSError and Arrow's errors.
    """
    most, total = _most(path), 0
    with pq.ParquetFile(path) as file:
        longest = _longest(path, file.metadata)
        names = None if columns is None else list(columns)
        for batch in file.iter_batches(max(1, min(rows, _AT_ONCE // longest)), columns=names):
            plain = batch.cast(pa.schema([_plain(field) for field in batch.schema], batch.schema.metadata))
            total += plain.nbytes
            if total > most:
                raise _bomb(path)
            yield plain


def read(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """All rows of a file; as `batches`."""
    found = list(batches(path, columns))
    if found:
        return pa.Table.from_batches(found)
    schema = pq.read_schema(path)
    return schema.empty_table() if columns is None else schema.empty_table().select(list(columns))


def _plain(field: pa.Field) -> pa.Field:
    return field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field


def _most(path: Path) -> int:
    return max(_FREE, _MOST_TIMES * path.stat().st_size)


def _bomb(path: Path) -> DataError:
    return DataError(f"{path} unpacks to over {_MOST_TIMES} times its size, so it holds no table of texts")


def _longest(path: Path, footer: pq.FileMetaData) -> int:
    """The most bytes that a value of any column may take, 8 at least. Raises DataError."""
    most, total, longest = _most(path), 0, 8
    with path.open("rb") as file:
        for chunk in chunks(file, path):
            held = _held(file, path, chunk, most - total)
            total += held.unpacked
            longest = max(longest, held.longest)
            repeated = footer.schema.column(chunk.column).max_repetition_level > 0
            if repeated and held.values * held.longest > max(_ONE_ROW, most):
                raise _bomb(path)
    return longest


@dataclass(slots=True)
class _Held:
    """What a column chunk holds: unpacked bytes of its pages, values, bytes of the longest."""

    unpacked: int = 0
    values: int = 0
    longest: int = 8


def _held(file: BinaryIO, path: Path, chunk: Chunk, most: int) -> _Held:
    found = _Held()
    for page in pages(file, path, chunk.start, chunk.length):
        found.unpacked += page.unpacked
        if found.unpacked > most:
            raise _bomb(path)
        if page.kind == DICTIONARY and chunk.is_text:
            found.longest = max(found.longest, _longest_text(file, page, chunk.codec))
        elif page.kind != DICTIONARY:
            found.values += page.values
            if page.is_delta:
                found.longest = max(found.longest, page.unpacked)
    return found


def _longest_text(file: BinaryIO, page: Page, codec: str) -> int:
    """The bytes of the longest text of a dictionary: each follows its length, 4 bytes."""
    file.seek(page.start)
    packed = file.read(page.packed)
    if codec != "uncompressed":
        try:
            packed = pa.Codec(codec).decompress(packed, page.unpacked, asbytes=True)
        except (OSError, ValueError):  # the older LZ4, LZO
            return page.unpacked
    at, longest = 0, 0
    while at + 4 <= len(packed):
        length = int.from_bytes(packed[at : at + 4], "little")
        longest = max(longest, length)
        at += 4 + length
    return longest
