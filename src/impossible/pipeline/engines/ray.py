"""Ray workers on one machine or many, each of which loads its models once.

Teachers make contexts and groups, critics score and filter. The driver keeps the run: it hands rows to a
worker that has room and writes down what comes back, so that no disk need be shared. At most twice as many
shards are under way as there are workers. When a worker dies, Ray starts it anew, and its shards go to the
others. Rows travel in Arrow's IPC format.
"""

import logging
import math
import os
import signal
import socket
import threading
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import pyarrow as pa
import ray
from ray.exceptions import (
    NodeDiedError,
    ObjectLostError,
    OutOfMemoryError,
    RayActorError,
    RayError,
    RayTaskError,
    WorkerCrashedError,
)

from ...data.run_folder import shard_name
from ...errors import ImpossibleError, ModelError
from ...models.locate import digest
from ...recipe.execution import Execution, Workers
from ...recipe.execution import Ray as Settings
from ..stages import MapStage
from .base import SLOW, Calls, Done, Made, Task, Way, Workshop, step

_KIND = {"contexts": "teachers", "generate": "teachers", "score": "critics", "filter": "critics"}
_AT_ONCE = 2  # shards a worker has: one at work, one that waits there, so that it never waits for the driver
_TRIES = 3  # workers that a shard may cost
_PATIENCE = 30.0  # seconds without news after which a person is told what is waited for
_STARTS = 3  # times that a cluster of this machine is tried, which is slow to start where much else runs
_OBJECTS = 256 * 2**20  # bytes of shared memory on a machine of its own: a few shards
_DEATHS = (RayActorError, ObjectLostError, NodeDiedError, OutOfMemoryError, WorkerCrashedError)


class Worker:
    """What runs on a worker. Stages open their models there, when they first have work."""

    def __init__(self, stages: Sequence[MapStage], models: Mapping[str, Sequence[str]], execution: Execution):
        self._stages = {stage.name: stage for stage in stages}
        self._models = models
        self._shop = Workshop(execution)

    def hello(self) -> str:
        """Answers once the worker is there: its machine and process."""
        return f"{socket.gethostname()}:{os.getpid()}"

    def make(self, name: str, index: int, rows: bytes) -> tuple[bytes, Counter[str], float, str]:
        """Make a shard; `rows` and what comes back are IPC streams. Raises ImpossibleError."""
        stage = self._stages[name]
        for model, wanted in zip(stage.models, self._models[name], strict=True):
            if digest(model) != wanted:
                raise ModelError(
                    f"model {model} on {socket.gethostname()} is not the one where the run was "
                    "started; give both the same files"
                )
        made = self._shop.make(stage, index, unpack(rows), lambda: None)
        return pack(made.table), made.counts, made.seconds, self.hello()


