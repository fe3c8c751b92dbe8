"""A pilot run → contexts, hours, energy and cost of a target number of pairs, with intervals."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data import dataset
from ..data.run_folder import RunFolder
from ..errors import DataError, StoreError
from ..metrics.statistics import Float64s, Interval, bootstrap, ratio
from ..recipe.recipe import Recipe
from .run import Watch, run

_UNITS = {"kwh": "kWh", "h": "h"}


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a kilowatt-hour or an hour, in any currency."""

    amount: float
    unit: str

    @classmethod
    def parse(cls, text: str) -> "Price":
        """Read `0.30/kWh` or `2.50/h`. Raises DataError."""
        amount, _, unit = text.partition("/")
        try:
            return cls(float(amount), _UNITS[unit.strip().lower()])
        except (ValueError, KeyError):
            raise DataError(
                f"--price {text}: give an amount per kWh or per hour, such as 0.30/kWh or 2.50/h"
            ) from None


@dataclass(frozen=True, slots=True)
class Pilot:
    """The first contexts of a run: seconds per context, (n,), and per task the kept pairs per context, (n,).

    The seconds of a shard are divided evenly among its contexts. A repeated pair counts only at its first
    occurrence.
    """

    seconds: Float64s
    kept: dict[str, Float64s]


@dataclass(frozen=True, slots=True)
class Forecast:
    """The cost of a task's target; bounds are infinite where a yield of zero cannot be excluded."""

    task: str
    pairs_per_context: Interval
    pairs_per_hour: Interval
    contexts: Interval
    hours: Interval
    kwh: Interval
    money: Interval | None


def pilot(recipe: Recipe, out: Path, contexts: int, watch: Watch | None = None) -> Pilot:
    """Run the first shards of a recipe, at least `contexts` contexts, and measure their yield and time.

    A full run of the recipe in the same folder reuses these shards.
    Raises ImpossibleError, KeyboardInterrupt.
    """
    at_most = -(-contexts // recipe.contexts.per_shard)
    state = run(recipe, out, "filter", watch=watch, at_most=at_most)
    if state.interrupted:
        raise KeyboardInterrupt
    folder = RunFolder(out)
    groups, ledgers = (folder.shards(stage)[: state.done] for stage in ("generate", "filter"))
    ids = [shard.table()["context_id"].to_pylist() for shard in groups]
    seconds = _seconds(folder, [shard.path.stem for shard in groups])
    shares = [s / len(of_shard) for s, of_shard in zip(seconds, ids, strict=True) for _ in of_shard]
    found = {}
    for task, _ in recipe.filter.tasks():
        seen, found[task] = dataset.Seen(), np.empty(0)
        for shard, of_shard in zip(ledgers, ids, strict=True):
            times = Counter(seen.new(dataset.kept(shard.table(), task))["context_id"].to_pylist())
            found[task] = np.append(found[task], [times[context] for context in of_shard])
    return Pilot(np.array(shares), found)


def _seconds(folder: RunFolder, shards: Sequence[str]) -> list[float]:
    """The seconds of each shard over all stages, from the journal."""
    took = {(row["shard"], row["stage"]): row["seconds"] for row in folder.journal()}
    seconds = [sum(s for (shard, _), s in took.items() if shard == wanted) for wanted in shards]
    if not all(seconds):
        raise StoreError(f"{folder.journal_file} has no times for the first shards; give another --out")
    return seconds


def forecast(pilot_run: Pilot, target: int, seed: int, watts: float, price: Price | None) -> list[Forecast]:
    """The cost of `target` pairs of each task at the pilot's rates; intervals by bootstrap over contexts."""
    found = []
    for task, kept in pilot_run.kept.items():
        per_context = bootstrap(ratio(kept, np.ones(len(kept))), seed)
        per_hour = bootstrap(ratio(kept, pilot_run.seconds / 3600), seed)
        hours = _needed(target, per_hour)
        kwh = _times(hours, watts / 1000)
        money = None if price is None else _times(kwh if price.unit == "kWh" else hours, price.amount)
        found.append(Forecast(task, per_context, per_hour, _needed(target, per_context), hours, kwh, money))
    return found


def slowest(forecasts: Sequence[Forecast]) -> Forecast:
    """The task that reaches its target last, and so sets the length of a run."""
    return max(forecasts, key=lambda forecast: forecast.hours.value)


def _needed(target: int, rate: Interval) -> Interval:
    value, low, high = (target / x if x > 0 else float("inf") for x in (rate.value, rate.high, rate.low))
    return Interval(value, low, high)


def _times(interval: Interval, factor: float) -> Interval:
    return Interval(interval.value * factor, interval.low * factor, interval.high * factor)
