"""Fingerprints, atomic shards and folders: what makes a run resumable, and its files trustworthy."""

import errno
import hashlib
import json
import os
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

from ..errors import StoreError, first_line

_FINGERPRINT, _CHECKSUM, _COUNTS = b"impossible.fingerprint", b"impossible.checksum", b"impossible.counts"


def fingerprint(*parts: str) -> str:
    """Hash of everything that a shard or folder depends on: stage, version, settings, models, inputs."""
    return hashlib.blake2b("\x1e".join(parts).encode(), digest_size=16).hexdigest()


def checksum(table: pa.Table) -> str:
    """Hash of a table's content: schema names and types, and every value."""
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
            # what lies in memory under a null is anybody's guess
            bare = bare.set_column(i, bare.field(i), pc.fill_null(column, 0.0))
            bare = bare.append_column(f"{bare.field(i).name} is null", column.is_null())
    bare = bare.combine_chunks()
    with pa.ipc.new_stream(pa.PythonFile(Sink(), mode="w"), bare.schema) as stream:
        stream.write_table(bare, max_chunksize=1 << 30)
    return total.hexdigest()


def _bare(field: pa.Field) -> pa.Field:
    """A field without its metadata, also inside: Parquet adds ids and names of its own."""
    kind = field.type
    if pa.types.is_list(kind):
        kind = pa.list_(_bare(kind.value_field).with_name("item"))
    elif pa.types.is_struct(kind):
        kind = pa.struct([_bare(inner) for inner in kind])
    return pa.field(field.name, kind)


@dataclass(frozen=True, slots=True)
class Shard:
    """A finished shard: where it lies, what it was made for, the hash of its content, and its counts."""

    path: Path
    fingerprint: str
    checksum: str
    counts: Mapping[str, int]
    rows: int

    def table(self) -> pa.Table:
        """Read the rows. Raises StoreError if they are not what was written."""
        with _mapped(self.path):
            table = pq.read_table(self.path)
        if checksum(table) != self.checksum:
            raise StoreError(
                f"shard {self.path} is damaged (its checksum does not fit); run again to make it anew"
            )
        return table


def read_shard(path: Path) -> Shard | None:
    """What the footer of a shard says, or None if there is no whole shard at that path."""
    try:
        footer = pq.read_metadata(path)
        meta = footer.metadata or {}
        said = (meta[_FINGERPRINT].decode(), meta[_CHECKSUM].decode(), json.loads(meta[_COUNTS]))
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None
    return Shard(path, *said, footer.num_rows)


def finished(path: Path, wanted: str) -> Shard | None:
    """The shard at `path` if it was made for this fingerprint and its content is whole."""
    shard = read_shard(path)
    if shard is None or shard.fingerprint != wanted:
        return None
    try:
        shard.table()
    except StoreError:
        return None
    return shard


def write_shard(path: Path, table: pa.Table, made_for: str, counts: Mapping[str, int] | None = None) -> Shard:
    """Write a shard aside, fsync it and rename it into place.

    Raises StoreError if the disk is full or the folder cannot be written.
    """
    counts = dict(sorted((counts or {}).items()))
    total = checksum(table)
    meta = {_FINGERPRINT: made_for, _CHECKSUM: total, _COUNTS: json.dumps(counts)}
    stamped = table.replace_schema_metadata({**(table.schema.metadata or {}), **meta})
    with _mapped(path), _aside(path) as file:
        pq.write_table(stamped, file, compression="zstd", write_page_checksum=True)
    return Shard(path, made_for, total, counts, table.num_rows)


def write_text(path: Path, text: str) -> None:
    """Write a small text file whole or not at all. Raises StoreError."""
    with _mapped(path), _aside(path) as file:
        file.write(text.encode())


@contextmanager
def _aside(path: Path) -> Iterator[BinaryIO]:
    """A file beside `path`, which takes its place when it is whole and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # one name a process: a killed writer's leaving is overwritten or swept, never read
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with aside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def make_folder(folder: Path, made_for: str, make: Callable[[Path], None]) -> None:
    """Make a folder aside and put it in place of the old one when it is whole. Raises StoreError."""
    with _mapped(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
            new = Path(scratch) / "new"
            new.mkdir()
            make(new)
            (new / ".fingerprint").write_text(made_for)
            if folder.exists():
                folder.rename(Path(scratch) / "old")
            new.rename(folder)


def folder_fingerprint(folder: Path) -> str | None:
    """What a finished folder was made for, or None."""
    return _read(folder / ".fingerprint")


def sweep(folder: Path, made: Sequence[str]) -> None:
    """Remove what killed writers left: `.part` files, and the scratch folders of those that are `made`.

    A folder that was whole and only not yet in its place is put there.
    """
    for left in folder.rglob(".*.part"):
        left.unlink(missing_ok=True)
    for left in (left for name in made for left in folder.glob(f"*/.{name}-*")):
        place = left.with_name(left.name[1:].rpartition("-")[0])
        if (left / "new" / ".fingerprint").exists() and not place.exists():
            (left / "new").rename(place)
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def hold(run: Path) -> Iterator[None]:
    """Hold a run's folder for this process.

    Raises StoreError, naming the holder, if another process holds it, or if it cannot be written.
    """
    with _mapped(run):
        run.mkdir(parents=True, exist_ok=True)
        lock = FileLock(run / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            holder = _read(run / ".holder") or "unknown"
            raise StoreError(
                f"run {run} is held by another process (pid {holder}); wait for it, or give another --out"
            ) from None
        try:
            (run / ".holder").write_text(str(os.getpid()))
            yield
        finally:
            lock.release()


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a JSONL file whole or not at all. Raises StoreError."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def append_line(path: Path, row: Mapping[str, Any]) -> None:
    """Append a row to a JSONL journal, on a line of its own whatever a full disk left of the last one."""
    with _mapped(path), path.open("a+b") as file:
        file.seek(max(file.tell() - 1, 0))
        start = b"" if file.read() in (b"", b"\n") else b"\n"
        file.write(start + json.dumps(row).encode() + b"\n")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The whole rows of a JSONL journal; a last line that a kill cut short is left out."""
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
    """All rows of several shards, in their order."""
    return completed((shard.table() for shard in shards), schema)


def completed(tables: Iterable[pa.Table], schema: pa.Schema) -> pa.Table:
    """All rows of several tables, with all columns of a schema, without metadata.

    A run that was made before a critic was added lacks its columns: null, as where a critic did not look.
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
def _mapped(path: Path) -> Iterator[None]:
    """Third-party and system errors about `path` as one StoreError."""
    try:
        yield
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, "")
        raise StoreError(f"{error.filename or path}: {error.strerror or error}{hint}") from error
    except pa.ArrowException as error:
        raise StoreError(f"{path} is damaged ({first_line(error)}); run again to make it anew") from error
