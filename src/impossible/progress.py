"""What a person sees while a run works: a bar with ETA and a running funnel, or plain lines."""

import time
from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from .corpus import CorpusReport
from .execute import State, Watch
from .plain import counted, plain
from .recipe import TASKS
from .students.commands import say_comparing, say_training

if TYPE_CHECKING:
    from .students.train import Progress as Training


def funnel(counts: Counter[str]) -> list[tuple[str, int]]:
    """The counts of a run as rows, in the order in which pairs are lost."""
    rows = [
        (name, counts[name])
        for name in (
            "contexts",
            "continuations",
            "malformed",
            "improbable",
            "repeated",
            "candidates",
            "pairs",
        )
    ]
    for task in TASKS:
        of_task = {k.removeprefix(f"{task}: "): n for k, n in counts.items() if k.startswith(f"{task}: ")}
        if not of_task:
            continue
        ends = ("scored", "duplicate", "unknown", "kept")
        rejected = {k: n for k, n in of_task.items() if k not in ends and n}
        rows += [(f"{task}: rejected by {k}", n) for k, n in rejected.items()]
        rows += [(f"{task}: {k}", of_task[k]) for k in ends[1:] if k in of_task]
    return rows


def funnel_table(state: State) -> Table:
    """The funnel of a run as a rich table."""
    table = Table(box=None, pad_edge=False)
    table.add_column("funnel")
    table.add_column("count", justify="right")
    table.add_column("a context", justify="right")
    contexts = max(1, state.counts["contexts"])
    for name, n in funnel(state.counts):
        style = "bold green" if name.endswith(": kept") else ""
        table.add_row(name, f"{n:,}", f"{n / contexts:,.1f}", style=style)
    return table


def rounds_table(state: State) -> Table:
    """What each round of self-distillation yielded, and what its student is worth."""
    table = Table(box=None, pad_edge=False)
    for name in ("round", "new pairs", "of sentences", "pair quality", "trained on", "accepted", "quality"):
        table.add_column(name, justify="right")
    for r in state.rounds:
        new = f"{r.sources:,}" if r.number else ""
        made = "" if r.pair_quality is None else f"{r.pair_quality:.3f}"
        worth = (f"{r.accepted:.0%}", f"{r.quality:.3f}")
        table.add_row(str(r.number), f"{r.kept:,}", new, made, f"{r.pairs:,}", *worth)
    return table


class BarWatch(Watch):
    """A live bar and funnel on a terminal."""

    def __init__(self, console: Console):
        self._console = console
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("steps, elapsed"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            speed_estimate_period=600,
        )
        self._live = Live(console=console, refresh_per_second=4)

    def begin(self, state: State, ticks: int) -> None:
        """Start the bar."""
        self._state = state
        self._task = self._progress.add_task(f"{state.contexts} contexts", total=ticks)
        self._live.start()
        self._show()

    def corpus(self, report: CorpusReport) -> None:
        """Say what was mended or left out."""
        for line in report.lines():
            self._console.print(plain(f"corpus: {line}"), markup=False)

    def tick(self, count: int = 1) -> None:
        """A context has passed a slow stage."""
        self._progress.advance(self._task, count)

    def shard(self, state: State, index: int) -> None:
        """Show the funnel so far, and move the end to where the target seems to lie."""
        if state.share() == state.found:  # what was finished before says nothing of the speed
            done = self._progress.tasks[self._task].completed
            self._progress.reset(self._task, completed=int(done))
        if state.target:
            done = self._progress.tasks[self._task].completed
            self._progress.update(self._task, total=round(done / state.share()))
        self._show()

    def note(self, text: str) -> None:
        """A line above the bar."""
        self._console.print(plain(text), style="yellow", markup=False, highlight=False)

    def end(self, state: State) -> None:
        """Take the bar down."""
        self._live.update(self._progress)
        self._live.stop()

    def training(self, what: str, progress: "Training") -> None:
        """One line."""
        say_training(what, progress)

    def comparing(self, task: str) -> None:
        """One line."""
        say_comparing(task)

    def _show(self) -> None:
        self._live.update(Group(self._progress, funnel_table(self._state)))


class LineWatch(Watch):
    """A plain line a shard, for logs and pipes."""

    def __init__(self, console: Console):
        self._console = console

    def begin(self, state: State, ticks: int) -> None:
        """Start the clock."""
        self._start = time.monotonic()
        self._say(f"{counted(state.contexts, 'context')} in {counted(state.shards, 'shard')} -> {state.out}")

    def corpus(self, report: CorpusReport) -> None:
        """Say what was mended or left out."""
        for line in report.lines():
            self._say(plain(f"corpus: {line}"))

    def shard(self, state: State, index: int) -> None:
        """One line: how far, what was kept, how long it will take."""
        elapsed = time.monotonic() - self._start
        left = f"about {state.left(elapsed):.0f} s left" if state.share() > state.found else "found finished"
        kept = ", ".join(f"{state.counts[f'{t}: kept']} {t}" for t in TASKS if f"{t}: scored" in state.counts)
        self._say(
            f"shard {state.done}/{state.shards}: {state.counts['candidates']} candidates, "
            f"{state.counts['pairs']} pairs, kept so far {kept or 0}; {elapsed:.0f} s, {left}"
        )

    def note(self, text: str) -> None:
        """One line."""
        self._say(plain(text))

    def training(self, what: str, progress: "Training") -> None:
        """One line."""
        say_training(what, progress)

    def comparing(self, task: str) -> None:
        """One line."""
        say_comparing(task)

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def watch_for(console: Console) -> Watch:
    """A bar on a terminal, lines elsewhere."""
    return BarWatch(console) if console.is_terminal else LineWatch(console)


def sample_table(state: State, count: int, seed: int) -> Table | None:
    """Randomly drawn kept pairs, or None if there are none."""
    from . import dataset

    rows, total = dataset.sample(state.file, count, seed) if state.file is not None else ([], 0)
    if not rows:
        return None
    table = Table(title=f"{len(rows)} of {total:,} kept pairs, at random", show_lines=True)
    for name in ("task", "source", "target"):
        table.add_column(name, ratio=None if name == "task" else 1)
    for row in rows:
        table.add_row(row["task"], visible(row["source"]), visible(row["target"]))
    return table


def visible(text: str) -> str:
    """Model output made safe for a terminal: markup escaped, control characters shown as such."""
    return escape(plain(text))
