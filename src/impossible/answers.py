"""What a person sees of answers: a forecast, a what-if side by side, and the story of one pair."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .catalogue import Setting
from .evaluate.statistics import Interval
from .forecast import Forecast, slowest
from .ledger import Check, Story
from .progress import visible
from .recipe import Bound, Recipe
from .whatif import Change, Example


def forecast_table(found: Sequence[Forecast]) -> Table:
    """What each task's target takes, with 95 % intervals."""
    table = Table(box=None, pad_edge=False)
    table.add_column("95 % intervals")
    for one in found:
        table.add_column(one.task, justify="right")
    names = {"pairs_per_context": "pairs a context", "pairs_per_hour": "pairs an hour", "kwh": "kWh"}
    for name in ("pairs_per_context", "pairs_per_hour", "contexts", "hours", "kwh", "money"):
        if getattr(found[0], name) is not None:
            cells = [_interval(getattr(one, name)) for one in found]
            table.add_row(names.get(name, name), *cells)
    return table


def forecast_lines(found: Sequence[Forecast], pilot: int, target: int, count: int) -> Iterator[str]:
    """What follows from a forecast by `pilot` contexts for a recipe of `count` contexts."""
    last = slowest(found)
    yield (
        f"by {pilot} contexts: {target:,} pairs of each task in {_interval(last.hours)} hours, "
        "repeats across contexts, loading of models and students aside"
    )
    if math.isinf(last.contexts.value):
        yield f"the pilot kept no {last.task} pair: try more contexts with --pilot, or looser bounds"
    elif last.contexts.value > count:
        enough = last.contexts.value if math.isinf(last.contexts.high) else last.contexts.high
        yield f"contexts.count = {count} is too few: --set contexts.count={math.ceil(enough)} should do"


def _interval(found: Interval) -> str:
    return f"{_amount(found.value)} ({_amount(found.low)} to {_amount(found.high)})"


def _amount(value: float) -> str:
    if math.isinf(value):
        return "∞"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def advice(counts: Counter[str], recipe: Recipe) -> str | None:
    """What to try if a run keeps less than a pair a context; None if it keeps more."""
    kept = sum(n for name, n in counts.items() if name.endswith(": kept"))
    per_context = kept / max(counts["contexts"], 1)
    if per_context >= 1:
        return None
    sampling = recipe.sampling
    few = f"only {per_context:.2g} pairs a context"
    if sampling.min_logprob is not None and counts["improbable"] > counts["continuations"] / 2:
        way = f"most continuations lie under sampling.min_logprob: try {sampling.min_logprob * 1.25:g}"
    elif sampling.per_context < 400:
        way = "pairs grow with the square of the continuations: try sampling.per_context=400"
    else:
        way = (
            "the funnel says which critic rejects most, and impossible whatif what a looser bound would keep"
        )
    return f"{few}; {way}"


def settings_table(found: Sequence[Setting]) -> Table:
    """A row a setting."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("setting", no_wrap=True, style="bold")
    table.add_column("default", overflow="fold", max_width=26)
    table.add_column("meaning, and what it takes")
    for one in found:
        said = Text.assemble(one.meaning, " ", (one.takes, "dim"))
        table.add_row(one.key, escape(one.presets["default"]), said)
    return table


def change_table(changes: Sequence[Change]) -> Table:
    """Kept before and after, a task a column."""
    table = Table(box=None, pad_edge=False)
    table.add_column("what if")
    for change in changes:
        table.add_column(change.task, justify="right")

    def add(name: str, *cells: str, style: str = "") -> None:
        table.add_row(name, *cells, style=style)

    add("kept before", *(f"{c.before:,}" for c in changes))
    add("kept after", *(f"{c.after:,}" for c in changes), style="bold green")
    add("gained", *(f"{c.gained:,}" for c in changes))
    add("lost", *(f"{c.lost:,}" for c in changes))
    add("unknown: outside a gate", *(f"{c.unknown:,}" for c in changes))
    add("unknown: never scored, at most", *(f"{c.unscored:,}" for c in changes))
    for key, name in (
        ("distinct_2", "distinct bigrams"),
        ("entropy_2", "bigram entropy"),
        ("msttr", "MSTTR"),
    ):
        cells = [(getattr(c.variety_before, key), getattr(c.variety_after, key)) for c in changes]
        add(f"{name} at equal size", *(f"{_figure(a)} → {_figure(b)}" for a, b in cells))
    return table


def _figure(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3g}"


def example_lines(changes: Sequence[Change]) -> Iterator[RenderableType]:
    """Some of the pairs gained and lost."""
    for change in changes:
        for name, examples in (("gained", change.examples_gained), ("lost", change.examples_lost)):
            if examples:
                yield Text(f"\n{change.task}: {name}", style="bold")
            yield from (_example(example) for example in examples)


def _example(example: Example) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row(visible(example.source))
    table.add_row(visible(example.target))
    table.add_row(f"{example.pair_id}: {example.before} → {example.after}", style="dim")
    return table


def story(told: Story) -> Iterator[RenderableType]:
    """Context, sentences, scores against bounds, verdict."""
    yield Text(f"{told.task} pair {told.pair_id}", style="bold")
    yield f"context ({visible(told.domain)}, from {visible(told.origin)})"
    yield Padding(visible(told.context), (0, 0, 0, 2))
    for role, sentence in (("source", told.source), ("target", told.target)):
        times = f"{sentence.count} continuation{'s' if sentence.count > 1 else ''}"
        yield f"{role} ({times}, log-probability {sentence.logprob:.1f})"
        yield Padding(visible(sentence.text), (0, 0, 0, 2))
    yield checks_table(told.checks)
    yield Text(
        "bound: what a kept pair has; gate: what it needs for the dearer critics to look at it", style="dim"
    )
    yield Text(verdict_line(told), style="bold")
    if told.lost_to is not None:
        yield f"  {told.lost_to.pair_id}: {visible(told.lost_to.source)} → {visible(told.lost_to.target)}"
    if told.beat:
        yield f"it stands for {len(told.beat)} more:"
    for rival in told.beat[:5]:
        yield f"  {rival.pair_id}: {visible(rival.source)} → {visible(rival.target)}"


def verdict_line(told: Story) -> str:
    """The verdict in a few words."""
    if told.verdict == "kept":
        return "kept"
    if told.lost_to is not None:
        return "duplicate; lost to"
    if told.margin is None:
        return told.verdict
    return f"rejected by {told.verdict}: outside its bound by {told.margin:.3g}"


def checks_table(checks: Sequence[Check]) -> Table:
    """A row a critic: its scores, bound, gate and what follows."""
    table = Table(box=None, pad_edge=False)
    for name in ("critic", "source → target", "target → source", "bound", "gate", ""):
        table.add_column(name, justify="right" if "→" in name else "left")
    for check in checks:
        cells = list(check.scores.values())
        scores = [f"{cells[i]:.3f}" if i < len(cells) else "" for i in range(2)]
        table.add_row(check.critic, *scores, _wall(check.bound), _wall(check.gate), _said(check))
    return table


def _wall(bound: Bound | None) -> str:
    if bound is None:
        return ""
    parts = [("min", bound.min), ("max", bound.max)]
    return ", ".join(f"{name} {value:g}" for name, value in parts if value is not None)


def _said(check: Check) -> str:
    if check.bound is None:
        return ""
    if check.outside is None:
        return "unknown"
    return "within" if check.outside == 0 else f"outside by {check.outside:.3g}"
