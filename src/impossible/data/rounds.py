"""What each round of a run gave and what its student is worth: read and compared without a model."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import StoreError
from . import store
from .run_folder import RunFolder


@dataclass(frozen=True, slots=True)
class Round:
    """A round's yield and what its student is worth.

    `kept` pairs of mean quality `pair_quality` (`rank.quality`; None if they have no scores) came of
    `sources` new sentences (round 0: those of the dataset, of none), and the student learned from `pairs`.
    `accepted` is the share of held-out sentences with an output that the cascade keeps, `quality` the mean
    quality of the best output, 0 where none is kept: it has to rise for a round to help.
    """

    number: int
    sources: int
    kept: int
    pairs: int
    accepted: float
    quality: float
    pair_quality: float | None = None


def write_rounds(run: Path, found: Sequence[Round]) -> None:
    """Put rounds side by side into a run. Raises StoreError."""
    store.write_text(RunFolder(run).rounds_file, json.dumps([asdict(r) for r in found], indent=2) + "\n")


def best(found: Sequence[Round]) -> Round:
    """The round whose student is worth most."""
    return max(found, key=lambda r: (r.quality, -r.number))


def read_rounds(run: Path) -> list[Round]:
    """The rounds that a run has finished; none if it has no student. Raises StoreError."""
    path = RunFolder(run).rounds_file
    if not path.exists():
        return []
    try:
        return [Round(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(f"{path} cannot be read ({error}); remove it and run again") from error


def run_student(run: Path) -> Path | None:
    """The student of the round that was worth most, if the run has one."""
    rounds = read_rounds(run)
    return RunFolder(run).student_folder(best(rounds).number) if rounds else None
