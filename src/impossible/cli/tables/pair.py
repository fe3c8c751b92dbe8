"""What a person sees of answers: a forecast, a what-if side by side, and the story of one pair."""

import math
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ...analysis.whatif import Change, Example
from ...analysis.why import Check, Story
from ...recipe.critics import Bound
from ..terminal import as_markup


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
    table.add_row(as_markup(example.source))
    table.add_row(as_markup(example.target))
    table.add_row(f"{example.pair_id}: {example.before} → {example.after}", style="dim")
    return table


def story(told: Story) -> Iterator[RenderableType]:
    """Context, sentences, scores against bounds, verdict."""
    yield Text(f"{told.task} pair {told.pair_id}", style="bold")
    yield f"context ({as_markup(told.domain)}, from {as_markup(told.origin)})"
    yield Padding(as_markup(told.context), (0, 0, 0, 2))
    for role, sentence in (("source", told.source), ("target", told.target)):
        times = f"{sentence.count} continuation{'s' if sentence.count > 1 else ''}"
        yield f"{role} ({times}, log-probability {sentence.logprob:.1f})"
        yield Padding(as_markup(sentence.text), (0, 0, 0, 2))
    yield checks_table(told.checks)
    yield Text(
        "bound: what a kept pair has; gate: what it needs for the dearer critics to look at it", style="dim"
    )
    yield Text(verdict_line(told), style="bold")
    if told.lost_to is not None:
        yield f"  {told.lost_to.pair_id}: {as_markup(told.lost_to.source)} → {as_markup(told.lost_to.target)}"
    if told.beat:
        yield f"it stands for {len(told.beat)} more:"
    for rival in told.beat[:5]:
        yield f"  {rival.pair_id}: {as_markup(rival.source)} → {as_markup(rival.target)}"


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
