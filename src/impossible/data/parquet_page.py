"""A Parquet file's column chunks and pages, and how large each is: structs in Thrift's compact protocol.

pyarrow reads them too, but ends the process, without an exception, where a chunk's statistics are damaged.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import DataError

DICTIONARY = 2  # kind of a page
_DELTA = 7  # DELTA_BYTE_ARRAY: a text is the beginning of the one before it, and more
_DEEPEST = 8
_BOOLEANS, _INTEGERS, _BINARY, _LIST, _STRUCT = {1, 2}, {4, 5, 6}, 8, 9, 12  # Thrift's types
_SIZES = {1: 1, 2: 1, 3: 1, 7: 8}  # type → bytes: booleans of a list, a byte, a double


_TEXT = 6  # BYTE_ARRAY, a physical type
_CODECS = ("uncompressed", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4_raw")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A column's part of a row group: the column, start and bytes of its pages, codec, whether it is text."""

    column: int
    start: int
    length: int
    codec: str
    is_text: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page: kind, start of its data, bytes packed and unpacked, values, whether texts may repeat."""

    kind: int
    start: int
    packed: int
    unpacked: int
    values: int
    is_delta: bool


def chunks(file: BinaryIO, path: Path) -> Iterator[Chunk]:
    """Yield the column chunks of a file, as its footer lists them. Raises DataError."""
    file.seek(-8, 2)
    size = int.from_bytes(file.read(4), "little")
    file.seek(-8 - size, 2)
    try:
        for group in _Header(file).struct()[4]:
            for number, column in enumerate(group[1]):
                held = column[3]
                starts = [held[field] for field in (9, 11) if held.get(field)]  # data, dictionary
                start = min(starts, default=0)  # without rows a column has no pages
                yield Chunk(number, start, held[7], _CODECS[held[4]], held[1] == _TEXT)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise DataError(f"{path} is not a readable Parquet file: its footer is damaged") from error


def pages(file: BinaryIO, path: Path, start: int, length: int) -> Iterator[Page]:
    """Yield the pages of a column chunk of `length` bytes. Raises DataError if a header cannot be read."""
    at, end = start, start + length
    while at < end:
        file.seek(at)
        try:
            fields = _Header(file).struct()
            kind, unpacked, packed = (fields[field] for field in (1, 2, 3))
            data, encoding = (fields[5], 2) if 5 in fields else (fields.get(8, {}), 4)  # version 1 or 2
            page = Page(kind, file.tell(), packed, unpacked, data.get(1, 0), data.get(encoding) == _DELTA)
        except (LookupError, TypeError, AttributeError) as error:
            raise DataError(f"{path} is not a readable Parquet file: a page has no header") from error
        sizes = (page.packed, page.unpacked, page.values)
        if not all(isinstance(size, int) for size in sizes):  # a struct in the place of a number
            raise DataError(f"{path} is not a readable Parquet file: a page without its size")
        if min(sizes) < 0:
            raise DataError(f"{path} is not a readable Parquet file: a page of negative size")
        yield page
        at = page.start + page.packed


class _Header:
    """Thrift, read where a file stands. Methods raise LookupError at its end, or for an unknown type."""

    def __init__(self, file: BinaryIO):
        self._file = file

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """The integers, structs and lists of a struct, by field."""
        if depth > _DEEPEST:
            raise LookupError(depth)
        found: dict[int, Any] = {}
        field = 0
        while mark := self._byte():
            field = field + (mark >> 4) if mark >> 4 else self._integer()
            kind = mark & 15
            if kind not in _BOOLEANS:
                found[field] = self._value(kind, depth)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        if kind in _INTEGERS:
            return self._integer()
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind == _LIST:
            mark = self._byte()
            size = mark >> 4 if mark >> 4 < 15 else self._varint()
            return [self._value(mark & 15, depth + 1) for _ in range(size)]
        self._file.seek(self._varint() if kind == _BINARY else _SIZES[kind], 1)
        return None

    def _byte(self) -> int:
        return self._file.read(1)[0]

    def _varint(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 128:
            value |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise LookupError(shift)
        return value | byte << shift

    def _integer(self) -> int:
        value = self._varint()
        return value >> 1 ^ -(value & 1)
