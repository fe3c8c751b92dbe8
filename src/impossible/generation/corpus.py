"""Stream and clean the user's documents, and sample opening sentences from them.

Repairable problems are repaired and counted in a `CorpusReport`, with the first rows affected. Any other
problem raises `DataError`.
"""

import codecs
import csv
import difflib
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, dropwhile, islice, takewhile
from pathlib import Path

import ftfy
import pyarrow as pa
import pyarrow.parquet as pq
from ftfy.badness import is_bad

from ..data.open_text import check_regular, open_text
from ..errors import DataError
from ..text.sentences import defect, iterate
from .sample import Sample, hashed

MAX_CHARS = 20_000  # per document; only its opening is used
ROWS_SHOWN = 5  # rows listed per kind of problem
_LAYOUT_LINES = 10_000  # lines read to detect the layout of a text file
_MAX_PARAGRAPH_LINES = 50  # mean; above it the file has one document per line and stray blank lines
_CSV_FIELD = 2**24  # characters; a longer field means an unclosed quote
# Mojibake contains at least one character outside this set. The regex is 100 times faster than ftfy's check.
_UNUSUAL = re.compile(r"[^\x00-\x7f\xa0“”‘’–—…•£€°©®™é]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SEARCHED = 20  # first sentences of a document, one of which must begin the opening


@dataclass(frozen=True, slots=True)
class Document:
    """A text and its 1-based row: the line in .txt and .jsonl, the record in .csv and .parquet."""

    row: int
    text: str


@dataclass(frozen=True, slots=True)
class Opening:
    """The opening sentences of the document in `row`, with white space normalized."""

    row: int
    text: str


@dataclass(slots=True)
class CorpusReport:
    """Number of documents read, count of each kind of problem, and the first rows of each kind."""

    documents: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    rows: dict[str, list[int]] = field(default_factory=dict)

    def note(self, kind: str, row: int) -> None:
        """Count a problem in a row."""
        self.counts[kind] += 1
        if len(rows := self.rows.setdefault(kind, [])) < ROWS_SHOWN:
            rows.append(row)

    def lines(self) -> list[str]:
        """Return one line per kind of problem, such as "3 × empty (rows 2, 7, 9)"."""
        return [f"{count} × {kind} ({_rows(self.rows[kind], count)})" for kind, count in self.counts.items()]


def read_documents(path: Path, field: str | None, report: CorpusReport | None = None) -> Iterator[Document]:
    """Stream the cleaned documents of a corpus, at most 20,000 characters each, in constant memory.

    A document is a paragraph of a .txt file (a line if the file has no blank lines), or the column `field`
    (default "text") of a row of .jsonl, .csv, .tsv or .parquet. All but .parquet may be gzipped (.jsonl.gz).

    Raises DataError at the call for a missing file, a folder or an unknown extension; while reading for a
    missing field or invalid JSON, CSV, gzip or Parquet; at the end if the corpus has no text.
    """
    report = CorpusReport() if report is None else report
    if path.is_dir():
        raise DataError(f"corpus {path} is a folder; give the path of one file in it")
    check_regular(path)
    if not path.is_file():
        raise DataError(f"corpus {path}: there is no such file")
    reader = _reader(path)
    if reader is _read_text and field is not None:
        raise DataError(f"corpus {path}: a text file has no fields; remove field = {field!r}")
    return _clean_documents(path, reader(path, field or "text", report), report)


def openings(
    documents: Iterable[Document], sentences: tuple[int, int], count: int, seed: int
) -> list[Opening]:
    """Return the openings of a random sample of at most `count` documents, in row order.

    An opening is the first run of well-formed sentences near the beginning of the document. It is truncated
    to a number of sentences drawn from `sentences` (inclusive) by a hash of the document. Only the first of
    equal openings counts. The sample is the `count` (at least 1) openings with the smallest hashes, so it is
    independent of document order and needs memory for `count` openings only.
    """
    sample = Sample(count, seed)
    low, high = sentences
    for document in documents:
        wanted = low + hashed(seed, "sentences", document.text) % (high - low + 1)
        if text := _opening(document.text, wanted):
            sample.offer(document.row, text)
    return [Opening(row, text) for row, text in sample.in_order()]


def _opening(text: str, sentences: int) -> str:
    """Return the first run of well-formed sentences; short ones ("Hello.") are allowed in a context."""
    run = dropwhile(lambda s: not _is_well_formed(s), islice(iterate(text), _SEARCHED))
    return " ".join(islice(takewhile(_is_well_formed, run), sentences))


def _is_well_formed(sentence: str) -> bool:
    return defect(sentence, min_words=1) is None


def _rows(rows: Sequence[int], count: int) -> str:
    more = ", …" if count > len(rows) else ""
    return ("rows " if count > 1 else "row ") + ", ".join(map(str, rows)) + more


# --- cleaning -----------------------------------------------------------------------------------------------


def _clean_documents(path: Path, rows: Iterator[tuple[int, str]], report: CorpusReport) -> Iterator[Document]:
    for row, raw in rows:
        if text := _clean(row, raw, report):
            report.documents += 1
            yield Document(row, text)
        else:
            report.note("empty", row)
    if not report.documents:
        problems = "; ".join(report.lines())
        raise DataError(f"corpus {path} has no text" + (f": {problems}" if problems else ""))


def _clean(row: int, text: str, report: CorpusReport) -> str:
    """Remove NULs, lone surrogates and mojibake, normalize newlines to "\\n", truncate to `MAX_CHARS`."""
    if len(text) > MAX_CHARS:
        text = text[:MAX_CHARS]
        report.note(f"cut to {MAX_CHARS:,} characters", row)
    if "\0" in text:
        text = text.replace("\0", "")
        report.note("NUL", row)
    if _SURROGATE.search(text):  # valid in JSON escapes, invalid in UTF-8
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if "\ufffd" in text:
        report.note("broken character", row)
    if _UNUSUAL.search(text) and is_bad(text):
        repaired = ftfy.fix_text(text, uncurl_quotes=False)
        if repaired != text:
            report.note("mojibake", row)
        text = repaired
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


# --- formats ------------------------------------------------------------------------------------------------

DocumentReader = Callable[[Path, str, CorpusReport], Iterator[tuple[int, str]]]


def _reader(path: Path) -> DocumentReader:
    """Return the reader for a file's extension."""
    suffixes = [s.lower() for s in path.suffixes]
    gzipped = suffixes[-1:] == [".gz"]
    match suffixes[-2:-1] if gzipped else suffixes[-1:]:
        case [".txt"]:
            return _read_text
        case [".jsonl"]:
            return _read_jsonl
        case [".csv" | ".tsv"]:
            return _read_csv
        case [".parquet"] if not gzipped:
            return _read_parquet
        case _:
            allowed = ".txt, .jsonl, .csv, .tsv (each also with .gz), .parquet"
            raise DataError(
                f"corpus {path}: unknown extension {''.join(suffixes[-2:])!r}; allowed: {allowed}"
            )


def _read_text(path: Path, field: str, report: CorpusReport) -> Iterator[tuple[int, str]]:
    """Yield paragraphs, or lines if no blank lines separate paragraphs; `field` is unused."""
    if not _has_paragraphs(path):
        yield from _lines(path, report)
        return
    first, paragraph, length = 0, list[str](), 0
    for number, line in _lines(path, report):
        if not line.strip():
            if paragraph:
                yield first, "".join(paragraph)
            paragraph, length = [], 0
        elif length <= MAX_CHARS:  # `_clean` truncates the rest
            first = first if paragraph else number
            paragraph.append(line)
            length += len(line)
    if paragraph:
        yield first, "".join(paragraph)


def _has_paragraphs(path: Path) -> bool:
    """Whether blank lines separate the texts of a file, judged by its first `_LAYOUT_LINES` lines."""
    text_lines = breaks = 0
    blank = False
    for _, line in islice(_lines(path, CorpusReport()), _LAYOUT_LINES):
        if line.strip():
            breaks += blank and text_lines > 0
            text_lines += 1
        blank = not line.strip()
    return breaks > 0 and text_lines <= _MAX_PARAGRAPH_LINES * (breaks + 1)


def _read_jsonl(path: Path, field: str, report: CorpusReport) -> Iterator[tuple[int, str]]:
    checked = False
    for row, line in _lines(path, report):
        if not line.strip():
            report.note("empty", row)
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"corpus {path}, row {row}: not valid JSON: {error}") from error
        if not isinstance(record, dict):
            raise DataError(f"corpus {path}, row {row}: a JSON object is wanted, found {_one_line(line)}")
        if not checked:
            _check_field(path, field, list(record))
            checked = True
        yield from _value(row, record.get(field), field, report)


