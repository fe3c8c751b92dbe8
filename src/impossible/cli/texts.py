"""Read texts from an argument, a file or standard input; write answers as lines, JSON or a table."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from ..data.tables import ENDINGS, Notes, Row, check_readable, decoded, ending, lines, read_rows, write_rows
from ..errors import DataError
from ..students.reasons import reason
from ..students.student import Answer
from ..text.escape import plain, plain_json

_FILE_NAME = re.compile(
    r".+\.(?:txt|md|html?|jsonl?|ndjson|[ct]sv|xlsx?|docx?|pdf|parquet)(?:\.gz)?|\.{0,2}/.+|\S+/\S+",
    re.IGNORECASE,
)


def read_texts(given: str | None, column: str, stdin: TextIO) -> tuple[list[str], list[Row]]:
    """Read the texts of a command: the file `given`, else `given` itself; lines of `stdin` if it is None.

    A .txt file has one text per line; a table has them in `column`, where null is an empty text. Returns the
    texts and a row each: that of the table, else the text in `text`. Raises DataError, also for the name of a
    file that does not exist.
    """
    path, notes = Path(given or ""), Notes()
    if given is None:
        texts = [line.rstrip("\n") for _, line in decoded(stdin.buffer, notes)]
    elif not _is_path(path) and not _FILE_NAME.fullmatch(given):
        texts = [given]
    else:
        check_readable(path, (".txt", *ENDINGS))
        if ending(path) != ".txt":
            rows = read_rows(path)
            return [_text(row, column, f"{path}, row {i}") for i, row in enumerate(rows, 1)], rows
        texts = [line.rstrip("\n") for _, line in lines(path, notes)]
    for note in notes.lines():
        print(f"note: {note}", file=sys.stderr)
    return texts, [{"text": text} for text in texts]


def _text(row: Row, column: str, where: str) -> str:
    text = row.get(column, 0)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise DataError(
            f"{where}: no text in {column!r}; columns are {', '.join(map(str, row))} (choose with --column)"
        )
    return text


def read_terms(named: Sequence[str] | None, file: Path | None, none: bool) -> list[str] | None:
    """Read the terms to protect: those named and the lines of a file; None with `none`. Raises DataError."""
    if none and (named or file):
        raise DataError("--no-protect lets everything go; leave it out to name terms")
    if none or file is None:
        return None if none else list(named or ())
    check_readable(file, (".txt", *ENDINGS))
    listed, _ = read_texts(str(file), "term", sys.stdin)
    return [*(named or ()), *(term for term in listed if term.strip())]


def write_answers(out: Path, answers: Sequence[Answer], rows: Sequence[Row], task: str, n: int) -> None:
    """Write the row of each text with its accepted outputs, best first, their qualities, and any note.

    Raises DataError, StoreError.
    """
    write_rows(out, [{**row, **_columns(a, task, n)} for row, a in zip(rows, answers, strict=False)])


def _columns(answer: Answer, task: str, n: int) -> dict[str, Any]:
    """`paraphrase` and `quality`, or `paraphrase_1`, `quality_1`, … for several; then `note`."""
    good = [o for o in answer.outputs if o.accepted]
    columns: dict[str, Any] = {}
    for i in range(n):
        suffix = f"_{i + 1}" if n > 1 else ""
        columns[f"{task}{suffix}"] = good[i].text if i < len(good) else None
        columns[f"quality{suffix}"] = round(good[i].quality, 4) if i < len(good) else None
    return {**columns, "note": answer.note or (None if good else "nothing good enough")}


def _is_path(path: Path) -> bool:
    try:
        return path.name != "" and path.exists()
    except (OSError, ValueError):  # a text can be too long for a file name
        return False


def as_json(answer: Answer) -> str:
    """Format an answer as one line of JSON, with rejected outputs and all scores."""
    outputs = [
        {
            "text": o.text,
            "by": o.by,
            "accepted": o.accepted,
            "verdict": o.verdict,
            "reason": reason(o),
            "quality": round(o.quality, 4),
            "obeys": dict(o.obeys),
            "scores": {name: round(score, 4) for name, score in o.scores.items()},
        }
        for o in answer.outputs
    ]
    row = {"source": answer.source, "protected": answer.protected, "outputs": outputs, "note": answer.note}
    return plain_json(row)


def as_text(answer: Answer, between: str) -> str:
    """Join the accepted outputs, best first; empty if there is none."""
    return between.join(plain(o.text) for o in answer.outputs if o.accepted)


def as_draft(answer: Answer) -> str:
    """The best output of a text that got no accepted one, marked with the reason; empty if there is none."""
    if not answer.outputs or answer.best:
        return ""
    best = answer.outputs[0]
    return plain(f"[rejected: {reason(best)}] {best.text}")
