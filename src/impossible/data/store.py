"""Fingerprints, checksums and atomic writes: runs can be resumed and damaged files are detected."""

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from ..errors import DataError, StoreError, first_line
from ..models.sums import damaged, write_sums
from ..text.escape import json_value
from ..text.mend import whole
from . import parquet

_FINGERPRINT, _CHECKSUM, _COUNTS = b"impossible.fingerprint", b"impossible.checksum", b"impossible.counts"

FINGERPRINT_FILE = ".fingerprint"
PART = re.compile(r"\..+\.\d+\.part")  # a file that is being written by a process


def fingerprint(*parts: str) -> str:
    """Hash of all that a shard or folder depends on: stage, version, settings, models, inputs."""
    return hashlib.blake2b("\x1e".join(parts).encode(), digest_size=16).hexdigest()


def checksum(table: pa.Table) -> str:
    """Hash of a table's content: column names, types and all values."""
    total = hashlib.blake2b(digest_size=16)

    class Sink:
        closed = False

        def write(self, data: Any) -> int:
            total.update(data)
            return len(data)

        def flush(self) -> None: ...

    bare = table.cast(pa.schema([_bare(field) for field in table.schema])).combine_chunks()
    for i, column in enumerate(bare.columns):
        if column.null_count and pa.types.is_floating(column.type):
            # the memory under a null is undefined: hash zeros and the null mask instead
            bare = bare.set_column(i, bare.field(i), pc.fill_null(column, 0.0))
            bare = bare.append_column(f"{bare.field(i).name} is null", column.is_null())
    bare = bare.combine_chunks()
    with pa.ipc.new_stream(pa.PythonFile(Sink(), mode="w"), bare.schema) as stream:
        stream.write_table(bare, max_chunksize=1 << 30)
    return total.hexdigest()


def _bare(field: pa.Field) -> pa.Field:
    """A field without metadata, nested fields included: Parquet adds its own IDs and names."""
    kind = field.type
    if pa.types.is_list(kind):
        kind = pa.list_(_bare(kind.value_field).with_name("item"))
    elif pa.types.is_struct(kind):
        kind = pa.struct([_bare(inner) for inner in kind])
    return pa.field(field.name, kind)


@dataclass(frozen=True, slots=True)
class Shard:
    """A finished shard: path, fingerprint, checksum of its content, funnel counts, number of rows."""

    path: Path
    fingerprint: str
    checksum: str
    counts: Mapping[str, int]
    rows: int

    def table(self) -> pa.Table:
        """Read the rows. Raises StoreError if the checksum differs."""
        with _store_errors(self.path):
            table = parquet.read(self.path)
        if checksum(table) != self.checksum:
            raise StoreError(f"shard {self.path} is damaged (checksum mismatch); run again to recreate it")
        return table

    def check_size(self) -> None:
        """Raise StoreError if the file unpacks to far more than its size; `table` checks it too."""
        with _store_errors(self.path):
            for _ in parquet.batches(self.path):
                pass


def read_shard(path: Path) -> Shard | None:
    """Read the footer of a shard; None if there is no complete shard at the path."""
    try:
        footer = pq.read_metadata(path)
        meta = footer.metadata or {}
        stamps = (meta[_FINGERPRINT].decode(), meta[_CHECKSUM].decode(), json.loads(meta[_COUNTS]))
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None
    return Shard(path, *stamps, footer.num_rows)


def finished(path: Path, wanted: str) -> Shard | None:
    """The shard at `path` if it has the `wanted` fingerprint and a valid checksum, else None."""
    shard = read_shard(path)
    if shard is None or shard.fingerprint != wanted:
        return None
    try:
        shard.table()
    except StoreError:
        return None
    return shard


def write_shard(
    path: Path, table: pa.Table, fingerprint: str, counts: Mapping[str, int] | None = None
) -> Shard:
    """Write a shard atomically: to a temporary file, fsync, rename.

    Raises StoreError if the disk is full or the folder cannot be written.
    """
    counts = dict(sorted((counts or {}).items()))
    total = checksum(table)
    meta = {_FINGERPRINT: fingerprint, _CHECKSUM: total, _COUNTS: json.dumps(counts)}
    stamped = table.replace_schema_metadata({**(table.schema.metadata or {}), **meta})
    with _store_errors(path), _atomic(path) as file:
        pq.write_table(stamped, file, compression="zstd", write_page_checksum=True)
    return Shard(path, fingerprint, total, counts, table.num_rows)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically; a lone surrogate becomes U+FFFD. Raises StoreError."""
    with replacing(path) as file:
        file.write(whole(text).encode())


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file written aside that replaces `path` once it is complete. Raises StoreError."""
    with _store_errors(path), _atomic(path) as file:
        yield file


@contextmanager
def _atomic(path: Path) -> Iterator[BinaryIO]:
    """A temporary file in the folder of `path` that replaces it once it is complete and flushed to disk."""
    path = path.resolve()  # of a link, the file it leads to
    _make_parents(path)
    if path.exists() and not path.is_file():  # a device or a pipe cannot be replaced
        with path.open("wb") as file:
            yield file
        return
    # one name per process: the file of a killed writer is overwritten or swept, never read
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _flush(path.parent)  # else a power cut may undo the renaming
    finally:
        temporary.unlink(missing_ok=True)


