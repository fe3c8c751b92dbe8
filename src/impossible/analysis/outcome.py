"""The outcome of a run in a few figures: yield, richness, and an estimate of precision."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..data import parquet
from ..errors import DataError, StoreError
from ..metrics.richness import Richness, richness

_MEASURED = 5000  # pairs that richness is measured on, at most


@dataclass(frozen=True, slots=True)
class Outcome:
    """The pairs of a dataset by task, those a context, the mean of `correct` by task, and their richness.

    `precision` is an estimate: how probably a careful reader calls a pair right, by the critic `correct`.
    It lacks tasks that were not scored by it; its key "all" is the mean over all pairs that were.
    """

    pairs: Mapping[str, int]
    contexts: int
    per_context: float
    precision: Mapping[str, float]
    richness: Richness


def outcome(file: Path, counts: Counter[str], seed: int = 0) -> Outcome:
    """Measure a dataset file; `counts` is the funnel of its run. Raises StoreError."""
    try:
        table = parquet.read(file, ["task", "source", "target", "correct"])
    except (OSError, pa.ArrowInvalid, DataError) as error:
        raise StoreError(f"{file} cannot be read ({error}); remove it and run again") from error
    tasks = np.array(table["task"].to_pylist(), dtype=object)
    sure = np.array(table["correct"].to_pylist(), dtype=float)
    estimates = {"all": sure} | {task: sure[tasks == task] for task in dict.fromkeys(tasks)}
    total, contexts = table.num_rows, counts["contexts"]
    drawn = np.random.default_rng(seed).permutation(total)[:_MEASURED]
    some = table.take(pa.array(np.sort(drawn)))
    return Outcome(
        Counter(tasks.tolist()),
        contexts,
        total / max(contexts, 1),
        {name: float(np.nanmean(x)) for name, x in estimates.items() if np.isfinite(x).any()},
        richness(some["source"].to_pylist(), some["target"].to_pylist()),
    )
