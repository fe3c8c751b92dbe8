"""Open a file that the user names: a regular one, whose lines and unpacked size are those of a text."""

import gzip
import io
from pathlib import Path
from typing import BinaryIO, cast

from ..errors import DataError

_BUFFER = 2**20  # bytes
_LONGEST_LINE = 2**27  # bytes
# Text shrinks to a tenth, a table that repeats itself to a hundredth; gzip's limit is a thousandth.
_MOST_TIMES = 300
_FREE = 2**26  # bytes unpacked before the ratio counts


def check_regular(path: Path) -> None:
    """Raise DataError for a pipe or a device, which may never end."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise DataError(f"{path} is a pipe or a device; save its content in a file and give that")


def open_text(path: Path) -> BinaryIO:
    """Open a regular file, unpacked if its name ends in .gz.

    Raises OSError, and DataError for a pipe or a device; while reading, DataError for a line of over 128 MiB,
    and for a .gz that unpacks to over 300 times its size.
    """
    check_regular(path)
    return io.BufferedReader(_Checked(path), _BUFFER)


class _Checked(io.RawIOBase):
    """The bytes of a file, unpacked, with the checks of `open_text`."""

    def __init__(self, path: Path):
        gzipped = path.suffix.lower() == ".gz"
        self._path = path
        self._file = cast(BinaryIO, gzip.GzipFile(path)) if gzipped else path.open("rb")
        self._most = max(_FREE, _MOST_TIMES * path.stat().st_size) if gzipped else None
        self._total = self._line = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._line = 0
        self._total = self._file.seek(offset, whence)
        return self._total

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._total += len(data)
        if self._most is not None and self._total > self._most:
            raise DataError(
                f"{self._path} unpacks to over {_MOST_TIMES} times its size, so it holds no text; "
                "if it does, unpack it first"
            )
        end = data.rfind(b"\n")
        self._line = self._line + len(data) if end < 0 else len(data) - end
        if self._line > _LONGEST_LINE:
            raise DataError(
                f"{self._path} has a line of over {_LONGEST_LINE // 2**20} MiB, so it holds no text"
            )
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
