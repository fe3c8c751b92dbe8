"""Pairs made elsewhere: every critic's score, from Python lists or a file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..data.tabular import check_writable, read_rows, write_rows
from ..errors import DataError
from ..recipe.base import TASKS
from ..recipe.critics import CHEAP_TO_DEAR, Bounds, Score
from ..recipe.execution import Execution
from .cascade import cascade, listed
from .verdict import columns


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
    from ..critics import open_critics

    _check(sources, targets, task)
    settings = settings or Score(critics=CHEAP_TO_DEAR)
    critics = open_critics(settings, execution or Execution())
    pairs, ask = listed(critics, sources, targets, task)
    asked = [name for name in critics if name != "retention"]  # the judge looks both ways anyway
    cascade(pairs, [(name, columns(name)) for name in asked], Bounds(), ask)
    pairs.scores["retention"] = pairs.scores["judge_backward"]
    scores: dict[str, NDArray[np.float32]] = {}
    for name in critics:
        scores |= {column: pairs.scores[column] for column in columns(name)}
        if columns(name) != [name]:
            scores[f"{name}_min"] = np.minimum.reduce([scores[column] for column in columns(name, task)])
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
