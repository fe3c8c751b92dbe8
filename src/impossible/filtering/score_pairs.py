"""Score given pairs, from Python lists or a file, with every critic."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..data.pairs import check_texts
from ..data.tables import check_writable, read_rows, write_rows
from ..errors import DataError
from ..recipe.base import TASKS
from ..recipe.critic_table import CRITICS
from ..recipe.critics import Bounds, Score
from ..recipe.execution import Execution
from .cascade import cascade, listed


def score_pairs(
    sources: Sequence[str],
    targets: Sequence[str],
    task: str = "paraphrase",
    settings: Score | None = None,
    execution: Execution | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Score pairs with every critic, without bounds or gates.

    Returns one array of shape (n,) per score, named as in a dataset (`data.schema.SCORE_FIELDS`). A critic
    with two directions has a further score, such as `entailment_min`, that the task's bound applies to: the
    lower of both directions for a paraphrase, forward for a summary.

    Raises DataError if the lists differ in length, an item is not a string or the task is unknown;
    ModelError.
    """
    from ..critics import open_critics

    _check(sources, targets, task)
    settings = settings or Score(critics=tuple(CRITICS))
    critics = open_critics(settings, execution or Execution())
    pairs, ask = listed(critics, sources, targets, task)
    specs = [CRITICS[name] for name in critics]
    # a `backward_of` critic reads the backward scores of its partner, which scores both directions
    cascade(pairs, [(spec, spec.columns) for spec in specs if spec.backward_of is None], Bounds(), ask)
    scores: dict[str, NDArray[np.float32]] = {}
    for spec in specs:
        if spec.backward_of is not None:
            scores[spec.name] = pairs.scores[f"{spec.backward_of}_backward"]
            continue
        scores |= {column.name: pairs.scores[column.name] for column in spec.columns}
        if len(spec.columns) > 1:
            scores[f"{spec.name}_min"] = np.min([scores[column.name] for column in spec.read(task)], axis=0)
    return scores


def _check(sources: Sequence[str], targets: Sequence[str], task: str) -> None:
    if task not in TASKS:
        raise DataError(f"task {task!r} is unknown; allowed are {', '.join(TASKS)}")
    if len(sources) != len(targets):
        raise DataError(f"{len(sources)} sources but {len(targets)} targets; give one target for each source")
    for name, texts in (("source", sources), ("target", targets)):
        bad = next((i for i, text in enumerate(texts) if not isinstance(text, str)), None)
        if bad is not None:
            raise DataError(f"{name} {bad} is {texts[bad]!r}, not a string")


def score_file(path: Path, out: Path, task: str, source: str, target: str) -> int:
    """Score the pairs of a table; write the rows with their scores to `out`. Returns the number of rows.

    Raises DataError, StoreError, ModelError.
    """
    check_writable(out)
    rows = read_rows(path)
    check_texts(rows, path, (source, target), " (choose with --source and --target)")
    scores = score_pairs([r[source] for r in rows], [r[target] for r in rows], task)
    columns = {name: [round(float(x), 6) for x in column] for name, column in scores.items()}
    write_rows(out, [{**row, **{n: columns[n][i] for n in columns}} for i, row in enumerate(rows)])
    return len(rows)
