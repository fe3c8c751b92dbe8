"""Tables in every dialect and encoding, read as rows; rows written without losing an earlier file."""

import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impossible.data.store import replacing
from impossible.data.tables import TOO_LONG, Notes, check_writable, read_rows, rows, write_rows
from impossible.errors import DataError, StoreError

EXPECTED = [{"note, old": "1", "body": "The café; it is open."}, {"note, old": "2", "body": 'A "b", c|d.'}]


def table(separator: str, end: str = "\n") -> str:
    lines = [("note, old", "body "), *((row["note, old"], row["body"]) for row in EXPECTED)]
    quoted = [[f'"{text.replace(chr(34), chr(34) * 2)}"' for text in line] for line in lines]
    return end.join(separator.join(line) for line in quoted) + end


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", ", "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_dialects_and_encodings(tmp_path: Path, separator: str, end: str, encoding: str) -> None:
    data = table(separator, end).encode(encoding)
    for name, content in (("A.CSV", data), ("a.tsv", data), ("a.csv.gz", gzip.compress(data))):
        (tmp_path / name).write_bytes(content)
        assert read_rows(tmp_path / name) == EXPECTED


def test_the_hint_of_excel(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sep=;\na;b,c\n1;2,3\n")
    assert read_rows(tmp_path / "a.csv") == [{"a": "1", "b,c": "2,3"}]


def test_one_column_holds_any_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text\nWell, it is; so.\n"A ""b"", c."\n')
    assert [row["text"] for row in read_rows(tmp_path / "a.csv")] == ["Well, it is; so.", 'A "b", c.']


def test_a_long_field(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"a,b\n1,{'x' * 200_000}\n")
    assert len(read_rows(tmp_path / "a.csv")[0]["b"]) == 200_000


@pytest.mark.parametrize(
    "broken", ['1,"one', '1,"one" two', '1,"one\n2,two\n3,"three'], ids=["at the end", "inside", "two"]
)
def test_a_quote_that_is_never_closed_is_named_and_takes_no_other_row(tmp_path: Path, broken: str) -> None:
    (tmp_path / "a.csv").write_text(f'id,text\n0,"zero,\nstill"\n{broken}\n8,"eight"\n9,nine\n')
    notes = Notes()
    found = {row["id"]: row["text"] for _, row in rows(tmp_path / "a.csv", notes)}
    assert found["0"] == "zero,\nstill" and found["1"].startswith('"one')
    assert (found["8"], found["9"]) == ("eight", "nine")
    with pytest.raises(DataError, match=r"a.csv, row 2: a quote is never closed"):
        read_rows(tmp_path / "a.csv")


def test_more_fields_than_the_header(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n1,one,,\n2,two, too\n")
    notes = Notes()
    assert [row["text"] for _, row in rows(tmp_path / "a.csv", notes)] == ["one", "two, too"]
    assert notes.rows == {TOO_LONG: [2]}
    with pytest.raises(DataError, match="row 2: more fields"):
        read_rows(tmp_path / "a.csv")


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text,id\n1,one,2\n")
    twice = pa.table([["1"], ["one"], ["2"]], names=["id", "text", "id"])
    pq.write_table(twice, tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        with pytest.raises(DataError, match=f"{name} has two columns 'id'"):
            read_rows(tmp_path / name)
        assert [row["text"] for _, row in rows(tmp_path / name, Notes(), "text")] == ["one"]
        with pytest.raises(DataError, match="two columns 'id'"):
            list(rows(tmp_path / name, Notes(), "id"))


HARD: list[dict[str, Any]] = [
    {"a": 1, "list": ["x"], "day": date(2020, 1, 2), "n": Decimal("1.5"), "empty": {}},
    {"a": "two", "b": 10**30, "half": "\ud83d", "nan": float("nan"), "list": 3},
]


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv", "o.tsv", "o.parquet", "o.jsonl.gz", "O.CSV.GZ"])
def test_any_value_can_be_written(tmp_path: Path, name: str) -> None:
    write_rows(tmp_path / name, HARD)
    first, second = read_rows(tmp_path / name)
    assert (str(first["a"]), second["a"], second["half"]) == ("1", "two", "\ufffd")
    assert str(second["b"]) == str(10**30) and str(first["day"]) == "2020-01-02"
    assert str(first["n"]) == "1.5"
    assert first["list"] in (["x"], '["x"]')


def test_a_failed_write_leaves_the_earlier_file(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    write_rows(path, [{"a": 1}])
    with pytest.raises(StoreError, match="no space"), replacing(path) as file:
        file.write(b"half")
        raise OSError("no space")
    assert [p.name for p in tmp_path.iterdir()] == ["o.csv"]
    assert read_rows(path) == [{"a": "1"}]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "real.jsonl")
    write_rows(tmp_path / "link.jsonl", [{"a": 1}])
    assert json.loads((tmp_path / "real.jsonl").read_text()) == {"a": 1}
    assert (tmp_path / "link.jsonl").is_symlink()


def test_what_cannot_be_written_is_known_before(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    for name, says in (
        ("o.txt", "must end in .jsonl"),
        ("none/o.csv", "none is not a folder"),
        ("folder.csv", "it is a folder"),
    ):
        with pytest.raises(DataError, match=says):
            check_writable(tmp_path / name)
    check_writable(tmp_path / "new.csv")
