"""The Ray engine: run tasks on workers on one or many machines; each loads its models once.

Teachers run the stages contexts and generate, critics score and filter. The driver owns the run folder: it
sends rows to a free worker and stores the result, so that no shared disk is needed. At most twice as many
shards are in progress as there are workers. When a worker dies, Ray restarts it, and its tasks go to other
workers. Rows are sent in Arrow IPC format.
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
from .base import SLOW, Callbacks, Done, Made, ShardRun, StageRunner, Task, advance

_KIND = {"contexts": "teachers", "generate": "teachers", "score": "critics", "filter": "critics"}
_TASKS_PER_WORKER = 2  # one running and one queued, so that a worker never waits for the driver
_MAX_DEATHS = 3  # worker deaths at one task before the run fails
_WAIT_TIMEOUT = 30.0  # seconds without a result before a note to the user
_START_ATTEMPTS = 3  # attempts to start a local cluster, which can time out on a busy machine
_OBJECT_STORE = 256 * 2**20  # bytes of shared memory of a local cluster: a few shards
_DEATHS = (RayActorError, ObjectLostError, NodeDiedError, OutOfMemoryError, WorkerCrashedError)


class Worker:
    """The actor on a worker. A stage loads its models on its first task."""

    def __init__(self, stages: Sequence[MapStage], models: Mapping[str, Sequence[str]], execution: Execution):
        self._stages = {stage.name: stage for stage in stages}
        self._models = models
        self._runner = StageRunner(execution)

    def ping(self) -> str:
        """Return host and pid; answers once the worker has started."""
        return f"{socket.gethostname()}:{os.getpid()}"

    def make(self, name: str, index: int, rows: bytes) -> tuple[bytes, Counter[str], float, str]:
        """Run a stage on a shard; input and output rows are IPC streams. Raises ImpossibleError."""
        stage = self._stages[name]
        for model, wanted in zip(stage.models, self._models[name], strict=True):
            if digest(model) != wanted:
                raise ModelError(
                    f"model {model} on {socket.gethostname()} differs from the one on the driver; "
                    "install the same files on both"
                )
        made = self._runner.make(stage, index, unpack(rows), lambda: None)
        return pack(made.table), made.counts, made.seconds, self.ping()


def pack(table: pa.Table) -> bytes:
    """Serialise a table; a slice is serialised without the rest of its table."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


def unpack(data: bytes) -> pa.Table:
    """Deserialise a table from `pack`."""
    with pa.ipc.open_stream(data) as stream:
        return stream.read_all()


@dataclass(frozen=True, slots=True)
class _Call:
    """A pending call of a worker: a task of a shard run or, without a task, a ping."""

    worker: Any
    pool: "_Pool"
    shard_run: ShardRun | None = None
    task: Task | None = None
    number: int = 0  # ascending in the order of sending


@dataclass(slots=True)
class _Pool:
    """The workers of one kind, started on demand, and the queue of their tasks."""

    kind: str
    workers: Workers
    arguments: tuple[Any, ...]
    waiting: deque[tuple[ShardRun, Task]] = field(default_factory=deque)
    free: dict[Any, int] = field(default_factory=dict)  # worker → free slots
    sent: int = 0

    def add(self, shard_run: ShardRun, task: Task) -> Iterator[tuple[Any, _Call]]:
        """Queue a task; start one more worker if the pool is not complete."""
        self.waiting.append((shard_run, task))
        if len(self.free) < self.workers.count:
            of_kind = ray.remote(num_cpus=self.workers.cpus, num_gpus=self.workers.gpus, max_restarts=-1)
            worker = of_kind(Worker).remote(*self.arguments)
            self.free[worker] = 0
            yield self.ping(worker)

    def ping(self, worker: Any) -> tuple[Any, _Call]:
        """Ping a worker, which answers once it is started or restarted."""
        return worker.ping.options(max_task_retries=-1).remote(), _Call(worker, self)

    def send(self) -> Iterator[tuple[Any, _Call]]:
        """Send queued tasks while a worker has a free slot, to the least busy worker first."""
        while self.waiting and (worker := max(self.free, key=self.free.__getitem__)) and self.free[worker]:
            shard_run, task = self.waiting.popleft()
            self.free[worker] -= 1
            ref = worker.make.remote(task.stage.name, task.index, pack(task.rows))
            self.sent += 1
            yield ref, _Call(worker, self, shard_run, task, self.sent)


