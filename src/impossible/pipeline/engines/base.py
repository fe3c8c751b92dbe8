"""A shard's way through the stages, whichever engine takes it."""

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
    """A shard to be made: by which stage, the number of the shard, and what of."""

    stage: MapStage
    index: int
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class Made:
    """What a stage made of a shard: rows, the counts for the funnel, seconds, and which worker it was."""

    table: pa.Table
    counts: Counter[str]
    seconds: float
    worker: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """A shard that is through: its file of each stage, and whether any was made now, not found finished."""

    index: int
    shards: Mapping[str, store.Shard]
    made: bool


Way = Generator[Task, Made, Done]


@dataclass(frozen=True, slots=True)
class Calls:
    """What an engine tells while it works: contexts that passed a slow stage; what a person should know."""

    tick: Callable[[int], None]
    note: Callable[[str], None]


Engine = Callable[[Iterable[Way], Sequence[MapStage], Execution, Calls], Generator[Done]]


def way(
    folder: RunFolder,
    stages: Sequence[MapStage],
    models: Mapping[str, Sequence[str]],
    index: int,
    rows: pa.Table,
    calls: Calls,
) -> Way:
    """Take one shard through all stages: asks for what is not finished yet, and writes it down.

    `models` are the digests of each stage's models. Raises StoreError.
    """
    shards: dict[str, store.Shard] = {}
    content, before, made = store.checksum(rows), "", False
    for stage in stages:
        slow = stage.name in SLOW
        wanted = stage.made_for(models[stage.name], content)
        shard = store.finished(folder.shard_file(stage.name, index), wanted)
        if shard is None:
            made, task = True, Task(stage, index, shards[before].table() if before else rows)
            shard = _write(folder, wanted, task, (yield task))
        elif slow:
            calls.tick(rows.num_rows)
        shards[stage.name] = shard
        content, before = shard.checksum, stage.name
    return Done(index, shards, made)


SLOW = ("generate", "score")  # the stages whose contexts are counted


def _write(folder: RunFolder, wanted: str, task: Task, made: Made) -> store.Shard:
    stage = task.stage.name
    shard = store.write_shard(folder.shard_file(stage, task.index), made.table, wanted, made.counts)
    folder.log(stage, made.seconds, task.rows.num_rows, task.index, made.worker)
    return shard


def step(one: Way, made: Made | None = None) -> Task | Done:
    """Give a way what it asked for (at first: nothing); what it asks for next, or its end."""
    try:
        return next(one) if made is None else one.send(made)
    except StopIteration as end:
        return end.value


class Workshop:
    """Makes shards; a stage's models are loaded when it first has work."""

    def __init__(self, execution: Execution):
        self._execution = execution
        self._opened: dict[str, Work] = {}

    def make(self, stage: MapStage, index: int, rows: pa.Table, tick: Tick) -> Made:
        """What the stage makes of the rows. Raises ImpossibleError, whatever goes wrong."""
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
                f"{first_line(error)}; what is finished is kept, the same command goes on there"
            ) from error
        return Made(table, counts, round(time.perf_counter() - start, 3))