def _make_parents(path: Path) -> None:
    """Create the folders above a path that are missing; a power cut does not undo it."""
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        _flush(folder.parent)


def _flush(path: Path) -> None:
    """Flush a file or a folder to disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def make_folder(folder: Path, fingerprint: str, make: Callable[[Path], None]) -> None:
    """Create a folder under a temporary name and rename it once it is complete and flushed to disk.

    It also has its fingerprint and the checksums of its files. Raises StoreError.
    """
    with _store_errors(folder):
        _make_parents(folder)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
            new = Path(scratch) / "new"
            new.mkdir()
            make(new)
            (new / FINGERPRINT_FILE).write_text(fingerprint)
            write_sums(new)
            for path in (*new.rglob("*"), new):
                _flush(path)
            if folder.exists():
                folder.rename(Path(scratch) / "old")
            new.rename(folder)
            _flush(folder.parent)


def is_made(folder: Path, wanted: str, frozen: bool = False) -> bool:
    """Whether a folder is finished, has the `wanted` fingerprint, and all its files are whole.

    With `frozen` raises StoreError, saying what is wrong, instead of returning False.
    """
    found = folder_fingerprint(folder)
    wrong = "is missing" if found is None else "was made from other pairs, settings or models"
    if found == wanted:
        name = damaged(folder)
        wrong = f"is damaged: {name} is not as it was written" if name else ""
    if wrong and frozen:
        raise StoreError(f"{folder} {wrong}")
    return not wrong


def folder_fingerprint(folder: Path) -> str | None:
    """The fingerprint of a finished folder, or None."""
    return _read(folder / FINGERPRINT_FILE)


def sweep(folder: Path, made: Sequence[str]) -> None:
    """Remove what killed writers left: `.part` files, and temporary folders of `make_folder`.

    `made` are the names of folders that `make_folder` creates. A complete folder that was not yet renamed is
    moved to its place.
    """
    for part in folder.rglob(".*.part"):
        if PART.fullmatch(part.name):  # not a download of the user's
            part.unlink(missing_ok=True)
    for scratch in (path for name in made for path in folder.glob(f"*/.{name}-*")):
        place = scratch.with_name(scratch.name[1:].rpartition("-")[0])
        if (scratch / "new" / FINGERPRINT_FILE).exists() and not place.exists():
            (scratch / "new").rename(place)
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def hold(run: Path) -> Iterator[None]:
    """Lock a run folder for this process.

    Raises StoreError if another process holds the lock, with its pid, or if the folder cannot be written.
    """
    with _store_errors(run):
        run.mkdir(parents=True, exist_ok=True)
        lock = FileLock(run / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            holder = _read(run / ".holder") or "unknown"
            raise StoreError(
                f"run {run} is locked by another process (pid {holder}); wait for it, or give another --out"
            ) from None
        try:
            (run / ".holder").write_text(str(os.getpid()))
            yield
        finally:
            lock.release()


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a JSONL file atomically; NaN and infinity become null. Raises StoreError."""
    lines = (json.dumps(json_value(row), ensure_ascii=False, allow_nan=False) for row in rows)
    write_text(path, "".join(line + "\n" for line in lines))


def append_line(path: Path, row: Mapping[str, Any]) -> None:
    """Append a row to a JSONL journal and flush it to disk; end a last line that a full disk cut short.

    NaN and infinity become null. Raises StoreError.
    """
    new = not path.exists()
    with _store_errors(path), path.open("a+b") as file:
        file.seek(max(file.tell() - 1, 0))
        start = b"" if file.read() in (b"", b"\n") else b"\n"
        file.write(start + json.dumps(json_value(row), allow_nan=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
        if new:
            _flush(path.parent)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSONL journal; incomplete lines of a killed writer are skipped."""
    rows = []
    for line in (_read(path) or "").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            rows.append(row)
    return rows


def concatenate(shards: Sequence[Shard], schema: pa.Schema) -> pa.Table:
    """The rows of several shards, concatenated in order."""
    return completed((shard.table() for shard in shards), schema)


def completed(tables: Iterable[pa.Table], schema: pa.Schema) -> pa.Table:
    """The rows of several tables with all columns of a schema, without metadata.

    Missing columns become null: a run that is older than a critic lacks the columns of that critic.
    """
    plain = [table.replace_schema_metadata(None) for table in tables]
    return pa.concat_tables([schema.remove_metadata().empty_table(), *plain], promote_options="default")


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


_HINTS = {
    errno.ENOSPC: ": the disk is full; free space and run again",
    errno.EDQUOT: ": the quota is used up; free space and run again",
    errno.EACCES: ": no permission; choose another --out",
    errno.EROFS: ": the file system is read-only; choose another --out",
}


@contextmanager
def _store_errors(path: Path) -> Iterator[None]:
    """Convert errors of the system, of Arrow and about Parquet files to StoreError."""
    try:
        yield
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, "")
        raise StoreError(f"{error.filename or path}: {error.strerror or error}{hint}") from error
    except DataError as error:
        if type(error) is not DataError:  # a refusal to publish, not a damaged file
            raise
        raise StoreError(str(error)) from error
    except pa.ArrowException as error:
        raise StoreError(f"{path} is damaged ({first_line(error)}); run again to recreate it") from error
