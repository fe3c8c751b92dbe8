"""Take a shard through all stages; the part that all engines share."""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from ...data import store
from ...data.run_folder import RunFolder, shard_name
from ...errors import ImpossibleError, ModelError, first_line
from ...recipe.execution import Execution
from ..stages import MapStage, Tick, Work


@dataclass(frozen=True, slots=True)
class Task:
    """A shard to make: its stage, its index and its input rows."""

    stage: MapStage
    index: int
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class Made:
    """The result of a task: rows, funnel counts, seconds and the worker."""

    table: pa.Table
    counts: Counter[str]
    seconds: float
    worker: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """A shard that has passed all stages; `made` is False if every stage was already finished."""

    index: int
    shards: Mapping[str, store.Shard]
    made: bool


ShardRun = Generator[Task, Made, Done]


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Callbacks of an engine: `tick` counts contexts after a slow stage, `note` is for user messages."""

    tick: Callable[[int], None]
    note: Callable[[str], None]


# None among the runs: the next ones wait for runs in progress.
Engine = Callable[[Iterable[ShardRun | None], Sequence[MapStage], Execution, Callbacks], Generator[Done]]


def run_shard(
    folder: RunFolder,
    stages: Sequence[MapStage],
    models: Mapping[str, Sequence[str]],
    index: int,
    rows: pa.Table,
    callbacks: Callbacks,
) -> ShardRun:
    """Take one shard through all stages: yield a task for each unfinished one and store its result.

    `models` are the digests of each stage's models. Raises StoreError.
    """
    shards: dict[str, store.Shard] = {}
    content, before, made = store.checksum(rows), "", False
    for stage in stages:
        slow = stage.name in SLOW
        wanted = stage.fingerprint(models[stage.name], content)
        shard = store.finished(folder.shard_file(stage.name, index), wanted)
        if shard is None:
            made, task = True, Task(stage, index, shards[before].table() if before else rows)
            shard = _write(folder, wanted, task, (yield task))
        elif slow:
            callbacks.tick(rows.num_rows)
        shards[stage.name] = shard
        content, before = shard.checksum, stage.name
    return Done(index, shards, made)


SLOW = ("generate", "score")  # the stages that report progress per context


def _write(folder: RunFolder, wanted: str, task: Task, made: Made) -> store.Shard:
    stage = task.stage.name
    shard = store.write_shard(folder.shard_file(stage, task.index), made.table, wanted, made.counts)
    folder.log(stage, made.seconds, task.rows.num_rows, task.index, made.worker)
    return shard


def advance(shard_run: ShardRun, made: Made | None = None) -> Task | Done:
    """Send the result of the last task (none at first); return the next task, or Done at the end."""
    try:
        return next(shard_run) if made is None else shard_run.send(made)
    except StopIteration as end:
        return end.value


class StageRunner:
    """Runs stages; the models of a stage are loaded on its first task."""

    def __init__(self, execution: Execution):
        self._execution = execution
        self._opened: dict[str, Work] = {}

    def make(self, stage: MapStage, index: int, rows: pa.Table, tick: Tick) -> Made:
        """Run a stage on the rows. Raises ImpossibleError; other exceptions are converted to ModelError."""
        try:
            if stage.name not in self._opened:
                self._opened[stage.name] = stage.open(self._execution)
            start = time.perf_counter()
            table, counts = self._opened[stage.name](rows, tick)
        except ImpossibleError:
            raise
        except Exception as error:  # a model out of memory, a library's own error
            raise ModelError(
                f"stage {stage.name} failed on shard {shard_name(index)}: {type(error).__name__}: "
                f"{first_line(error)}; finished shards are kept; rerun the command to resume"
            ) from error
        return Made(table, counts, round(time.perf_counter() - start, 3))
