"""How far a run is."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from . import dataset
from .rounds import Round, read_rounds
from .run_folder import RunFolder


@dataclass(slots=True)
class State:
    """Where a run stands. `counts` is the funnel over the finished shards.

    With a `target`, `distinct` is how many pairs each task has so far, repeats counted once; where the
    target is `reached`, `contexts` and `shards` are what it took. `found` is the share of the work that was
    finished before.
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
        """The dataset, read from its `file`; None if the run ended before there was one."""
        return None if self.file is None else dataset.read(self.file)

    def share(self) -> float:
        """How much of the work is done, 0 to 1: of the shards or, if it is more, of the target."""
        of_target = min(self.distinct.values(), default=0) / self.target if self.target else 0
        return min(1.0, max(self.done / self.shards, of_target))

    def left(self, elapsed: float) -> float:
        """Seconds to the end, if it goes on as in the `elapsed` ones."""
        return elapsed * (1 - self.share()) / max(self.share() - self.found, 1e-9)


def read_state(out: Path) -> State:
    """Where a run stands, read from its folder, also while another process works on it.

    Raises StoreError if there is no run.
    """
    folder = RunFolder(out)
    manifest = folder.manifest()
    state = State(out, manifest.contexts, manifest.shards, target=manifest.target, reached=manifest.reached)
    for index in range(state.shards):
        found = [folder.shard(stage, index) for stage in manifest.stages]
        for shard in found:
            state.counts.update(shard.counts if shard else {})
        state.done += found[-1] is not None
    # a shard that was made anew counts once; a student is trained in as many goes as it took
    taken = {(row["stage"], row["shard"] or str(i)): row["seconds"] for i, row in enumerate(folder.journal())}
    for (stage, _), seconds in taken.items():
        state.seconds[stage] += seconds
    state.rounds = read_rounds(out)
    return state
