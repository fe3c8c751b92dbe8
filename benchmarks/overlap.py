"""Measure whether overlapping generation and filtering pays off on one machine: seconds per context.

python benchmarks/overlap.py recipes/continuation.toml --contexts 48

The same contexts are run, without students, on the engine `local`, where each stage in turn uses all threads,
and on `ray` with one critic worker and one or two teachers, one thread each, where the stages overlap.
Seconds are counted from the third finished shard to the third-last; startup and model loading are excluded.
"Equal" means that the datasets have the same bytes.
"""

import argparse
import tempfile
import time
from pathlib import Path

from impossible.data import store
from impossible.data.state import State
from impossible.pipeline.run import Watch, run
from impossible.recipe.execution import Execution, Ray
from impossible.recipe.load import load
from impossible.recipe.recipe import Recipe

ENGINES = {
    "local": Execution(),
    "ray, 1 teacher + 1 critics": Execution(engine="ray", threads=1),
    "ray, 2 teachers + 1 critics": Execution(
        engine="ray", threads=1, ray=Ray.model_validate({"teachers": {"count": 2, "cpus": 0.5}})
    ),
}


class Clock(Watch):
    """Records when each shard was finished."""

    def __init__(self) -> None:
        self.finished: list[float] = []

    def shard(self, state: State, index: int) -> None:
        self.finished.append(time.perf_counter())


def measure(recipe: Recipe, execution: Execution) -> tuple[float, str]:
    """Return seconds per context and the checksum of the dataset."""
    watch = Clock()
    with tempfile.TemporaryDirectory() as scratch:
        state = run(recipe.model_copy(update={"execution": execution}), Path(scratch), watch=watch)
        pairs = store.checksum(state.pairs)
    first, last = watch.finished[2], watch.finished[-3]
    return (last - first) / (len(watch.finished) - 5) / recipe.contexts.per_shard, pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--contexts", type=int, default=48)
    options = parser.parse_args()
    recipe = load(options.recipe, [f"contexts.count={options.contexts}", "contexts.per_shard=2"])
    recipe = recipe.model_copy(update={"distil": None})
    print("| engine | seconds a context | of local's | equal |\n|---|---|---|---|")
    base: tuple[float, str] | None = None
    for name, execution in ENGINES.items():
        seconds, pairs = measure(recipe, execution)
        base = base or (seconds, pairs)
        equal = "yes" if pairs == base[1] else "no"
        print(f"| {name} | {seconds:.2f} | {seconds / base[0]:.2f} | {equal} |", flush=True)


if __name__ == "__main__":
    main()
