"""Look at a corpus before a run: its column of text, its language and case, and sentences to restate."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import mean

from ..data.tables import ENDINGS, Notes, check_readable, ending, rows
from ..errors import DataError
from ..recipe.contexts import Contexts
from ..recipe.restatement import Restatement
from .corpus import CorpusReport, read_documents
from .restatement import sentences

_READ = 2000  # documents that are read
_ROWS = 200  # rows that tell the column of text
_FEWEST_WORDS = 3  # mean of a column that holds text


@dataclass(frozen=True, slots=True)
class Survey:
    """What a corpus holds. `usable`: sentences that a run can draw; `whole`: nothing was left unread.

    `columns` are those of a table with strings, the longest texts first; `report` says what is wrong.
    """

    path: Path
    field: str | None
    columns: tuple[str, ...]
    usable: int
    whole: bool
    report: CorpusReport


def survey(path: Path, column: str | None, settings: Restatement, seed: int = 0) -> Survey:
    """Read the beginning of a corpus, with the column given or the one with the longest texts.

    Raises DataError if it cannot be read, or has no sentence that can be restated.
    """
    check_readable(path, (".txt", *ENDINGS))
    columns: tuple[str, ...] = ()
    if ending(path) != ".txt":
        columns = text_columns(path)
        if column is None and not columns:
            raise DataError(f"{path} has no column of texts; give one with --field")
        column = column or columns[0]
    report = CorpusReport()
    documents = read_documents(path, column, report)
    read = islice(documents, _READ)
    found = sentences(read, settings, _READ * 10, seed, Contexts().max_chars, report)
    whole = next(documents, None) is None
    report.documents -= not whole  # the last one was only looked for
    if not found:
        raise DataError(f"{path} has no sentence that can be restated: {'; '.join(report.lines())}")
    return Survey(path, column, columns, len(found), whole, report)


def text_columns(path: Path) -> tuple[str, ...]:
    """Return the columns of a table that hold texts of some words, those with the longest first."""
    lengths: dict[str, list[int]] = defaultdict(list)
    for _, row in islice(rows(path, Notes()), _ROWS):
        for name, value in row.items():
            lengths[name].append(len(value.split()) if isinstance(value, str) else 0)
    means = {name: mean(some) for name, some in lengths.items()}
    return tuple(
        sorted((name for name, words in means.items() if words >= _FEWEST_WORDS), key=lambda n: -means[n])
    )
