"""Parquet files that unpack to far more than their size are refused; those of any writer are read."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impossible.data import dataset, parquet, store
from impossible.data.parquet_page import pages
from impossible.data.tables import read_rows
from impossible.errors import DataError, StoreError

MIB = 2**20
LONG = "x" * (2 * MIB)


def again_and_again() -> pa.DictionaryArray:
    """A long text, named a thousand times by its number in the dictionary."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), pa.array([LONG]))


def _page(path: Path) -> None:
    """One text that repeats itself: zstd makes a ten-thousandth of it."""
    pq.write_table(pa.table({"text": ["x" * (20 * MIB)]}), path, compression="zstd", use_dictionary=False)


def _dictionary(path: Path) -> None:
    table = pa.table({"text": again_and_again()})
    pq.write_table(table, path, compression="zstd", dictionary_pagesize_limit=64 * MIB)


def _prefixes(path: Path) -> None:
    """Each text is the one before it and nothing more, by the encoding DELTA_BYTE_ARRAY."""
    encoding: dict[str, Any] = {"use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY"}}
    pq.write_table(pa.table({"text": [LONG] * 20}), path, compression="zstd", **encoding)


def _list(path: Path) -> None:
    """One row: a list that names the long text."""
    table = pa.table({"text": pa.ListArray.from_arrays([0, 1000], again_and_again())})
    pq.write_table(table, path, compression="zstd", dictionary_pagesize_limit=64 * MIB)


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that small bombs reach."""
    for name, limit in {"_FREE": 16 * MIB, "_AT_ONCE": 4 * MIB, "_ONE_ROW": 64 * MIB}.items():
        monkeypatch.setattr(parquet, name, limit)


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("make", [_page, _dictionary, _prefixes, _list], ids=lambda f: f.__name__[1:])
def test_a_small_file_that_unpacks_to_much_is_refused(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    make(path)
    assert path.stat().st_size < 16 * MIB / 300
    most = pa.total_allocated_bytes() + 40 * MIB
    with pytest.raises(DataError, match="unpacks to over 300 times its size"):
        read_rows(path)
    with pytest.raises(StoreError, match="unpacks to over 300 times its size"):
        dataset.read(path)
    assert pa.total_allocated_bytes() < most


@pytest.mark.usefixtures("strict")
def test_a_shard_that_is_a_bomb_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "shard.parquet"
    store.write_shard(path, pa.table({"text": ["x" * (20 * MIB)]}), "f")
    assert store.finished(path, "f") is None
    shard = store.read_shard(path)
    assert shard is not None
    with pytest.raises(StoreError, match="unpacks to over 300"):
        shard.check_size()


ROWS = {
    "text": ["Ein Satz.", None, "", "ü" * 90_000] * 25,
    "n": list(range(100)),
    "l": [[{"a": "x", "b": [0.5]}], []] * 50,
}
WRITERS: list[dict[str, Any]] = [
    {"compression": codec, "data_page_version": version, "data_page_size": 2000, "row_group_size": 40}
    for codec in ("none", "snappy", "gzip", "zstd", "lz4", "brotli")
    for version in ("1.0", "2.0")
] + [{"use_dictionary": False, "write_page_checksum": True}]


@pytest.mark.parametrize("how", WRITERS, ids=str)
def test_files_of_any_writer_are_read(how: dict[str, Any], tmp_path: Path) -> None:
    table = pa.table(ROWS)
    pq.write_table(table, tmp_path / "a.parquet", **how)
    assert parquet.read(tmp_path / "a.parquet").equals(table)
    assert parquet.read(tmp_path / "a.parquet", ["n"]).equals(table.select(["n"]))
    assert read_rows(tmp_path / "a.parquet") == table.to_pylist()


def test_files_of_duckdb_empty_ones_and_dictionaries_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    duckdb.sql("SELECT range AS n, 'text ' || range % 7 AS text FROM range(50_000)").write_parquet(str(path))
    assert parquet.read(path)["n"].to_pylist() == list(range(50_000))
    pq.write_table(pa.table({"text": pa.array([], pa.string()), "n": pa.array([], pa.int8())}), path)
    assert parquet.read(path, ["text"]).schema.names == ["text"]
    pq.write_table(pa.table({"text": pa.array(["a", "b", "a"]).dictionary_encode()}), path)
    assert parquet.read(path)["text"].to_pylist() == ["a", "b", "a"]


def test_a_page_whose_size_is_a_struct_is_refused(tmp_path: Path) -> None:
    # Thrift's compact protocol: fields 1 and 3 are integers, field 2 an empty struct
    path = tmp_path / "page"
    path.write_bytes(bytes([0x15, 0, 0x1C, 0, 0x15, 2, 0]))
    with path.open("rb") as file, pytest.raises(DataError, match="a page without its size"):
        list(pages(file, path, 0, 8))


def test_a_table_without_rows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "empty.parquet"
    pq.write_table(pa.table({"text": pa.array([], pa.string())}).slice(0, 0), path)
    with pq.ParquetWriter(path, pa.schema([("text", pa.string())])) as writer:
        writer.write_table(pa.table({"text": pa.array([], pa.string())}), row_group_size=1)
    assert parquet.read(path).num_rows == 0


DAMAGED = """
import sys
from pathlib import Path
from impossible.data import parquet
from impossible.errors import DataError
import pyarrow as pa
path = Path(sys.argv[1])
good = path.read_bytes()
start = len(good) - 8 - int.from_bytes(good[-8:-4], "little")
for at in range(start, len(good) - 8):
    for flip in (1, 2, 16):
        path.write_bytes(good[:at] + bytes([good[at] ^ flip]) + good[at + 1 :])
        try:
            parquet.read(path)
        except (DataError, OSError, ValueError, pa.ArrowException):
            pass
print("alive")
"""


def test_no_damage_of_a_footer_ends_the_process(tmp_path: Path) -> None:
    path = tmp_path / "shard.parquet"
    pq.write_table(pa.table({"text": ["a text", None], "scores": [[0.5], []], "n": [1, 2]}), path)
    command = [sys.executable, "-c", DAMAGED, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and done.stdout == "alive\n", done.stderr[-2000:]