def pack(table: pa.Table) -> bytes:
    """A table as bytes that hold nothing but its own rows, also of a slice."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


def unpack(data: bytes) -> pa.Table:
    """The table that `pack` was given."""
    with pa.ipc.open_stream(data) as stream:
        return stream.read_all()


@dataclass(frozen=True, slots=True)
class _Flight:
    """What a worker was asked: a task of a way, or, without one, whether it is there."""

    worker: Any
    pool: "_Pool"
    one: Way | None = None
    task: Task | None = None
    number: int = 0  # in the order in which they were sent


@dataclass(slots=True)
class _Pool:
    """The workers of one kind, started when the first task comes, and the tasks that wait for room."""

    kind: str
    workers: Workers
    arguments: tuple[Any, ...]
    waiting: deque[tuple[Way, Task]] = field(default_factory=deque)
    room: dict[Any, int] = field(default_factory=dict)  # worker → how many tasks more it may be given
    sent: int = 0

    def add(self, one: Way, task: Task) -> Iterator[tuple[Any, _Flight]]:
        """A task to be done when there is room; as long as workers are missing, each brings one."""
        self.waiting.append((one, task))
        if len(self.room) < self.workers.count:
            of_kind = ray.remote(num_cpus=self.workers.cpus, num_gpus=self.workers.gpus, max_restarts=-1)
            worker = of_kind(Worker).remote(*self.arguments)
            self.room[worker] = 0
            yield self.greet(worker)

    def greet(self, worker: Any) -> tuple[Any, _Flight]:
        """Ask whether a worker is there, also one that has to be started anew."""
        return worker.hello.options(max_task_retries=-1).remote(), _Flight(worker, self)

    def send(self) -> Iterator[tuple[Any, _Flight]]:
        """Hand out what waits while somebody has room, to the least busy first."""
        while self.waiting and (worker := max(self.room, key=self.room.__getitem__)) and self.room[worker]:
            one, task = self.waiting.popleft()
            self.room[worker] -= 1
            ref = worker.make.remote(task.stage.name, task.index, pack(task.rows))
            self.sent += 1
            yield ref, _Flight(worker, self, one, task, self.sent)


class _Floor:
    """All pools, and everything that is under way. Ray is started, or joined, with the first task."""

    def __init__(self, stages: Sequence[MapStage], execution: Execution, calls: Calls):
        models = {stage.name: [digest(model) for model in stage.models] for stage in stages}
        kinds = {"teachers": execution.ray.teachers, "critics": execution.ray.critics}
        self._pools = {
            kind: _Pool(kind, workers, (list(stages), models, at_home(execution, workers)))
            for kind, workers in kinds.items()
        }
        self._window = sum(workers.count for workers in kinds.values()) * _AT_ONCE
        self._calls, self._settings = calls, execution.ray
        self._flying: dict[Any, _Flight] = {}
        self._tries: Counter[tuple[str, int]] = Counter()
        self._until_the_end = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._until_the_end:
            for worker in [worker for pool in self._pools.values() for worker in pool.room]:
                ray.kill(worker)

    def tasks(self) -> int:
        """How many are under way."""
        flying = sum(flight.task is not None for flight in self._flying.values())
        return flying + sum(len(pool.waiting) for pool in self._pools.values())

    def full(self) -> bool:
        """Whether no further shard should be begun."""
        return self.tasks() >= self._window

    def add(self, one: Way, task: Task) -> None:
        """A task to be done when there is room."""
        if not any(pool.room for pool in self._pools.values()):
            self._until_the_end.enter_context(cluster(self._settings))
        self._flying.update(self._pools[_KIND[task.stage.name]].add(one, task))

    def next(self) -> tuple[Way, Made]:
        """Wait for the next task that is done. Raises ImpossibleError."""
        while True:
            for pool in self._pools.values():
                self._flying.update(pool.send())
            ready, _ = ray.wait(list(self._flying), num_returns=1, timeout=_PATIENCE)
            if not ready:
                self._say_what_is_waited_for()
                continue
            flight = self._flying.pop(ready[0])
            try:
                answer = ray.get(ready[0])
            except RayTaskError as error:
                raise _cause(error) from None
            except _DEATHS as error:
                self._bury(flight, error)
                continue
            if flight.one is None or flight.task is None:
                flight.pool.room[flight.worker] = _AT_ONCE
                continue
            flight.pool.room[flight.worker] += 1
            if flight.task.stage.name in SLOW:
                self._calls.tick(flight.task.rows.num_rows)
            rows, *rest = answer
            return flight.one, Made(unpack(rows), *rest)

    def _bury(self, flight: _Flight, error: RayError) -> None:
        """A worker died: its task goes to the front of what waits, and the worker is greeted anew."""
        if flight.one is None or flight.task is None:
            raise ModelError(f"a worker of {flight.pool.kind} cannot be started: {_said(error)}") from None
        flight.pool.waiting.appendleft((flight.one, flight.task))
        of_worker = [other for other in self._flying.values() if other.worker is flight.worker]
        if all(other.task for other in of_worker):  # the first that is heard of this death
            self._blame(min([flight, *of_worker], key=lambda other: other.number).task, error)
            flight.pool.room[flight.worker] = 0
            self._flying.update([flight.pool.greet(flight.worker)])

    def _blame(self, task: Task | None, error: RayError) -> None:
        """The oldest task of a worker was at work when it died; often enough, and it is the task's fault."""
        assert task is not None
        stage, index = task.stage.name, task.index
        self._tries[stage, index] += 1
        if self._tries[stage, index] == _TRIES:
            raise ModelError(
                f"stage {stage}: {_TRIES} workers died at shard {shard_name(index)}, perhaps of lack of "
                f"memory ({_said(error)}); what is finished is kept, the same command goes on there"
            ) from None
        self._calls.note(f"a worker died at shard {shard_name(index)} of stage {stage}; it is made again")

    def _say_what_is_waited_for(self) -> None:
        if any(flight.task for flight in self._flying.values()):
            return  # slow work is no news
        has: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        wanted = ", ".join(
            f"{pool.kind} ({pool.workers.cpus:g} CPU, {pool.workers.gpus:g} GPU each)"
            for pool in self._pools.values()
            if pool.room
        )
        self._calls.note(
            f"waiting for {wanted}; the cluster has {has.get('CPU', 0):g} CPU, {has.get('GPU', 0):g} GPU"
        )


