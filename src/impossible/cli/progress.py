"""Progress of a run: a live bar with ETA and funnel on a terminal, plain lines elsewhere."""

import time
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from ..data.state import State
from ..generation.corpus import CorpusReport
from ..pipeline.run import Watch
from ..recipe.base import TASKS
from ..text.escape import counted, plain
from .lines import print_comparing, print_training
from .tables.run import funnel_table

if TYPE_CHECKING:
    from ..models.progress import Progress as Training


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
        """Print what was repaired or left out."""
        for line in report.lines():
            self._console.print(plain(f"corpus: {line}"), markup=False)

    def tick(self, count: int = 1) -> None:
        """Advance the bar."""
        self._progress.advance(self._task, count)

    def shard(self, state: State, index: int) -> None:
        """Update the funnel and, with a target, the estimated total."""
        if state.share() == state.found:  # shards finished earlier must not count towards the speed
            done = self._progress.tasks[self._task].completed
            self._progress.reset(self._task, completed=int(done))
        if state.target:
            done = self._progress.tasks[self._task].completed
            self._progress.update(self._task, total=round(done / state.share()))
        self._show()

    def note(self, text: str) -> None:
        """Print a line above the bar."""
        self._console.print(plain(text), style="yellow", markup=False, highlight=False)

    def end(self, state: State) -> None:
        """Stop the bar."""
        self._live.update(self._progress)
        self._live.stop()

    def training(self, what: str, progress: "Training") -> None:
        """Print one line."""
        print_training(what, progress)

    def comparing(self, task: str) -> None:
        """Print one line."""
        print_comparing(task)

    def _show(self) -> None:
        self._live.update(Group(self._progress, funnel_table(self._state)))


class LineWatch(Watch):
    """One plain line per shard, for logs and pipes."""

    def __init__(self, console: Console):
        self._console = console

    def begin(self, state: State, ticks: int) -> None:
        """Start the clock."""
        self._start = time.monotonic()
        self._say(f"{counted(state.contexts, 'context')} in {counted(state.shards, 'shard')} -> {state.out}")

    def corpus(self, report: CorpusReport) -> None:
        """Print what was repaired or left out."""
        for line in report.lines():
            self._say(plain(f"corpus: {line}"))

    def shard(self, state: State, index: int) -> None:
        """Print one line: progress, pairs kept, time left."""
        elapsed = time.monotonic() - self._start
        left = (
            f"about {state.left(elapsed):.0f} s left" if state.share() > state.found else "already finished"
        )
        kept = ", ".join(f"{state.counts[f'{t}: kept']} {t}" for t in TASKS if f"{t}: scored" in state.counts)
        self._say(
            f"shard {state.done}/{state.shards}: {state.counts['candidates']} candidates, "
            f"{state.counts['pairs']} pairs, kept so far {kept or 0}; {elapsed:.0f} s, {left}"
        )

    def note(self, text: str) -> None:
        """Print one line."""
        self._say(plain(text))

    def training(self, what: str, progress: "Training") -> None:
        """Print one line."""
        print_training(what, progress)

    def comparing(self, task: str) -> None:
        """Print one line."""
        print_comparing(task)

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def watch_for(console: Console) -> Watch:
    """Return a bar on a terminal, lines elsewhere."""
    return BarWatch(console) if console.is_terminal else LineWatch(console)
