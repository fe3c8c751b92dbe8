"""Checksums of the files of a folder, kept in it: damage is found before a file is used."""

import hashlib
import json
from functools import cache
from pathlib import Path

SUMS = ".sums.json"
_Stamp = tuple[str, int, int]  # a file: path, size, time of the last change


def write_sums(folder: Path) -> None:
    """Write the checksums of all files of a folder into it."""
    sums = {str(path.relative_to(folder)): _sum(path) for path in _files(folder)}
    (folder / SUMS).write_text(json.dumps(sums, indent=1), encoding="utf-8")


def damaged(folder: Path) -> str:
    """The first file that is missing, or is not as it was written; "" if there is none."""
    sums = read_sums(folder)
    stamps = tuple((name, *_stamp(folder / name)) for name in sums)
    return _first_damaged(folder, tuple(sums.values()), stamps)


def read_sums(folder: Path) -> dict[str, str]:
    """File → checksum; empty if there are none."""
    try:
        sums = json.loads((folder / SUMS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return sums if isinstance(sums, dict) else {}


@cache
def _first_damaged(folder: Path, sums: tuple[str, ...], stamps: tuple[_Stamp, ...]) -> str:
    """Read the files only once a process, unless one has changed since."""
    for (name, size, _), wanted in zip(stamps, sums, strict=True):
        if size < 0 or _sum(folder / name) != wanted:
            return name
    return ""


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return -1, 0
    return found.st_size, found.st_mtime_ns


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
