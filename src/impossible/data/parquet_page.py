"""Headers of a Parquet file's pages, which say how large each is: structs in Thrift's compact protocol."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import DataError

DICTIONARY = 2  # kind of a page
_DELTA = 7  # DELTA_BYTE_ARRAY: a text is the beginning of the one before it, and more
_DEEPEST = 8
_BOOLEANS, _INTEGERS, _BINARY, _STRUCT = {1, 2}, {4, 5, 6}, 8, 12  # Thrift's types
_SIZES = {3: 1, 7: 8}  # type → bytes: a byte, a double


@dataclass(frozen=True, slots=True)
class Page:
    """A page: kind, start of its data, bytes packed and unpacked, values, whether texts may repeat."""

    kind: int
    start: int
    packed: int
    unpacked: int
    values: int
    is_delta: bool


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
        """The integers and structs of a struct, by field."""
        if depth > _DEEPEST:
            raise LookupError(depth)
        found: dict[int, Any] = {}
        field = 0
        while mark := self._byte():
            field = field + (mark >> 4) if mark >> 4 else self._integer()
            kind = mark & 15
            if kind in _INTEGERS:
                found[field] = self._integer()
            elif kind == _STRUCT:
                found[field] = self.struct(depth + 1)
            elif kind == _BINARY:
                self._file.seek(self._varint(), 1)
            elif kind not in _BOOLEANS:
                self._file.seek(_SIZES[kind], 1)
        return found

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
