"""Compare the forecast of `impossible plan` with the actual run.

python benchmarks/planner.py RECIPE … [--pilot 8] [--times 2] [--count 200] [--set KEY=VALUE] [--json FILE]

For each recipe, run a pilot, then a run to a target in a separate folder with another seed, so that nothing
is reused. The target is the expected yield of about `--times` as many contexts as the pilot's. The actual
contexts and seconds are compared with the forecast and its 95 % interval. Both count the seconds of shards,
without the loading of models.
"""

import argparse
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from impossible.data.state import read_state
from impossible.metrics.statistics import Interval
from impossible.models.progress_bars import hide_progress_bars
from impossible.pipeline.forecast import forecast, pilot, slowest
from impossible.pipeline.run import run
from impossible.recipe.load import load
from run import machine


@dataclass(frozen=True)
class Compared:
    """A forecast with 95 % intervals, and the actual figures."""

    recipe: str
    task: str
    target: int
    pilot_contexts: int
    pilot_seconds: float
    contexts: Interval
    seconds: Interval
    reached: bool
    took_contexts: int
    took_seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recipes", type=Path, nargs="+")
    parser.add_argument("--pilot", type=int, default=8, help="contexts")
    parser.add_argument("--times", type=float, default=2.0)
    parser.add_argument("--count", type=int, default=200, help="contexts at most")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="sets")
    parser.add_argument("--json", type=Path, dest="json_file")
    options = parser.parse_args()
    hide_progress_bars()
    console = Console(width=140, soft_wrap=True)
    for line in machine():
        console.print(line, markup=False)
    sets = [f"contexts.count={options.count}", *options.sets]
    found = []
    for path in options.recipes:
        found.append(compare(path, sets, options.pilot, options.times))
        console.print(found[-1], markup=False)
    console.print(table(found))
    if options.json_file is not None:
        report = {"machine": machine(), "sets": sets, "compared": [asdict(one) for one in found]}
        options.json_file.write_text(json.dumps(report, indent=2) + "\n")


def compare(path: Path, sets: list[str], contexts: int, times: float) -> Compared:
    recipe = load(path, sets)
    recipe = recipe.model_copy(update={"distil": None})
    with tempfile.TemporaryDirectory() as scratch:
        seen = pilot(recipe, Path(scratch), contexts)
    rarest = min(float(kept.sum()) for kept in seen.kept.values())
    target = max(1, round(times * rarest))
    expected = slowest(forecast(seen, target, recipe.seed, 0.0, None))
    other = recipe.model_copy(update={"seed": recipe.seed + 1})
    with tempfile.TemporaryDirectory() as scratch:
        state = run(other, Path(scratch), "filter", target=target)
        took = sum(read_state(Path(scratch)).seconds.values())
    seconds = Interval(*(3600 * x for x in (expected.hours.value, expected.hours.low, expected.hours.high)))
    return Compared(
        path.stem,
        expected.task,
        target,
        len(seen.seconds),
        float(seen.seconds.sum()),
        expected.contexts,
        seconds,
        state.reached,
        state.contexts,
        took,
    )


def table(found: list[Compared]) -> Table:
    shown = Table(title="forecast and run", box=None, pad_edge=False)
    shown.add_column("recipe", no_wrap=True)
    heads = ("target", "slowest task", "pilot, s", "contexts foretold", "took", "s foretold", "took")
    for head in heads:
        shown.add_column(head, justify="right", no_wrap=True)
    for one in found:
        shown.add_row(
            one.recipe,
            f"{one.target} a task",
            one.task,
            f"{one.pilot_seconds:.0f}",
            interval(one.contexts),
            f"{one.took_contexts}{'' if one.reached else ' (not reached)'}",
            interval(one.seconds),
            f"{one.took_seconds:.0f}",
        )
    return shown


def interval(of: Interval) -> str:
    return f"{of.value:.0f} ({of.low:.0f} to {of.high:.0f})"


if __name__ == "__main__":
    main()
