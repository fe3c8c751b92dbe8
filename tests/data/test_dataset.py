from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from datasets import load_dataset

from impossible.data import dataset
from impossible.data.run_folder import DATASET_FILE
from impossible.data.schema import DATASET, GROUPS, LEDGER
from impossible.errors import DataError, StoreError


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


def test_a_ledger_of_before_a_critic_was_added_has_nulls_for_it() -> None:
    old = ledger(("c1", "a", "b", "kept")).drop_columns(["personal_data"])
    table = dataset.assemble(old, GROUP_ROWS)
    assert table.schema.names == DATASET.names and table["personal_data"].to_pylist() == [None]


def test_duplicates_are_the_pairs_that_only_lost_to_another() -> None:
    found = dataset.duplicates(
        [
            ledger(("c1", "a", "b", "kept"), ("c1", "a", "c", "duplicate")),
            ledger(("c2", "a", "c", "duplicate")),
        ]
    )
    assert [(r["source"], r["target"]) for r in found.to_pylist()] == [("a", "c")]
    assert dataset.duplicates([]).num_rows == 0


def test_neither_shards_nor_tables_show_in_the_file(tmp_path: Path) -> None:
    count = 20_000  # more than a row group
    rows = [("c1" if i % 3 else "c2", str(i % 19_000), "b", "kept") for i in range(count)]
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir(), other.mkdir()
    whole = dataset.assemble(ledger(*rows), GROUP_ROWS)
    assert whole.num_rows == 19_000
    dataset.write(whole, one)
    parts = [(ledger(*rows[i : i + 999]), GROUP_ROWS) for i in range(0, count, 999)]
    dataset.write_stream(dataset.stream(lambda: parts), other)
    assert (one / DATASET_FILE).read_bytes() == (other / DATASET_FILE).read_bytes()
    drawn, total = dataset.sample(one / DATASET_FILE, 3, seed=1)
    assert total == 19_000 and len({row["source"] for row in drawn}) == 3


def test_pandas_and_datasets_read_it_and_columns_are_documented(tmp_path: Path) -> None:
    table = dataset.assemble(ledger(("c1", "a", "b", "kept")), GROUP_ROWS)
    dataset.write(table, tmp_path)
    assert list(pd.read_parquet(tmp_path / DATASET_FILE)["source"]) == ["a"]
    loaded = load_dataset(
        "parquet", data_files=str(tmp_path / "*.parquet"), cache_dir=str(tmp_path / "cache")
    )
    assert loaded["train"][0]["target"] == "b"
    assert all(field.metadata[b"description"] for field in DATASET)


def test_a_pair_in_another_spelling_is_a_repeat_and_a_question_is_none() -> None:
    rows = [("c1", "Well, a b.", "C d.", "kept"), ("c2", "well a b", "c d!", "kept")]
    found = dataset.assemble(ledger(*rows, ("c2", "Well a b?", "C d.", "kept")), GROUP_ROWS)
    assert found["source"].to_pylist() == ["Well, a b.", "Well a b?"]
    assert dataset.distinct([found, found]).num_rows == 2


def test_the_dataset_of_a_run_is_that_of_all_rounds_repeats_once(tmp_path: Path) -> None:
    pairs = {0: [("a", "b"), ("c", "d")], 2: [("c", "d"), ("e", "f")], 10: [("g", "h")]}
    for number, of_round in pairs.items():
        folder = tmp_path / f"round-{number}" / "dataset"
        folder.mkdir(parents=True)
        rows = [("c1", source, target, "kept") for source, target in of_round]
        dataset.write(dataset.assemble(ledger(*rows), GROUP_ROWS), folder)
    (tmp_path / "round-0.old" / "dataset").mkdir(parents=True)
    (tmp_path / "round-0.old" / "dataset" / DATASET_FILE).write_text("of no run")
    found = dataset.read(tmp_path)
    assert [(r["round"], r["source"], r["target"]) for r in found.to_pylist()] == [
        (0, "a", "b"), (0, "c", "d"), (2, "e", "f"), (10, "g", "h"),
    ]  # fmt: skip
    assert found.schema.names == [*DATASET.names, "round"]
    assert all(field.metadata[b"description"] for field in found.schema)
    assert dataset.read(tmp_path / "round-2" / "dataset" / DATASET_FILE).num_rows == 2


def test_no_template_has_more_than_its_share_whatever_the_shards(tmp_path: Path) -> None:
    talk = [("c1", f"I'm not sure how to fix {i}.", "I do not know how.", "kept") for i in range(30)]
    news = [("c2", f"Police arrested {i} men in Leeds.", f"{i} were held.", "kept") for i in range(95)]
    rows = [*talk, *talk[:3], ("c2", "d", "e", "rouge_l"), *news]
    sizes, written = (7, 1000), []
    for size in sizes:
        parts = [(ledger(*rows[i : i + size]), GROUP_ROWS) for i in range(0, len(rows), size)]
        caps = dataset.caps(lambda parts=parts: [part for part, _ in parts], 0.05)
        folder = tmp_path / str(size)
        folder.mkdir()
        dataset.write_stream(dataset.stream(lambda parts=parts: parts, caps), folder, caps)
        written.append((folder / DATASET_FILE).read_bytes())
        assert dataset.left_out(folder / DATASET_FILE) == {"paraphrase": 25, "summary": 0}
    assert written[0] == written[1]
    found = dataset.read(tmp_path / "7" / DATASET_FILE)
    assert found["source"].to_pylist() == [s for _, s, *_ in [*talk[:5], *news]]
    uncapped = dataset.assemble(ledger(*rows), GROUP_ROWS)
    assert dataset.capped(uncapped, 0.05).equals(found) and dataset.capped(uncapped, None).equals(uncapped)
    assert dataset.caps(lambda: [ledger(*rows)], None) == {}
    dataset.write(uncapped, tmp_path)
    assert dataset.left_out(tmp_path / DATASET_FILE) == {}


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
    dataset.export(DATASET.empty_table(), tmp_path / "none.csv")
    assert (tmp_path / "none.csv").read_text().strip() == ",".join(DATASET.names)
    with pytest.raises(StoreError, match="has no dataset"):
        dataset.read(tmp_path)
