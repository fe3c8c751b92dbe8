"""Whether overlapping generation and filtering pays on one machine: seconds a context, as a table.

python benchmarks/overlap.py recipes/quickstart.toml --contexts 48

The same contexts go, without students, through the engine `local`, where one stage after the other has all
threads, and through `ray` with one critic worker beside one and two teachers, a thread each, where they
overlap. Seconds run from the third shard that is through all stages to the last but two; starting and loading
are left out. Equal says that the datasets have the same bytes.
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
    """When each shard was through."""

    def __init__(self) -> None:
        self.finished: list[float] = []

    def shard(self, state: State, index: int) -> None:
        self.finished.append(time.perf_counter())


def measure(recipe: Recipe, execution: Execution) -> tuple[float, str]:
    """Seconds a context, and the dataset's checksum."""
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
