"""Stream the user's documents, mended, and sample opening sentences from them.

Repairable problems are repaired and counted in a `CorpusReport`, with the first rows affected. Any other
problem raises `DataError`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import dropwhile, islice, takewhile
from pathlib import Path

from ..data.tables import ENDINGS, Notes, check_readable, ending, lines, rows
from ..errors import DataError
from ..text.escape import counted
from ..text.language import is_english
from ..text.lower_case import is_lower_case, with_capitals
from ..text.mend import mended
from ..text.sentences import defect, iterate
from .sample import Sample, hashed

MAX_CHARS = 20_000  # per document; only its opening is used
_LAYOUT_LINES = 10_000  # lines read to detect the layout of a text file
_MAX_PARAGRAPH_LINES = 50  # mean; above it the file has one document per line and stray blank lines
_SEARCHED = 20  # first sentences of a document, one of which must begin the opening
_MORE_LINE_ENDS = re.compile("(?<=[\x01-\x7f])\x85|[\u2028\u2029]")  # U+0085 elsewhere is part of mojibake
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


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
class CorpusReport(Notes):
    """What a corpus has: documents read, problems with their first rows, and sentences that can be restated.

    `unfit` counts the other sentences by what is wrong with them.
    """

    documents: int = 0
    fit: int = 0
    unfit: Counter[str] = field(default_factory=Counter)

    def lines(self) -> list[str]:
        """Return one line per kind of problem, and one on the sentences if they were looked at."""
        total = self.fit + self.unfit.total()
        if not total:
            return Notes.lines(self)
        wrong = ", ".join(f"{count:,} {kind}" for kind, count in self.unfit.most_common())
        first = f"{counted(self.documents, 'document')}; {self.fit:,} of {total:,} sentences can be restated"
        return [first + (f" (not: {wrong})" if wrong else ""), *Notes.lines(self)]


def read_documents(path: Path, field: str | None, report: CorpusReport | None = None) -> Iterator[Document]:
    """Stream the English documents of a corpus, at most 20,000 characters each, in constant memory.

    A document is a paragraph of a .txt file (a line if the file has no blank lines), or the column `field`
    (default "text") of a row of a table (`data.tables`). Texts are mended (`text.mend`).

    Raises DataError at the call for a missing file, a folder or an unknown extension; while reading for a
    missing field or invalid JSON, gzip or Parquet; at the end if the corpus has no text.
    """
    report = CorpusReport() if report is None else report
    check_readable(path, (".txt", *ENDINGS))
    if ending(path) == ".txt":
        if field is not None:
            raise DataError(f"{path}: a text file has no fields; remove field = {field!r}")
        return _documents(path, _paragraphs(path, report), report)
    return _documents(path, _values(path, field or "text", report), report)


def openings(
    documents: Iterable[Document],
    sentences: tuple[int, int],
    count: int,
    seed: int,
    report: CorpusReport | None = None,
) -> list[Opening]:
    """Return the openings of a random sample of at most `count` documents, in row order.

    An opening is the first run of well-formed sentences near the beginning of the document. It is truncated
    to a number of sentences drawn from `sentences` (inclusive) by a hash of the document. Only the first of
    equal openings counts; a document without one is noted in the report, with the rule that its first
    sentence breaks. The sample is the `count` (at least 1) openings with the smallest hashes, so it is
    independent of document order and needs memory for `count` openings only.
    """
    sample = Sample(count, seed)
    low, high = sentences
    for document in documents:
        wanted = low + hashed(seed, "sentences", document.text) % (high - low + 1)
        whole = cased(document, report)
        if text := _opening(whole, wanted):
            sample.offer(document.row, text)
        elif report is not None:
            broken = defect(next(iterate(whole), ""), min_words=1)
            report.note(f"no well-formed sentence at the beginning: {broken}", document.row)
    return [Opening(row, text) for row, text in sample.in_order()]


def cased(document: Document, report: CorpusReport | None = None) -> str:
    """Return the text of a document; one in lower case gets the capitals of its sentences, and is noted."""
    if not is_lower_case(document.text):
        return document.text
    if report is not None:
        report.note("in lower case: capitals were put at the start of sentences", document.row)
    return with_capitals(document.text)


def _opening(text: str, sentences: int) -> str:
    """Return the first run of well-formed sentences; short ones ("Hello.") are allowed in a context."""
    run = dropwhile(lambda s: not _is_well_formed(s), islice(iterate(text), _SEARCHED))
    return " ".join(islice(takewhile(_is_well_formed, run), sentences))


def _is_well_formed(sentence: str) -> bool:
    return defect(sentence, min_words=1) is None


def _documents(path: Path, texts: Iterable[tuple[int, str]], report: CorpusReport) -> Iterator[Document]:
    found = False
    for row, raw in texts:
        if len(raw) > MAX_CHARS:
            report.note(f"cut to {MAX_CHARS:,} characters", row)
        text, kinds = mended(raw[:MAX_CHARS])
        for kind in kinds:
            report.note(kind, row)
        found = found or bool(text)
        if not text:
            report.note("empty", row)
        elif not is_english(text):
            report.note("not English", row)
        else:
            report.documents += 1
            yield Document(row, text)
    if not report.documents:
        problems = "; ".join(report.lines())
        what = "English text" if found else "text"
        raise DataError(f"{path} has no {what}" + (f": {problems}" if problems else ""))


def _values(path: Path, field: str, report: CorpusReport) -> Iterator[tuple[int, str]]:
    for number, row in rows(path, report, field):
        value = row.get(field)
        if isinstance(value, str):
            yield number, value
        else:
            report.note(f"no {field!r}" if value is None else f"{field!r} is not text", number)


def _paragraphs(path: Path, report: CorpusReport) -> Iterator[tuple[int, str]]:
    """Yield paragraphs, or lines if no blank lines separate paragraphs."""
    if not _has_paragraphs(path):
        yield from _text_lines(path, report)
        return
    first, paragraph, length = 0, list[str](), 0
    for number, line in _text_lines(path, report):
        if not line.strip():
            if paragraph:
                yield first, "".join(paragraph)
            paragraph, length = [], 0
        elif length <= MAX_CHARS:  # the rest is cut anyway
            first = first if paragraph else number
            paragraph.append(line)
            length += len(line)
    if paragraph:
        yield first, "".join(paragraph)


def _text_lines(path: Path, report: CorpusReport) -> Iterator[tuple[int, str]]:
    text = (_MORE_LINE_ENDS.sub("\n", line) for _, line in lines(path, report))
    return enumerate((part for line in text for part in _LINE.findall(line)), 1)


def _has_paragraphs(path: Path) -> bool:
    """Whether blank lines separate the texts of a file, judged by its first `_LAYOUT_LINES` lines."""
    text_lines = breaks = 0
    blank = False
    for _, line in islice(_text_lines(path, CorpusReport()), _LAYOUT_LINES):
        if line.strip():
            breaks += blank and text_lines > 0
            text_lines += 1
        blank = not line.strip()
    return breaks > 0 and text_lines <= _MAX_PARAGRAPH_LINES * (breaks + 1)
