"""Pairs made elsewhere: every critic's score, from Python lists or a file."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import DataError, StoreError
from .recipe import CHEAP_TO_DEAR, TASKS, Execution, Score


def score_pairs(
    sources: Sequence[str],
    targets: Sequence[str],
    task: str = "paraphrase",
    settings: Score | None = None,
    execution: Execution | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Score pairs with every critic, bounds and gates aside.

    Returns one array of shape (n,) a score: `length_ratio` (target/source), `numbers_forward`,
    `numbers_backward`, `persons_forward`, `persons_backward`, `prefix`,
    `personal_data`, `toxic`, `rouge_l`, `similarity`, `entities_forward`, `entities_backward`,
    `clause_forward`, `clause_backward`, `entailment_forward`, `entailment_backward`, `judge_forward`,
    `judge_backward`, `retention`, `tree_distance`, and the number that the task's bound reads of a directed
    critic, `numbers_min`, `entities_min`, `clause_min`, `entailment_min`, `judge_min`: the lower of both
    directions for a paraphrase, forward for a summary.

    Raises DataError if the lists differ in length or hold no strings or the task is unknown; ModelError.
    """
    from .critics import open_critics

    _check(sources, targets, task)
    settings = settings or Score(critics=CHEAP_TO_DEAR)
    scores: dict[str, NDArray[np.float32]] = {}
    for name, critic in open_critics(settings, execution or Execution()).items():
        if name == "retention":  # the judge has looked both ways already
            scores[name] = scores["judge_backward"]
            continue
        forward = critic.score(sources, targets)
        if critic.symmetric or name in ("length_ratio", "prefix"):
            scores[name] = forward
            continue
        backward = critic.score(targets, sources)
        scores |= {f"{name}_forward": forward, f"{name}_backward": backward}
        scores[f"{name}_min"] = np.minimum(forward, backward) if task == "paraphrase" else forward
    return scores


def _check(sources: Sequence[str], targets: Sequence[str], task: str) -> None:
    if task not in TASKS:
        raise DataError(f"task {task!r} is unknown; allowed are {', '.join(TASKS)}")
    if len(sources) != len(targets):
        raise DataError(f"{len(sources)} sources but {len(targets)} targets; give one target a source")
    for name, texts in (("source", sources), ("target", targets)):
        bad = next((i for i, text in enumerate(texts) if not isinstance(text, str)), None)
        if bad is not None:
            raise DataError(f"{name} {bad} is {texts[bad]!r}, not a string")


def score_file(path: Path, out: Path | None, task: str, source: str, target: str) -> tuple[Path, int]:
    """Score the pairs of a .jsonl, .csv or .parquet file; the rows with their scores go to `out`.

    Raises DataError, StoreError, ModelError.
    """
    rows = read_rows(path)
    for i, row in enumerate(rows, 1):
        for column in (source, target):
            if not isinstance(row.get(column), str):
                raise DataError(
                    f"{path}, row {i}: no text in {column!r}; columns are {', '.join(map(str, row))} "
                    "(choose with --source and --target)"
                )
    out = out or path.with_name(f"{path.stem}.scored{path.suffix}")
    check_writable(out)
    scores = score_pairs([r[source] for r in rows], [r[target] for r in rows], task)
    columns = {name: [round(float(x), 6) for x in column] for name, column in scores.items()}
    scored = [{**row, **{n: columns[n][i] for n in columns}} for i, row in enumerate(rows)]
    write_rows(out, scored)
    return out, len(rows)


def check_writable(path: Path) -> None:
    """Raise DataError unless rows can be written to a file of this name."""
    if path.suffix not in _WRITERS:
        raise DataError(f"cannot write {path}: the name must end in {', '.join(_WRITERS)}")
    if not path.parent.is_dir():
        raise DataError(f"cannot write {path}: {path.parent} is no folder")


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows with the same columns as .jsonl, .csv or .parquet. Raises DataError, StoreError."""
    check_writable(path)
    try:
        _WRITERS[path.suffix](path, rows)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}; choose another --out") from error


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a .jsonl, .csv or .parquet file. Raises DataError."""
    try:
        match path.suffix:
            case ".jsonl":
                with path.open(encoding="utf-8-sig") as lines:
                    rows = [json.loads(line) for line in lines if line.strip()]
            case ".csv":
                with path.open(encoding="utf-8-sig", newline="") as file:
                    rows = list(csv.DictReader(file))
            case ".parquet":
                import pyarrow.parquet as pq

                rows = pq.read_table(path).to_pylist()
            case _:
                raise DataError(f"{path}: the name must end in .jsonl, .csv or .parquet")
    except FileNotFoundError:
        raise DataError(f"{path} does not exist") from None
    except (OSError, ValueError, NotImplementedError, RecursionError, csv.Error) as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise DataError(f"{path} cannot be read as pairs: {reason}") from error
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise DataError(f"{path} holds no rows with named columns")
    return rows


def _write_jsonl(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else [])
        writer.writeheader()
        writer.writerows(rows)


def _write_parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(list(rows)), path)


_WRITERS = {".jsonl": _write_jsonl, ".csv": _write_csv, ".parquet": _write_parquet}
