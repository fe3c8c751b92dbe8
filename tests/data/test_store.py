import errno
import json
import math
import os
from pathlib import Path

import pyarrow as pa
import pytest

from impossible.data import store
from impossible.data.run_folder import RunFolder
from impossible.errors import StoreError

TABLE = pa.table({"a": [1, 2, 3], "b": ["x", None, "ü"]})


def test_a_shard_comes_back_as_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "00000.parquet"
    written = store.write_shard(path, TABLE, "f1", {"kept": 2})
    found = store.finished(path, "f1")
    assert found == written
    assert found.counts == {"kept": 2} and found.rows == 3
    assert found.table().equals(TABLE)


def test_a_shard_made_for_something_else_is_not_finished(tmp_path: Path) -> None:
    store.write_shard(tmp_path / "s", TABLE, "f1")
    assert store.finished(tmp_path / "s", "f2") is None


def test_equal_rows_give_equal_bytes(tmp_path: Path) -> None:
    for name in "ab":
        store.write_shard(tmp_path / name, TABLE, "f")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_checksum_ignores_chunks_but_not_values_or_types() -> None:
    chunked = pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1)])
    assert store.checksum(chunked) == store.checksum(TABLE)
    assert store.checksum(TABLE.slice(0, 2)) != store.checksum(TABLE)
    other = TABLE.set_column(0, "a", pa.array([1, 2, 3], pa.int32()))
    assert store.checksum(other) != store.checksum(TABLE)


@pytest.mark.parametrize("position", [4, 60, -2])
def test_damage_is_noticed(tmp_path: Path, position: int) -> None:
    path = tmp_path / "s"
    store.write_shard(path, TABLE, "f")
    data = bytearray(path.read_bytes())
    data[position] ^= 0xFF
    path.write_bytes(data)
    assert store.finished(path, "f") is None


def test_a_truncated_shard_is_not_finished(tmp_path: Path) -> None:
    path = tmp_path / "s"
    store.write_shard(path, TABLE, "f")
    path.write_bytes(path.read_bytes()[:-20])
    assert store.finished(path, "f") is None


def test_a_full_disk_leaves_the_old_shard_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s"
    store.write_shard(path, TABLE, "old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="disk is full; free space and run again"):
        store.write_shard(path, TABLE, "new")
    assert store.finished(path, "old") is not None
    assert [p.name for p in tmp_path.iterdir()] == ["s"]


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    for content in ("one", "two"):
        store.make_folder(folder, content, lambda new, text=content: (new / "file").write_text(text))
    assert (folder / "file").read_text() == "two"
    assert store.folder_fingerprint(folder) == "two"
    assert [p.name for p in tmp_path.iterdir()] == ["d"]


def test_a_folder_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    store.make_folder(tmp_path / "d", "one", lambda new: (new / "file").write_text("one"))

    def fail(new: Path) -> None:
        (new / "half").write_text("")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StoreError):
        store.make_folder(tmp_path / "d", "two", fail)
    assert store.folder_fingerprint(tmp_path / "d") == "one"


def test_two_processes_cannot_hold_one_run(tmp_path: Path) -> None:
    with store.hold(tmp_path), pytest.raises(StoreError, match=f"pid {os.getpid()}"), store.hold(tmp_path):
        pass
    with store.hold(tmp_path):
        pass


def test_sweep_takes_what_killed_writers_left(tmp_path: Path) -> None:
    (tmp_path / "round-0" / ".dataset-x1").mkdir(parents=True)
    (tmp_path / "round-0" / ".00000.parquet.123.part").write_text("half")
    (tmp_path / "round-0" / "00000.parquet").write_text("whole")
    RunFolder(tmp_path).sweep()
    assert [p.name for p in (tmp_path / "round-0").iterdir()] == ["00000.parquet"]


def test_a_journal_cut_short_keeps_its_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    store.append_line(path, {"a": 1})
    with path.open("a") as file:
        file.write('{"a": 2')
    assert store.read_lines(path) == [{"a": 1}]


def test_lines_are_written_whole(tmp_path: Path) -> None:
    rows = [{"a": "é"}, {"a": 2}]
    store.write_lines(tmp_path / "rows.jsonl", rows)
    assert store.read_lines(tmp_path / "rows.jsonl") == rows
    assert (tmp_path / "rows.jsonl").read_text(encoding="utf-8") == '{"a": "é"}\n{"a": 2}\n'


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, [math.nan], {"inner": math.inf}])
def test_no_line_has_a_number_that_json_does_not_know(tmp_path: Path, value: object) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    store.write_lines(tmp_path / "lines.jsonl", [{"a": value}])
    store.append_line(tmp_path / "lines.jsonl", {"a": value})
    lines = (tmp_path / "lines.jsonl").read_text().splitlines()
    assert len(lines) == 2 and lines[0] == lines[1]
    json.loads(lines[0], parse_constant=refuse)


def test_a_power_cut_undoes_no_line_and_no_new_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is flushed to disk: the journal and the folder that names it; the folder above each new one."""
    flushed: list[int] = []
    fsync = os.fsync

    def recorded(number: int) -> None:
        flushed.append(os.fstat(number).st_ino)
        fsync(number)

    monkeypatch.setattr(os, "fsync", recorded)
    store.append_line(tmp_path / "journal.jsonl", {"a": 1})
    assert flushed == [(tmp_path / "journal.jsonl").stat().st_ino, tmp_path.stat().st_ino]
    store.write_text(tmp_path / "new" / "deep" / "file", "x")
    store.make_folder(tmp_path / "other" / "made", "f", lambda new: (new / "file").touch())
    above = [tmp_path, tmp_path / "new", tmp_path / "new/deep", tmp_path / "other"]
    assert {path.stat().st_ino for path in above} <= set(flushed[2:])