class _Scheduler:
    """All pools and pending calls. Ray is started or joined with the first task."""

    def __init__(self, stages: Sequence[MapStage], execution: Execution, callbacks: Callbacks):
        models = {stage.name: [digest(model) for model in stage.models] for stage in stages}
        kinds = {"teachers": execution.ray.teachers, "critics": execution.ray.critics}
        self._pools = {
            kind: _Pool(kind, workers, (list(stages), models, worker_execution(execution, workers)))
            for kind, workers in kinds.items()
        }
        self._window = sum(workers.count for workers in kinds.values()) * _TASKS_PER_WORKER
        self._callbacks, self._settings = callbacks, execution.ray
        self._pending: dict[Any, _Call] = {}
        self._deaths: Counter[tuple[str, int]] = Counter()
        self._exit_stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._exit_stack:
            for worker in [worker for pool in self._pools.values() for worker in pool.free]:
                ray.kill(worker)

    def tasks(self) -> int:
        """The number of tasks sent or queued."""
        sent = sum(call.task is not None for call in self._pending.values())
        return sent + sum(len(pool.waiting) for pool in self._pools.values())

    def full(self) -> bool:
        """Whether no further shard should be started."""
        return self.tasks() >= self._window

    def add(self, shard_run: ShardRun, task: Task) -> None:
        """Queue a task."""
        if not any(pool.free for pool in self._pools.values()):
            self._exit_stack.enter_context(cluster(self._settings))
        self._pending.update(self._pools[_KIND[task.stage.name]].add(shard_run, task))

    def next(self) -> tuple[ShardRun, Made]:
        """Wait for the next finished task. Raises ImpossibleError."""
        while True:
            for pool in self._pools.values():
                self._pending.update(pool.send())
            ready, _ = ray.wait(list(self._pending), num_returns=1, timeout=_WAIT_TIMEOUT)
            if not ready:
                self._note_waiting()
                continue
            call = self._pending.pop(ready[0])
            try:
                answer = ray.get(ready[0])
            except RayTaskError as error:
                raise _cause(error) from None
            except _DEATHS as error:
                self._handle_death(call, error)
                continue
            if call.shard_run is None or call.task is None:
                call.pool.free[call.worker] = _TASKS_PER_WORKER
                continue
            call.pool.free[call.worker] += 1
            if call.task.stage.name in SLOW:
                self._callbacks.tick(call.task.rows.num_rows)
            rows, *rest = answer
            return call.shard_run, Made(unpack(rows), *rest)

    def _handle_death(self, call: _Call, error: RayError) -> None:
        """Put the task of a dead worker at the front of the queue and ping the restarted worker."""
        if call.shard_run is None or call.task is None:
            raise ModelError(f"a worker of {call.pool.kind} cannot be started: {_summary(error)}") from None
        call.pool.waiting.appendleft((call.shard_run, call.task))
        of_worker = [other for other in self._pending.values() if other.worker is call.worker]
        if all(other.task for other in of_worker):  # the first failed call of this death
            self._count_death(min([call, *of_worker], key=lambda other: other.number).task, error)
            call.pool.free[call.worker] = 0
            self._pending.update([call.pool.ping(call.worker)])

    def _count_death(self, task: Task | None, error: RayError) -> None:
        """Count the death for the oldest task of the worker, which was running; fail after too many."""
        assert task is not None
        stage, index = task.stage.name, task.index
        self._deaths[stage, index] += 1
        if self._deaths[stage, index] == _MAX_DEATHS:
            raise ModelError(
                f"stage {stage}: {_MAX_DEATHS} workers died at shard {shard_name(index)}, perhaps out of "
                f"memory ({_summary(error)}); finished shards are kept; rerun the command to resume"
            ) from None
        self._callbacks.note(
            f"a worker died at shard {shard_name(index)} of stage {stage}; the shard is retried"
        )

    def _note_waiting(self) -> None:
        if any(call.task for call in self._pending.values()):
            return  # a task is running: no note
        has: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        wanted = ", ".join(
            f"{pool.kind} ({pool.workers.cpus:g} CPU, {pool.workers.gpus:g} GPU each)"
            for pool in self._pools.values()
            if pool.free
        )
        self._callbacks.note(
            f"waiting for {wanted}; the cluster has {has.get('CPU', 0):g} CPU, {has.get('GPU', 0):g} GPU"
        )


