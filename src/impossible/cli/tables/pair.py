"""Tables for pairs: a what-if with examples, and the explanation of one verdict."""

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
    """Kept before and after, one column per task."""
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
    """Examples of pairs gained and lost."""
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


def story(pair: Story) -> Iterator[RenderableType]:
    """Context, sentences, scores against bounds, verdict."""
    yield Text(f"{pair.task} pair {pair.pair_id}", style="bold")
    yield f"context ({as_markup(pair.domain)}, from {as_markup(pair.origin)})"
    yield Padding(as_markup(pair.context), (0, 0, 0, 2))
    for role, sentence in (("source", pair.source), ("target", pair.target)):
        times = f"{sentence.count} continuation{'s' if sentence.count > 1 else ''}"
        yield f"{role} ({times}, log-probability {sentence.logprob:.1f})"
        yield Padding(as_markup(sentence.text), (0, 0, 0, 2))
    yield checks_table(pair.checks)
    yield Text(
        "bound: required of a kept pair; gate: required before the costlier critics score it", style="dim"
    )
    yield Text(verdict_line(pair), style="bold")
    if pair.lost_to is not None:
        yield f"  {pair.lost_to.pair_id}: {as_markup(pair.lost_to.source)} → {as_markup(pair.lost_to.target)}"
    if pair.beat:
        yield f"preferred to {len(pair.beat)} duplicates:"
    for rival in pair.beat[:5]:
        yield f"  {rival.pair_id}: {as_markup(rival.source)} → {as_markup(rival.target)}"


def verdict_line(pair: Story) -> str:
    """Summarise the verdict in a few words."""
    if pair.verdict == "kept":
        return "kept"
    if pair.lost_to is not None:
        return "duplicate of a better pair:"
    if pair.margin is None:
        return pair.verdict
    return f"rejected by {pair.verdict}: outside its bound by {pair.margin:.3g}"


def checks_table(checks: Sequence[Check]) -> Table:
    """One row per critic: scores, bound, gate and result."""
    table = Table(box=None, pad_edge=False)
    for name in ("critic", "source → target", "target → source", "bound", "gate", ""):
        table.add_column(name, justify="right" if "→" in name else "left")
    for check in checks:
        cells = list(check.scores.values())
        scores = [f"{cells[i]:.3f}" if i < len(cells) else "" for i in range(2)]
        table.add_row(check.critic, *scores, _limits(check.bound), _limits(check.gate), _result(check))
    return table


def _limits(bound: Bound | None) -> str:
    if bound is None:
        return ""
    parts = [("min", bound.min), ("max", bound.max)]
    return ", ".join(f"{name} {value:g}" for name, value in parts if value is not None)


def _result(check: Check) -> str:
    if check.bound is None:
        return ""
    if check.outside is None:
        return "unknown"
    return "within" if check.outside == 0 else f"outside by {check.outside:.3g}"
