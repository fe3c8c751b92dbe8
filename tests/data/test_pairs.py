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
    other = pa.table(
        {
            **{name: [f"{text}!"] for name, text in PAIR.items()},
            "rouge_l": pa.array([0.5], "f4"),
            "more": [{"a": 1}],
        }
    )
    pq.write_table(other, tmp_path / "b.parquet")
    (tmp_path / "c.jsonl").write_text(json.dumps(PAIR) + "\n")
    found = pair_table([run_of(tmp_path / "run"), tmp_path / "b.parquet", tmp_path / "c.jsonl"])
    assert found["source"].to_pylist() == ["a b", "a b!", "a b"]
    assert found.schema.field("rouge_l").type == pa.float32()
    with pytest.raises(DataError, match="none.csv does not exist; give a run"):
        pair_table([tmp_path / "c.jsonl", tmp_path / "none.csv"])


def test_training_needs_only_its_own_columns(tmp_path: Path) -> None:
    rows = [
        {**PAIR, "id": 1, "rouge_l": "0.5", "anchored": "True"},
        {**PAIR, "id": "two", "rouge_l": "high", "context_id": 7},
    ]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = pair_table([tmp_path / "p.jsonl"])
    assert set(found.column_names) == {"task", "source", "target", "context_id", "rouge_l", "anchored"}
    assert found["anchored"].to_pylist() == [True, None]
    assert found["rouge_l"].to_pylist() == [0.5, None]
    assert found["context_id"].to_pylist() == [None, "7"]


@pytest.mark.parametrize("name", ["p.jsonl", "p.parquet"])
def test_a_number_in_place_of_a_text_is_named(tmp_path: Path, name: str) -> None:
    if name == "p.jsonl":
        (tmp_path / name).write_text(json.dumps({**PAIR, "target": 5}))
    else:
        pq.write_table(pa.Table.from_pylist([{**PAIR, "target": 5}]), tmp_path / name)
    with pytest.raises(DataError, match=f"{name}, row 1: no text in 'target'"):
        pair_table([tmp_path / name])


def test_rows_keep_the_columns_that_each_has(tmp_path: Path) -> None:
    assert pair_rows(run_of(tmp_path / "run")) == [PAIR | {"round": 0}]
    rows = [{"source": "a", "target": "b"}, {**PAIR, "more": 1}]
    (tmp_path / "c.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert pair_rows(tmp_path / "c.jsonl") == rows


def test_a_row_without_a_text_is_named() -> None:
    check_texts([PAIR], Path("p.csv"))
    with pytest.raises(
        DataError, match=r"p.csv, row 2: no text in 'target'; columns are source, target \(hint"
    ):
        check_texts([PAIR, {"source": "a", "target": None}], Path("p.csv"), ("source", "target"), " (hint)")