def worker_execution(execution: Execution, workers: Workers) -> Execution:
    """The execution settings of a worker: as many threads as it has cores, and no GPU if it has none."""
    without_gpu = execution.device.startswith("cuda") and not workers.gpus
    return execution.model_copy(
        update={
            "threads": execution.threads or max(1, int(workers.cpus)),
            "device": "cpu" if without_gpu else execution.device,
        }
    )


def distributed(
    shard_runs: Iterable[ShardRun | None],
    stages: Sequence[MapStage],
    execution: Execution,
    callbacks: Callbacks,
) -> Generator[Done]:
    """Take shards through all stages on Ray workers; yields them as they finish.

    Raises ImpossibleError.
    """
    todo = iter(shard_runs)
    try:
        with _Scheduler(stages, execution, callbacks) as scheduler:
            while True:
                shard_run, made = None if scheduler.full() else next(todo, None), None
                if shard_run is None:
                    if not scheduler.tasks():
                        return
                    shard_run, made = scheduler.next()
                state = advance(shard_run, made)
                if isinstance(state, Task):
                    scheduler.add(shard_run, state)
                else:
                    yield state
    except RayError as error:
        raise ModelError(
            f"the Ray cluster failed ({_summary(error)}); rerun the command to resume"
        ) from error


def _cause(error: RayTaskError) -> ImpossibleError:
    if isinstance(error.cause, ImpossibleError):
        return error.cause
    return ModelError(f"a Ray worker failed: {_summary(error)}")


def _summary(error: BaseException) -> str:
    """The first and last line of a Ray error; the last one may have the cause."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[0] if len(lines) == 1 else f"{lines[0]} … {lines[-1]}"


@contextmanager
def cluster(settings: Settings) -> Iterator[None]:
    """Join or start a Ray cluster; use the caller's if Ray is already initialised. Raises ModelError."""
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no usage statistics
    for attempt in range(_START_ATTEMPTS):
        try:
            with _keep_sigterm_handler():
                ray.init(log_to_driver=False, logging_level=logging.ERROR, **_init_arguments(settings))
            break
        except Exception as error:  # Ray raises many types, bare Exception on a busy machine
            ray.shutdown()
            if settings.address is not None:
                raise ModelError(
                    f"execution.ray.address: no Ray cluster at {settings.address} ({_summary(error)}); "
                    "start one: ray start --head"
                ) from error
            if attempt + 1 == _START_ATTEMPTS:
                raise ModelError(f"Ray cannot be started here: {_summary(error)}") from error
    try:
        yield
    finally:
        ray.shutdown()


def _init_arguments(settings: Settings) -> dict[str, Any]:
    """Arguments of `ray.init`: the cluster to join, or the resources of a new local one."""
    if settings.address is not None:
        return {"address": settings.address}
    cpus = sum(workers.count * workers.cpus for workers in (settings.teachers, settings.critics))
    return {
        "address": "local",
        "num_cpus": math.ceil(cpus),  # as many as requested, since local workers share the cores anyway
        "object_store_memory": _OBJECT_STORE,
        "include_dashboard": False,
    }


@contextmanager
def _keep_sigterm_handler() -> Iterator[None]:
    """Restore the SIGTERM handler that `ray.init` replaces: SIGTERM must end a run as Ctrl-C does."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, before)
