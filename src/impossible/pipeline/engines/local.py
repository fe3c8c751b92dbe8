"""The local engine: run shards one after another in this process."""

from collections.abc import Generator, Iterable, Sequence

from ...recipe.execution import Execution
from ..stages import MapStage
from .base import Callbacks, Done, ShardRun, StageRunner, Task, advance


def local(
    shard_runs: Iterable[ShardRun | None],
    stages: Sequence[MapStage],
    execution: Execution,
    callbacks: Callbacks,
) -> Generator[Done]:
    """Take the shards through all stages, one at a time. Raises ImpossibleError."""
    runner = StageRunner(execution)
    for shard_run in filter(None, shard_runs):  # each run is finished before the next is asked for
        state = advance(shard_run)
        while isinstance(state, Task):
            state = advance(
                shard_run, runner.make(state.stage, state.index, state.rows, lambda: callbacks.tick(1))
            )
        yield state
