"""Read texts from an argument, a file or standard input; write answers as lines, JSON or a table."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from ..data.tabular import read_rows, write_rows
from ..errors import DataError
from ..students.student import Answer
from ..text.escape import plain, plain_json


def read_texts(given: str | None, column: str, stdin: TextIO) -> list[str]:
    """Read the texts of a command: the file `given`, else `given` itself; lines of `stdin` if it is None.

    A .txt file has one text per line; .jsonl, .csv and .parquet have them in `column`, where null is an empty
    text. Raises DataError.
    """
    if given is None:
        return list(_lines(stdin.buffer, "standard input"))
    path = Path(given)
    if not _is_file(path):
        if path.suffix in (".txt", ".jsonl", ".csv", ".parquet") and " " not in given:
            raise DataError(f"{given} does not exist")
        return [given]
    if path.suffix == ".txt":
        try:
            with path.open("rb") as file:
                return list(_lines(file, str(path)))
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error}") from error
    return [_text(row, column, f"{path}, row {i}") for i, row in enumerate(read_rows(path), 1)]


def _lines(file: Iterable[bytes], where: str) -> Iterator[str]:
    for number, line in enumerate(file, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{where}, line {number} is not UTF-8 ({error.reason}, byte {error.start + 1}); "
                "convert it first, for example with iconv -f latin1 -t utf-8"
            ) from error


def _text(row: dict[str, Any], column: str, where: str) -> str:
    text = row.get(column, 0)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise DataError(
            f"{where}: no text in {column!r}; columns are {', '.join(map(str, row))} (choose with --column)"
        )
    return text


def write_answers(out: Path, answers: Sequence[Answer], given: str | None, task: str, n: int) -> None:
    """Write one row per text to a .jsonl, .csv or .parquet file.

    Columns: those of the input file, the accepted outputs, best first, with their qualities, and a note if
    there is none.

    Raises DataError, StoreError.
    """
    is_table = given is not None and _is_file(Path(given)) and not given.endswith(".txt")
    rows = read_rows(Path(given)) if is_table and given else [{"text": a.source} for a in answers]
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


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a text can be too long for a file name
        return False


def as_json(answer: Answer) -> str:
    """Format an answer as one line of JSON, with rejected outputs and all scores."""
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
    """Join the accepted outputs, best first; empty if there is none."""
    return between.join(plain(o.text) for o in answer.outputs if o.accepted)
