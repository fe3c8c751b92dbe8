"""The yield and student quality of each round of a run; read without a model."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from ..errors import StoreError, first_line
from ..text.escape import json_value
from . import store
from .run_folder import RunFolder


@dataclass(frozen=True, slots=True)
class Round:
    """The yield of a round and the quality of its student.

    `sources` new sentences gave `kept` pairs (round 0: no new sentences, the pairs of the dataset) with mean
    quality `pair_quality` (`ranking.quality`; None without scores). The student was trained on `pairs`.
    `accepted` is the share of held-out sentences with at least one output that the cascade keeps; `quality`
    is the mean quality of the best output, 0 where none is kept. A round helps if `quality` rises.
    """

    number: int
    sources: int
    kept: int
    pairs: int
    accepted: float
    quality: float
    pair_quality: float | None = None


_ROUNDS = TypeAdapter(list[Round])  # a number is part of a path: nothing but a number may be one


def write_rounds(run: Path, rounds: Sequence[Round]) -> None:
    """Write the rounds of a run to one file. Raises StoreError."""
    rows = json_value([asdict(r) for r in rounds])
    store.write_text(RunFolder(run).rounds_file, json.dumps(rows, indent=2, allow_nan=False) + "\n")


def best(rounds: Sequence[Round]) -> Round:
    """The round with the highest student quality; of equal rounds the first."""
    return max(rounds, key=lambda r: (r.quality, -r.number))


def read_rounds(run: Path) -> list[Round]:
    """The finished rounds of a run; empty if it has no student. Raises StoreError."""
    path = RunFolder(run).rounds_file
    if not path.exists():
        return []
    try:
        return _ROUNDS.validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read ({first_line(error)}); remove it and run again") from error


def run_student(run: Path) -> Path | None:
    """The folder of a run's best student; None if it has no student."""
    rounds = read_rounds(run)
    return RunFolder(run).student_folder(best(rounds).number) if rounds else None