def at_home(execution: Execution, workers: Workers) -> Execution:
    """The settings on a worker: no more threads than it has cores, and no GPU if it was given none."""
    without = execution.device.startswith("cuda") and not workers.gpus
    return execution.model_copy(
        update={
            "threads": execution.threads or max(1, int(workers.cpus)),
            "device": "cpu" if without else execution.device,
        }
    )


def distributed(
    ways: Iterable[Way], stages: Sequence[MapStage], execution: Execution, calls: Calls
) -> Generator[Done]:
    """Take shards through all stages on Ray workers; they come in the order in which they get through.

    Raises ImpossibleError.
    """
    todo = iter(ways)
    try:
        with _Floor(stages, execution, calls) as floor:
            while True:
                one, made = None if floor.full() else next(todo, None), None
                if one is None:
                    if not floor.tasks():
                        return
                    one, made = floor.next()
                at = step(one, made)
                if isinstance(at, Task):
                    floor.add(one, at)
                else:
                    yield at
    except RayError as error:
        raise ModelError(f"the Ray cluster failed ({_said(error)}); the same command goes on") from error


def _cause(error: RayTaskError) -> ImpossibleError:
    if isinstance(error.cause, ImpossibleError):
        return error.cause
    return ModelError(f"a Ray worker failed: {_said(error)}")


def _said(error: BaseException) -> str:
    """The first line of an error of Ray's, and the last one, in which the reason may be."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[0] if len(lines) == 1 else f"{lines[0]} … {lines[-1]}"


@contextmanager
def cluster(settings: Settings) -> Iterator[None]:
    """Ray, joined or started; one that the caller has started is used as it is. Raises ModelError."""
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray would tell its makers
    for attempt in range(_STARTS):
        try:
            with _keeping_signals():
                ray.init(log_to_driver=False, logging_level=logging.ERROR, **_where(settings))
            break
        except (
            Exception
        ) as error:  # Ray raises what it likes, and bare Exception on a machine that is too busy
            ray.shutdown()
            if settings.address is not None:
                raise ModelError(
                    f"execution.ray.address: no Ray cluster at {settings.address} ({_said(error)}); "
                    "start one: ray start --head"
                ) from error
            if attempt + 1 == _STARTS:
                raise ModelError(f"Ray cannot be started here: {_said(error)}") from error
    try:
        yield
    finally:
        ray.shutdown()


def _where(settings: Settings) -> dict[str, Any]:
    """What Ray is told: the cluster to join, or what a new one of this machine is to have."""
    if settings.address is not None:
        return {"address": settings.address}
    cpus = sum(workers.count * workers.cpus for workers in (settings.teachers, settings.critics))
    return {
        "address": "local",
        "num_cpus": math.ceil(cpus),  # as many as are asked for: workers of one machine share it anyway
        "object_store_memory": _OBJECTS,
        "include_dashboard": False,
    }


@contextmanager
def _keeping_signals() -> Iterator[None]:
    """Ray's start takes SIGTERM, which has to end a run as Ctrl-C does."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, before)
