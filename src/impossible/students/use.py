"""Texts in, answers out, for the command line: a text, a file, or lines of standard input."""

from collections.abc import Iterable
from pathlib import Path

from ..errors import DataError
from ..pairs import read_rows
from ..plain import plain, plain_json
from .student import Answer


def read_texts(given: str | None, column: str, lines: Iterable[str]) -> list[str]:
    """The texts that a command is to work on: `given` if it is no file, else a file's, else `lines`.

    A .txt file has a text a line; .jsonl, .csv and .parquet have them in `column`. Raises DataError.
    """
    if given is None:
        return [line.rstrip("\r\n") for line in lines]
    path = Path(given)
    if not _is_file(path):
        if path.suffix in (".txt", ".jsonl", ".csv", ".parquet") and " " not in given:
            raise DataError(f"{given} does not exist")
        return [given]
    if path.suffix == ".txt":
        try:
            return path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path} cannot be read: {error}") from error
    rows = read_rows(path)
    for i, row in enumerate(rows, 1):
        if not isinstance(row.get(column), str):
            raise DataError(
                f"{path}, row {i}: no text in {column!r}; columns are {', '.join(map(str, row))} "
                "(choose with --column)"
            )
    return [row[column] for row in rows]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a text may be longer than a file name
        return False


def as_json(answer: Answer) -> str:
    """An answer as one line of JSON, with the outputs that were rejected and every score."""
    outputs = [
        {
            "text": o.text,
            "accepted": o.accepted,
            "verdict": o.verdict,
            "quality": round(o.quality, 4),
            "obeys": dict(o.obeys),
            "scores": {name: round(score, 4) for name, score in o.scores.items()},
        }
        for o in answer.outputs
    ]
    return plain_json({"source": answer.source, "outputs": outputs, "note": answer.note})


def as_text(answer: Answer, between: str) -> str:
    """The accepted outputs, the best first; empty if nothing is good enough."""
    return between.join(plain(o.text) for o in answer.outputs if o.accepted)
