"""Labelled rows → more of them: accepted rewritings with the label of their row, no repeats, no leaks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data.tables import Notes, Row, ending, lines, rows
from ..errors import DataError
from ..text.overlap import Sentences, spelling
from .student import Answer

FROM, QUALITY = "augmented_from", "quality"  # columns: the row that was rewritten, from 1, and how well


@dataclass(frozen=True, slots=True)
class Augmented:
    """The new rows, and how many rewritings were left out because they repeat a row or leak a test."""

    rows: list[Row]
    repeated: int
    leaked: int
    unanswered: int


def check_columns(table: Sequence[Row], where: Path, text: str, label: str) -> None:
    """Raise DataError unless each row has a text and a label, and no column has a name of ours."""
    for number, row in enumerate(table, 1):
        if not isinstance(row.get(text), str) or row.get(label) in (None, ""):
            raise DataError(
                f"{where}, row {number}: no {text!r} or no {label!r}; columns are {', '.join(row)}"
            )
    if taken := {FROM, QUALITY} & set(table[0]):
        raise DataError(f"{where} has a column {min(taken)!r}, which augment writes; rename it")


def augmented(
    table: Sequence[Row], answers: Iterable[Answer], text: str, per_row: int, test: Sequence[str] = ()
) -> Augmented:
    """Make at most `per_row` new rows of each row from its answer's accepted outputs, best first.

    A new row has all columns of its row but for the text. It repeats if its words are those of a text of the
    table or of another new row; it leaks if it shares eight consecutive words, or all, or nearly all, with a
    text of `test`.
    """
    pairs = list(zip(table, answers, strict=True))
    drawn = list(dict.fromkeys(o.text for _, answer in pairs for o in answer.outputs if o.accepted))
    index = Sentences(drawn)
    leaks = {*index.repeated(test), *index.near(test)}
    seen = {spelling(row[text]) for row in table}
    made, repeated, leaked, unanswered = list[Row](), 0, 0, 0
    for number, (row, answer) in enumerate(pairs, 1):
        good = [output for output in answer.outputs if output.accepted]
        unanswered += not good
        left = per_row
        for output in good:
            if not left:
                break
            if output.text in leaks:
                leaked += 1
            elif (words := spelling(output.text)) in seen:
                repeated += 1
            else:
                seen.add(words)
                left -= 1
                made.append({**row, text: output.text, FROM: number, QUALITY: round(output.quality, 4)})
    return Augmented(made, repeated, leaked, unanswered)


def texts_of(path: Path, column: str) -> list[str]:
    """The texts of a test file: the lines of a .txt, else the column of a table. Raises DataError."""
    if ending(path) == ".txt":
        return [line for _, line in lines(path, Notes())]
    found: list[Any] = [row.get(column) for _, row in rows(path, Notes(), column)]
    return [text for text in found if isinstance(text, str)]
