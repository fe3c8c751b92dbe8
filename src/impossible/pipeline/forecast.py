"""A pilot run → what a wanted number of pairs will take: contexts, hours, energy, money, with intervals."""

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
    """What a kilowatt-hour or an hour costs, in whatever currency."""

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
                f"--price {text}: give an amount a kWh or an hour, such as 0.30/kWh or 2.50/h"
            ) from None


@dataclass(frozen=True, slots=True)
class Pilot:
    """The first contexts of a run: seconds of each, (n,), and each task's kept pairs of each, (n,).

    A context's seconds are its share of its shard's. Exact repeats of a pair count where they come first.
    """

    seconds: Float64s
    kept: dict[str, Float64s]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a task's target takes; bounds are infinite where the pilot may as well have kept nothing."""

    task: str
    pairs_per_context: Interval
    pairs_per_hour: Interval
    contexts: Interval
    hours: Interval
    kwh: Interval
    money: Interval | None


def pilot(recipe: Recipe, out: Path, contexts: int, watch: Watch | None = None) -> Pilot:
    """Run the first shards of a recipe, `contexts` of them or a few more, and see what they gave and took.

    They are the shards that a whole run of the recipe in the same folder begins with, and goes on from.
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
    """How long each shard took from context to verdict, by the journal."""
    took = {(row["shard"], row["stage"]): row["seconds"] for row in folder.journal()}
    found = [sum(s for (shard, _), s in took.items() if shard == wanted) for wanted in shards]
    if not all(found):
        raise StoreError(
            f"{folder.journal_file} does not say how long the first shards took; give another --out"
        )
    return found


def forecast(seen: Pilot, target: int, seed: int, watts: float, price: Price | None) -> list[Forecast]:
    """What `target` pairs of each task take at the pilot's rates; intervals by bootstrap over contexts."""
    found = []
    for task, kept in seen.kept.items():
        per_context = bootstrap(ratio(kept, np.ones(len(kept))), seed)
        per_hour = bootstrap(ratio(kept, seen.seconds / 3600), seed)
        hours = _needed(target, per_hour)
        kwh = _times(hours, watts / 1000)
        money = None if price is None else _times(kwh if price.unit == "kWh" else hours, price.amount)
        found.append(Forecast(task, per_context, per_hour, _needed(target, per_context), hours, kwh, money))
    return found


def slowest(found: Sequence[Forecast]) -> Forecast:
    """The task that a run to the target of every task waits for."""
    return max(found, key=lambda one: one.hours.value)


def _needed(target: int, rate: Interval) -> Interval:
    value, low, high = (target / x if x > 0 else float("inf") for x in (rate.value, rate.high, rate.low))
    return Interval(value, low, high)


def _times(interval: Interval, factor: float) -> Interval:
    return Interval(interval.value * factor, interval.low * factor, interval.high * factor)
