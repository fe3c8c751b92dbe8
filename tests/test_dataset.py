from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from datasets import load_dataset

from impossible import dataset
from impossible.errors import DataError, StoreError
from impossible.records import DATASET, GROUPS, LEDGER


def ledger(*rows: tuple[str, str, str, str]) -> pa.Table:
    full = [
        {
            **dict.fromkeys(LEDGER.names),
            "context_id": c,
            "task": "paraphrase",
            "source": s,
            "target": t,
            "verdict": v,
        }
        for c, s, t, v in rows
    ]
    return pa.Table.from_pylist(full, LEDGER)


GROUP_ROWS = pa.Table.from_pylist(
    [{**dict.fromkeys(GROUPS.names), "context_id": c, "context": f"Text of {c}."} for c in ("c1", "c2")],
    GROUPS,
)


def test_only_kept_pairs_once_with_their_context(tmp_path: Path) -> None:
    table = dataset.assemble(
        ledger(
            ("c1", "a", "b", "kept"),
            ("c1", "a", "c", "rouge_l"),
            ("c2", "a", "b", "kept"),
            ("c2", "d", "e", "kept"),
        ),
        GROUP_ROWS,
    )
    assert [(r["source"], r["target"], r["context"]) for r in table.to_pylist()] == [
        ("a", "b", "Text of c1."),
        ("d", "e", "Text of c2."),
    ]


def test_pandas_and_datasets_read_it_and_columns_are_documented(tmp_path: Path) -> None:
    table = dataset.assemble(ledger(("c1", "a", "b", "kept")), GROUP_ROWS)
    dataset.write(table, tmp_path)
    assert list(pd.read_parquet(tmp_path / dataset.FILE)["source"]) == ["a"]
    loaded = load_dataset(
        "parquet", data_files=str(tmp_path / "*.parquet"), cache_dir=str(tmp_path / "cache")
    )
    assert loaded["train"][0]["target"] == "b"
    assert all(field.metadata[b"description"] for field in DATASET)


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".parquet"])
def test_export_keeps_every_row(tmp_path: Path, ending: str) -> None:
    table = dataset.assemble(ledger(("c1", 'a "quoted", text', "b", "kept")), GROUP_ROWS)
    path = tmp_path / f"pairs{ending}"
    assert dataset.export(table, path) == 1
    read = {
        ".jsonl": lambda p: pd.read_json(p, lines=True),
        ".csv": pd.read_csv,
        ".parquet": pd.read_parquet,
    }[ending]
    assert list(read(path)["source"]) == ['a "quoted", text']


def test_unknown_ending_and_missing_dataset(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="must end in"):
        dataset.export(DATASET.empty_table(), tmp_path / "a.xlsx")
    with pytest.raises(StoreError, match="holds no dataset"):
        dataset.read(tmp_path)
