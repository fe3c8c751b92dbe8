"""Measure how a run's throughput scales with Ray workers.

python benchmarks/ray_scaling.py --recipe recipes/continuation.toml --workers 1 2 --contexts 16
python benchmarks/ray_scaling.py --simulated 1 4 16 64 --sleep 4

The first form continues contexts with the recipe's teacher, one thread per worker. The second simulates
workers that sleep for each shard and return 4 groups of 100 sentences, to measure the driver, which assigns,
checks, writes and syncs every shard. Seconds are counted from the moment when every worker has finished a
shard until the first worker is idle; startup and model loading are excluded. Efficiency is the rate divided
by the number of workers times the rate of one worker: that of the first row, or 1/sleep if simulated.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from impossible.data.run_folder import RunFolder
from impossible.data.schema import CONTEXTS, GROUPS
from impossible.data.state import State
from impossible.pipeline.engines import open_engine
from impossible.pipeline.engines.base import Callbacks, run_shard
from impossible.pipeline.run import Watch, run
from impossible.pipeline.stages import MapStage, Tick, Work
from impossible.recipe.execution import Execution
from impossible.recipe.execution import Ray as RaySettings
from impossible.recipe.load import load
from impossible.recipe.recipe import Recipe

SENTENCES = [f"This is sentence number {n} of a group that nobody wrote." for n in range(100)]
PER_SHARD = 4


@dataclass(frozen=True)
class Measured:
    """Workers, shards per second, and CPU-seconds of the driver per shard."""

    workers: int
    shards: int
    rate: float
    driver: float


Moment = tuple[float, float]  # wall clock, and the driver's CPU-seconds


def moment() -> Moment:
    return time.perf_counter(), time.process_time()


def measured(workers: int, finished: Sequence[Moment], made_by: Sequence[str]) -> Measured:
    """Compute the rate from the moments of finished shards, in order, and the worker of each."""
    first = max(made_by.index(name) for name in set(made_by))  # when every worker is busy
    last = len(finished) - workers  # before the first worker is idle
    if len(set(made_by)) < workers or last <= first:
        raise SystemExit(f"too few shards to measure {workers} workers: {len(set(made_by))} had any")
    wall, spent = (end - start for start, end in zip(finished[first], finished[last], strict=True))
    return Measured(workers, len(finished), (last - first) / wall, spent / (last - first))


def engine(teachers: int) -> Execution:
    return Execution(
        engine="ray", threads=1, ray=RaySettings.model_validate({"teachers": {"count": teachers}})
    )


# --- simulated workers --------------------------------------------------------------------------------------


def sleeping(seconds: float) -> Callable[[Execution], Work]:
    def work(rows: pa.Table, tick: Tick) -> tuple[pa.Table, Counter[str]]:
        time.sleep(seconds)
        said = [{"text": text, "count": 1, "logprob": -9.0} for text in SENTENCES]
        groups = [{**row, "candidates": said} for row in rows.to_pylist()]
        return pa.Table.from_pylist(groups, GROUPS), Counter(contexts=rows.num_rows)

    return lambda _: work


def simulate(workers: int, sleep: float, shards: int) -> Measured:
    stage = MapStage("generate", 1, "sleeping", (), sleeping(sleep))
    callbacks = Callbacks(lambda _: None, print)
    finished, made_by = [], []
    with tempfile.TemporaryDirectory() as scratch:
        folder = RunFolder(Path(scratch))
        shard_runs = (
            run_shard(folder, [stage], {"generate": ()}, i, contexts(i), callbacks)
            for i in range(workers * shards)
        )
        for _ in open_engine(engine(workers))(shard_runs, [stage], engine(workers), callbacks):
            finished.append(moment())
        made_by = [row["worker"] for row in folder.journal()]
    return measured(workers, finished, made_by)


def contexts(index: int) -> pa.Table:
    rows = [
        {"context_id": f"{index}-{n}", "domain": "news", "context": "NEW YORK --", "origin": "nobody"}
        for n in range(PER_SHARD)
    ]
    return pa.Table.from_pylist(rows, CONTEXTS)


# --- a real teacher ----------------------------------------------------------------------------------------


class Clock(Watch):
    """Records when each shard was finished."""

    def __init__(self) -> None:
        self.finished: list[Moment] = []

    def shard(self, state: State, index: int) -> None:
        self.finished.append(moment())

    def note(self, text: str) -> None:
        print(text)


def sized(recipe: Recipe, contexts: int) -> Recipe:
    settings = recipe.contexts.model_copy(update={"count": contexts, "per_shard": 1})
    return recipe.model_copy(update={"contexts": settings})


def work(recipe: Recipe, workers: int) -> Measured:
    settings = recipe.model_copy(update={"execution": engine(workers)})
    watch = Clock()
    with tempfile.TemporaryDirectory() as scratch:
        run(settings, Path(scratch), until="generate", watch=watch)
        rows = RunFolder(Path(scratch)).journal()
    made_by = [row["worker"] for row in rows if row["stage"] == "generate"]
    return measured(workers, watch.finished, made_by)


def table(found: Iterator[Measured], alone: float | None) -> None:
    print(
        "| workers | shards | shards a second | efficiency | driver, CPU-ms a shard |\n|---|---|---|---|---|"
    )
    for one in found:
        alone = alone or one.rate / one.workers
        share = one.rate / (alone * one.workers)
        print(
            f"| {one.workers} | {one.shards} | {one.rate:.3g} | {share:.0%} | {one.driver * 1000:.1f} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--recipe", type=Path)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--contexts", type=int, default=16, help="of one worker's share")
    parser.add_argument("--simulated", type=int, nargs="*", default=[])
    parser.add_argument("--sleep", type=float, default=4.0, help="seconds a shard")
    parser.add_argument("--shards", type=int, default=8, help="a sleeping worker's")
    options = parser.parse_args()
    if options.recipe:
        recipe = load(options.recipe)
        table((work(sized(recipe, options.contexts * n), n) for n in options.workers), None)
    if options.simulated:
        table((simulate(n, options.sleep, options.shards) for n in options.simulated), 1 / options.sleep)


if __name__ == "__main__":
    main()
