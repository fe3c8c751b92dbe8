"""Tables of text ⇄ rows: .jsonl, .csv, .tsv and .parquet in any encoding and dialect; the lines of .txt."""

import codecs
import csv
import difflib
import gzip
import io
import json
import re
import sys
import zlib
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import DataError
from ..text.escape import json_value
from ..text.mend import whole
from . import parquet, store
from .open_text import check_regular, open_text

Row = dict[str, Any]
TABLES = ".jsonl, .csv, .tsv (each also with .gz) or .parquet"
ENDINGS = (".jsonl", ".csv", ".tsv", ".parquet")
UNCLOSED = "a quote is never closed, or stands alone inside a quoted text"
TOO_LONG = "more fields than the header, the last ones joined: a text that holds the separator needs quotes"
_ROWS_SHOWN = 5  # rows listed per kind of problem
_RECORD = 2**24  # characters; a longer record of several lines means an unclosed quote
_SAMPLE = 50  # lines that tell the separator
_ESCAPED = re.compile("[\udc80-\udcff]")  # bytes that are not UTF-8
_BOMS = (  # UTF-32 first: the UTF-32-LE BOM begins with the UTF-16-LE one
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(slots=True)
class Notes:
    """The count of each kind of problem in a file, and the first rows of each kind."""

    counts: Counter[str] = field(default_factory=Counter)
    rows: dict[str, list[int]] = field(default_factory=dict)

    def note(self, kind: str, row: int) -> None:
        """Count a problem in a row."""
        self.counts[kind] += 1
        if len(rows := self.rows.setdefault(kind, [])) < _ROWS_SHOWN:
            rows.append(row)

    def lines(self) -> list[str]:
        """Return one line per kind of problem, such as "3 × empty (rows 2, 7, 9)"."""
        return [
            f"{count} × {kind} ({_listed(self.rows[kind], count)})" for kind, count in self.counts.items()
        ]


def _listed(rows: Sequence[int], count: int) -> str:
    more = ", …" if count > len(rows) else ""
    return ("rows " if count > 1 else "row ") + ", ".join(map(str, rows)) + more


# --- reading ------------------------------------------------------------------------------------------------


def ending(path: Path) -> str:
    """The ending that tells a file's format, in lower case and without .gz; "" of a gzipped .parquet."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    if suffixes[-1:] != [".gz"]:
        return suffixes[-1] if suffixes else ""
    return suffixes[0] if suffixes[0] != ".parquet" else ""


def check_readable(path: Path, allowed: Sequence[str] = ENDINGS) -> None:
    """Raise DataError unless a path is a file of one of the formats."""
    if path.is_dir():
        raise DataError(f"{path} is a folder; give the path of one file in it")
    check_regular(path)
    if not path.exists():
        raise DataError(f"{path} does not exist")
    if ending(path) not in allowed:
        formats = TABLES if ".txt" not in allowed else f".txt, {TABLES}"
        found = "".join(path.suffixes[-2:])
        raise DataError(f"{path}: unknown extension {found!r}; the name must end in {formats}")


def read_rows(path: Path) -> list[Row]:
    """The rows of a table, as many as it has. Raises DataError that names the row of a problem."""
    check_readable(path)
    notes = Notes()
    found = [row for _, row in rows(path, notes)]
    for kind in (UNCLOSED, TOO_LONG):
        if kind in notes.rows:
            raise DataError(f"{path}, row {notes.rows[kind][0]}: {kind}")
    if not found:
        raise DataError(f"{path} has no rows with named columns")
    return found


def rows(path: Path, notes: Notes, wanted: str | None = None) -> Iterator[tuple[int, Row]]:
    """Stream the rows of a table with their numbers: the line in .jsonl, else the record, from 1.

    A column that a row lacks is missing from the row. Raises DataError while reading: for invalid JSON, gzip
    or Parquet; if no row has the column `wanted`; for two columns of one name (only `wanted`, if given).
    """
    match ending(path):
        case ".jsonl":
            return _json_rows(path, notes, wanted)
        case ".parquet":
            return _parquet_rows(path, wanted)
        case _:
            return _csv_rows(path, notes, wanted)


def _json_rows(path: Path, notes: Notes, wanted: str | None) -> Iterator[tuple[int, Row]]:
    missing: dict[str, None] | None = {} if wanted is not None else None  # names seen while none is `wanted`
    number = 0
    for number, line in lines(path, notes):
        if not line.strip():
            notes.note("empty", number)
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{path}, row {number}: not valid JSON: {error}") from error
        if not isinstance(row, dict):
            raise DataError(f"{path}, row {number}: a JSON object is wanted, found {_one_line(line)}")
        if missing is not None:
            missing = None if wanted in row else missing | dict.fromkeys(row)
        yield number, _mended_strings(row) if "\\ud" in line.lower() else row
    if missing is not None and number:
        _check_columns(path, list(missing), wanted)


def _mended_strings(value: Any) -> Any:
    match value:
        case str():
            return whole(value)
        case list():
            return [_mended_strings(inner) for inner in value]
        case dict():
            return {whole(name): _mended_strings(inner) for name, inner in value.items()}
        case _:
            return value


def _csv_rows(path: Path, notes: Notes, wanted: str | None) -> Iterator[tuple[int, Row]]:
    csv.field_size_limit(sys.maxsize)  # global setting of the csv module; its default is 128 KiB
    text = (line for _, line in lines(path, notes))
    start = list(islice(text, _SAMPLE))
    if start and (told := re.fullmatch(r'\s*"?sep=(.)"?\s*', start[0], re.IGNORECASE)):  # Excel's own hint
        separator, start = told[1], start[1:]
    else:
        separator = _separator(start)
    records = _records(chain(start, text), separator, notes)
    names = [name.strip() for name in next(filter(any, records), [])]
    _check_columns(path, names, wanted)
    for number, record in enumerate(records, 1):
        if not record:
            notes.note("empty", number)
            continue
        if any(record[len(names) :]):
            notes.note(TOO_LONG, number)
            record[len(names) - 1 :] = [f"{separator} ".join(record[len(names) - 1 :])]
        yield number, dict(zip(names, record, strict=False))


def _separator(start: Sequence[str]) -> str:
    """The separator by which most records have as many fields as the header; a rare one for one column."""

    def fit(separator: str) -> tuple[float, int]:
        records = [record for record in _records(iter(start), separator, Notes()) if record]
        width = len(records[0]) if records else 0
        alike = sum(len(record) == width for record in records)
        return (alike / len(records), width) if width > 1 else (0.0, 0)

    best = max(",;\t|", key=fit)
    return best if fit(best)[1] else "\x1f"


def _records(text: Iterator[str], separator: str, notes: Notes) -> Iterator[list[str]]:
    """CSV records; a line with an unclosed quote is read by itself, the quote as a character of its text."""
    again, taken = deque[str](), list[str]()

    def feed() -> Iterator[str]:
        size = 0
        while (line := again.popleft() if again else next(text, None)) is not None:
            size = len(line) + (size if taken else 0)
            taken.append(line)
            if size > _RECORD and len(taken) > 1:
                raise csv.Error
            yield line

    reader, number = csv.reader(feed(), delimiter=separator, strict=True, skipinitialspace=True), 0
    while True:
        taken.clear()
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:
            notes.note(UNCLOSED, number)
            record = next(csv.reader(taken[:1], delimiter=separator, quoting=csv.QUOTE_NONE))
            again.extendleft(reversed(taken[1:]))
            reader = csv.reader(feed(), delimiter=separator, strict=True, skipinitialspace=True)
        yield record
        number += 1


def _parquet_rows(path: Path, wanted: str | None) -> Iterator[tuple[int, Row]]:
    number = 0
    try:
        _check_columns(path, pq.read_schema(path).names, wanted)
        for batch in parquet.batches(path, None if wanted is None else [wanted], 256):
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except (pa.ArrowException, OSError, ValueError) as error:  # ValueError: invalid UTF-8 in a string
        where = f", after row {number}" if number else ""
        raise DataError(f"{path}{where}: not a readable Parquet file: {_one_line(str(error))}") from error


def _check_columns(path: Path, names: Sequence[str], wanted: str | None) -> None:
    twice = [name for name, n in Counter(names).items() if n > 1 and name and wanted in (None, name)]
    if twice:
        raise DataError(f"{path} has two columns {twice[0]!r}; rename or remove one")
    if wanted is not None and wanted not in names:
        close = difflib.get_close_matches(wanted, names, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        present = _one_line(", ".join(names[:20]) or "none", 300)
        raise DataError(f"{path} has no field {wanted!r}{hint} (fields present: {present})")


def _one_line(text: str, width: int = 80) -> str:
    """Return a text as one line of at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


# --- lines --------------------------------------------------------------------------------------------------


def lines(path: Path, notes: Notes) -> Iterator[tuple[int, str]]:
    """The numbered lines of a file, decoded, each with its "\\n". Raises DataError."""
    try:
        with open_text(path) as file:
            yield from decoded(file, notes)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {_one_line(str(error))}") from error


def decoded(file: BinaryIO, notes: Notes) -> Iterator[tuple[int, str]]:
    """Numbered lines: UTF-16 or UTF-32 if the bytes begin like it, else UTF-8; a line that is not, cp1252."""
    buffered = io.BufferedReader(cast(io.RawIOBase, file))
    encoding = _encoding(buffered.peek(4)[:4])
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    for number, line in enumerate(io.TextIOWrapper(buffered, encoding, errors), 1):
        if _ESCAPED.search(line):
            notes.note("line not UTF-8, read as cp1252", number)
            line = line.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
        yield number, line


def _encoding(start: bytes) -> str:
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name
    if len(start) == 4 and start[1::2] == b"\0\0" and 0 not in start[::2]:
        return "utf-16-le"
    if len(start) == 4 and start[::2] == b"\0\0" and 0 not in start[1::2]:
        return "utf-16-be"
    return "utf-8"


# --- writing ------------------------------------------------------------------------------------------------


def check_writable(path: Path) -> None:
    """Raise DataError unless a table can be written to a path."""
    if ending(path) not in ENDINGS:
        raise DataError(f"cannot write {path}: the name must end in {TABLES}")
    if not path.parent.is_dir():
        raise DataError(f"cannot write {path}: {path.parent} is not a folder")
    if path.is_dir():
        raise DataError(f"cannot write {path}: it is a folder")


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> None:
    """Write rows, with the columns of any of them; a value that does not fit its format is written as text.

    The file is written aside and renamed. Raises DataError, StoreError.
    """
    names = list(columns) or list(dict.fromkeys(name for row in rows for name in row))
    if ending(path) == ".parquet":
        write_table(path, pa.table({name: _column([row.get(name) for row in rows]) for name in names}))
        return
    text = io.StringIO()
    if ending(path) == ".jsonl":
        text.writelines(json.dumps(json_value(row), ensure_ascii=False, default=str) + "\n" for row in rows)
    else:
        writer = csv.writer(text, delimiter="\t" if ending(path) == ".tsv" else ",")
        writer.writerows([names, *([_cell(row.get(name)) for name in names] for row in rows)])
    data = whole(text.getvalue()).encode()
    check_writable(path)
    with store.replacing(path) as file:
        file.write(gzip.compress(data, mtime=0) if path.suffix.lower() == ".gz" else data)


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table as .parquet, aside and renamed. Raises DataError, StoreError."""
    check_writable(path)
    with store.replacing(path) as file:
        pq.write_table(table, file)


def _cell(value: Any) -> Any:
    """A value as CSV holds it: lists and tables as JSON."""
    return _as_text(value) if isinstance(value, list | dict) else value


def _column(values: list[Any]) -> pa.Array:
    """A Parquet column; as text if the values have several types, or one that Parquet lacks."""
    try:
        column = pa.array(_mended_strings(values))
        if pa.types.is_nested(column.type):  # a table without a column cannot be written
            pq.write_table(pa.table({"": column}), pa.BufferOutputStream())
        return column
    except (pa.ArrowException, OverflowError, UnicodeError):
        return pa.array([None if value is None else _as_text(value) for value in values], pa.string())


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, list | dict):
        return whole(json.dumps(json_value(value), ensure_ascii=False, default=str))
    return str(value)