def _read_csv(path: Path, field: str, report: CorpusReport) -> Iterator[tuple[int, str]]:
    """Read comma-, semicolon- (European spreadsheets) or tab-separated rows below a header."""
    csv.field_size_limit(_CSV_FIELD)  # global setting of the csv module; its default is 128 KiB
    lines = (line for _, line in _lines(path, report))
    header = next(lines, "")
    separator = "\t" if ".tsv" in path.name.lower() else max(",;", key=header.count)
    records = csv.reader(chain([header], lines), delimiter=separator)
    row = 0
    try:
        names = [name.strip() for name in next(records, [])]
        _check_field(path, field, names)
        column = names.index(field)
        for row, record in enumerate(records, 1):  # rows below the header
            short = "" if not record else None  # blank line → "", row that ends before the column → None
            yield from _value(row, record[column] if column < len(record) else short, field, report)
    except csv.Error as error:
        raise DataError(f"corpus {path}, after row {row}: not valid CSV: {error}") from error


def _read_parquet(path: Path, field: str, report: CorpusReport) -> Iterator[tuple[int, str]]:
    row = 0
    try:
        with pq.ParquetFile(path) as file:
            _check_field(path, field, file.schema_arrow.names)
            _check_text(path, file.schema_arrow.field(field))
            for batch in file.iter_batches(batch_size=256, columns=[field]):
                for value in batch.column(0).to_pylist():
                    row += 1
                    yield from _value(row, value, field, report)
    except (pa.ArrowException, OSError, ValueError) as error:  # ValueError: invalid UTF-8 in a string
        where = f", after row {row}" if row else ""
        raise DataError(
            f"corpus {path}{where}: not a readable Parquet file: {_one_line(str(error))}"
        ) from error


