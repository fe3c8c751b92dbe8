"""Tables of a run: funnel, rounds, forecast, settings, sample."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ...data.state import State
from ...metrics.statistics import Interval
from ...pipeline.forecast import Forecast, slowest
from ...recipe.base import TASKS
from ...recipe.reference import Setting
from ..terminal import as_markup


def funnel(counts: Counter[str]) -> list[tuple[str, int]]:
    """The counts of a run as rows, in the order of the stages."""
    rows = [
        (name, counts[name])
        for name in (
            "contexts",
            "continuations",
            "malformed",
            "improbable",
            "unrelated",
            "repeated",
            "candidates",
            "pairs",
        )
    ]
    for task in TASKS:
        task_counts = {k.removeprefix(f"{task}: "): n for k, n in counts.items() if k.startswith(f"{task}: ")}
        if not task_counts:
            continue
        ends = ("scored", "duplicate", "unknown", "kept")
        rejected = {k: n for k, n in task_counts.items() if k not in ends and n}
        rows += [(f"{task}: rejected by {k}", n) for k, n in rejected.items()]
        rows += [(f"{task}: {k}", task_counts[k]) for k in ends[1:] if k in task_counts]
    return rows


def funnel_table(state: State) -> Table:
    """The funnel of a run as a rich table."""
    table = Table(box=None, pad_edge=False)
    table.add_column("funnel")
    table.add_column("count", justify="right")
    table.add_column("per context", justify="right")
    counts = state.counts or Counter(contexts=state.contexts)  # contexts alone have no counts
    contexts = max(1, counts["contexts"])
    for name, n in funnel(counts):
        style = "bold green" if name.endswith(": kept") else ""
        table.add_row(name, f"{n:,}", f"{n / contexts:,.1f}", style=style)
    return table


def rounds_table(state: State) -> Table:
    """Pairs of each round of self-distillation, and the quality of its student."""
    table = Table(box=None, pad_edge=False)
    for name in ("round", "new pairs", "of sentences", "pair quality", "trained on", "accepted", "quality"):
        table.add_column(name, justify="right")
    for r in state.rounds:
        new = f"{r.sources:,}" if r.number else ""
        pair_quality = "" if r.pair_quality is None else f"{r.pair_quality:.3f}"
        student = (f"{r.accepted:.0%}", f"{r.quality:.3f}")
        table.add_row(str(r.number), f"{r.kept:,}", new, pair_quality, f"{r.pairs:,}", *student)
    return table


def sample_table(state: State, count: int, seed: int) -> Table | None:
    """A random sample of kept pairs, or None if there are none."""
    from ...data import dataset

    rows, total = dataset.sample(state.file, count, seed) if state.file is not None else ([], 0)
    if not rows:
        return None
    table = Table(title=f"{len(rows)} of {total:,} kept pairs, at random", show_lines=True)
    for name in ("task", "source", "target"):
        table.add_column(name, ratio=None if name == "task" else 1)
    for row in rows:
        table.add_row(row["task"], as_markup(row["source"]), as_markup(row["target"]))
    return table


def pairs_of_dataset(file: Path) -> str:
    """The size of a dataset in words, with the pairs that the template cap left out."""
    from ...data import dataset

    left_out = sum(dataset.left_out(file).values())
    capped = f"; filter.template_share left out {left_out:,} more" if left_out else ""
    return f"{dataset.size(file):,} pairs without repeats across contexts{capped}"


def forecast_table(forecasts: Sequence[Forecast]) -> Table:
    """The cost of reaching each task's target, with 95 % intervals."""
    table = Table(box=None, pad_edge=False)
    table.add_column("95 % intervals")
    for one in forecasts:
        table.add_column(one.task, justify="right")
    names = {"pairs_per_context": "pairs per context", "pairs_per_hour": "pairs per hour", "kwh": "kWh"}
    for name in ("pairs_per_context", "pairs_per_hour", "contexts", "hours", "kwh", "money"):
        if getattr(forecasts[0], name) is not None:
            cells = [_interval(getattr(one, name)) for one in forecasts]
            table.add_row(names.get(name, name), *cells)
    return table


def forecast_lines(forecasts: Sequence[Forecast], pilot: int, target: int, count: int) -> Iterator[str]:
    """Summarise a forecast from `pilot` contexts, and check the `count` contexts of the recipe."""
    last = slowest(forecasts)
    yield (
        f"estimated from {pilot} contexts: {target:,} pairs per task in {_interval(last.hours)} hours; "
        "repeats across contexts, the template cap, loading of models and students are not included"
    )
    if math.isinf(last.contexts.value):
        yield f"the pilot kept no {last.task} pair: try more contexts with --pilot, or looser bounds"
    elif last.contexts.value > count:
        enough = last.contexts.value if math.isinf(last.contexts.high) else last.contexts.high
        yield f"contexts.count = {count} is too few: try --set contexts.count={math.ceil(enough)}"


def _interval(x: Interval) -> str:
    return f"{_amount(x.value)} ({_amount(x.low)} to {_amount(x.high)})"


def _amount(value: float) -> str:
    if math.isinf(value):
        return "∞"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def settings_table(settings: Sequence[Setting]) -> Table:
    """One row per setting."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("setting", no_wrap=True, style="bold")
    table.add_column("default", overflow="fold", max_width=26)
    table.add_column("meaning and allowed values")
    for one in settings:
        description = Text.assemble(one.meaning, " ", (one.takes, "dim"))
        table.add_row(one.key, escape(one.presets["default"]), description)
    return table
