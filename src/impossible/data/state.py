"""The progress of a run, in memory or read from its folder."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from . import dataset
from .rounds import Round, read_rounds
from .run_folder import RunFolder


@dataclass(slots=True)
class State:
    """The progress of a run. `counts` is the funnel over the finished shards.

    With a `target`, `distinct` is the number of pairs that each task has in the dataset; once the target is
    `reached`, `contexts` and `shards` are the numbers used. `found` is the share of the work that earlier
    runs had finished.
    """

    out: Path
    contexts: int
    shards: int
    done: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False
    target: int = 0
    reached: bool = False
    distinct: Counter[str] = field(default_factory=Counter)
    found: float = 0.0
    file: Path | None = None
    rounds: list[Round] = field(default_factory=list)

    @property
    def pairs(self) -> pa.Table | None:
        """The dataset, read from `file`; None if the run ended before it was written."""
        return None if self.file is None else dataset.read(self.file)

    def share(self) -> float:
        """The finished share of the work, 0 to 1: of the shards or of the target, whichever is larger."""
        of_target = min(self.distinct.values(), default=0) / self.target if self.target else 0
        return min(1.0, max(self.done / self.shards, of_target))

    def left(self, elapsed: float) -> float:
        """Estimated seconds left, at the mean speed of the `elapsed` seconds."""
        return elapsed * (1 - self.share()) / max(self.share() - self.found, 1e-9)


def read_state(out: Path) -> State:
    """Read the progress of a run from its folder; safe while another process writes to it.

    Raises StoreError if there is no run.
    """
    folder = RunFolder(out)
    manifest = folder.manifest()
    state = State(out, manifest.contexts, manifest.shards, target=manifest.target, reached=manifest.reached)
    for index in range(state.shards):
        shards = [folder.shard(stage, index) for stage in manifest.stages]
        for shard in shards:
            state.counts.update(shard.counts if shard else {})
        state.done += shards[-1] is not None
    # count only the last attempt at a shard, but every session of student training
    taken = {(row["stage"], row["shard"] or str(i)): row["seconds"] for i, row in enumerate(folder.journal())}
    for (stage, _), seconds in taken.items():
        state.seconds[stage] += seconds
    state.rounds = read_rounds(out)
    return state