def _check_text(path: Path, column: pa.Field) -> None:
    kind = str(column.type)
    if not kind.startswith(("string", "large_string", "dictionary<values=string")):
        raise DataError(f"corpus {path}: field {column.name!r} holds {kind}, not text")


def _value(row: int, value: object, field: str, report: CorpusReport) -> Iterator[tuple[int, str]]:
    """Yield the text of a record; without one, note the reason in the report."""
    if isinstance(value, str):
        yield row, value
    else:
        report.note(f"no {field!r}" if value is None else f"{field!r} is not text", row)


def _check_field(path: Path, field: str, present: Sequence[str]) -> None:
    if field in present:
        return
    close = difflib.get_close_matches(field, present, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    names = ", ".join(present[:20]) or "none"
    raise DataError(f"corpus {path} has no field {field!r}{hint} (fields present: {_one_line(names, 300)})")


def _one_line(text: str, width: int = 80) -> str:
    """Return a text as one line of at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


# --- bytes --------------------------------------------------------------------------------------------------

_BOMS = (  # UTF-32 first: the UTF-32-LE BOM begins with the UTF-16-LE one
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def _lines(path: Path, report: CorpusReport) -> Iterator[tuple[int, str]]:
    """Yield numbered, decoded lines with their newlines: UTF-16 or UTF-32 by BOM, else UTF-8, else cp1252."""
    try:
        with open_text(path) as file:
            start = file.read(4)
            file.seek(3 if start.startswith(codecs.BOM_UTF8) else 0)
            encoding = next((name for bom, name in _BOMS if start.startswith(bom)), None)
            if encoding:
                yield from enumerate(io.TextIOWrapper(file, encoding, errors="replace"), 1)
            else:
                yield from ((number, _decode(number, line, report)) for number, line in enumerate(file, 1))
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"corpus {path} cannot be read: {_one_line(str(error))}") from error


def _decode(number: int, line: bytes, report: CorpusReport) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        report.note("line not UTF-8, read as cp1252", number)
        return line.decode("cp1252", "replace")
