"""Pairs of a run and of files, as a table and row by row."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impossible.data.pairs import check_texts, pair_rows, pair_table
from impossible.data.run_folder import RunFolder
from impossible.errors import DataError

PAIR = {"task": "summary", "source": "a b", "target": "a"}


def run_of(folder: Path) -> Path:
    file = RunFolder(folder).dataset_file()
    file.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([PAIR]), file)
    return folder


def test_runs_and_files_give_one_table_typed_as_they_lie(tmp_path: Path) -> None:
    other = pa.table({**{name: [f"{text}!"] for name, text in PAIR.items()}, "score": pa.array([0.5], "f4")})
    pq.write_table(other, tmp_path / "b.parquet")
    (tmp_path / "c.jsonl").write_text(json.dumps(PAIR) + "\n")
    found = pair_table([run_of(tmp_path / "run"), tmp_path / "b.parquet", tmp_path / "c.jsonl"])
    assert found["source"].to_pylist() == ["a b", "a b!", "a b"]
    assert found.schema.field("score").type == pa.float32()
    with pytest.raises(DataError, match="none.csv does not exist; give a run"):
        pair_table([tmp_path / "c.jsonl", tmp_path / "none.csv"])


def test_rows_keep_the_columns_that_each_has(tmp_path: Path) -> None:
    assert pair_rows(run_of(tmp_path / "run")) == [PAIR | {"round": 0}]
    rows = [{"source": "a", "target": "b"}, {**PAIR, "more": 1}]
    (tmp_path / "c.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert pair_rows(tmp_path / "c.jsonl") == rows


def test_a_row_without_a_text_is_named() -> None:
    check_texts([PAIR], "source", "target", Path("p.csv"))
    with pytest.raises(
        DataError, match=r"p.csv, row 2: no text in 'target'; columns are source, target \(ch"
    ):
        check_texts([PAIR, {"source": "a", "target": None}], "source", "target", Path("p.csv"))
