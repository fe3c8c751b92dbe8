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
from ..recipe.recipe import Recipe
from ..text.escape import counted, plain
from .heartbeat import Heartbeat
from .lines import print_comparing, print_training
from .tables.outcome import advice
from .tables.run import funnel_table

if TYPE_CHECKING:
    from ..models.progress import Progress as Training


class _Watch(Watch):
    """What a bar and lines share: notes, a warning of a small yield, and what the heartbeat says."""

    def __init__(self, console: Console, recipe: Recipe, heartbeat: Heartbeat):
        self._console, self._recipe, self._heartbeat = console, recipe, heartbeat
        self._done = 0

    def corpus(self, report: CorpusReport) -> None:
        """Print what was repaired or left out."""
        for line in report.lines():
            self.say(f"corpus: {line}")
        self._heartbeat.doing("loading the models")

    def begin(self, state: State, ticks: int) -> None:
        """Count the steps."""
        self._heartbeat.doing(
            lambda: (
                f"step {self._done} of {ticks}, shard {min(state.done + 1, state.shards)} of {state.shards}"
            )
        )

    def tick(self, count: int = 1) -> None:
        """Count a step."""
        self._done += count

    def shard(self, state: State, index: int) -> None:
        """Warn after the first shard if it gives little."""
        hint = advice(state.counts, self._recipe) if state.done == 1 < state.shards else None
        if hint:
            self.note(f"so far, after {counted(state.counts['contexts'], 'context')}: {hint}")

    def note(self, text: str) -> None:
        """Print a line for the user."""
        self.say(text, "yellow")

    def end(self, state: State) -> None:
        """The dataset is there."""
        self._heartbeat.doing("finishing")

    def training(self, what: str, progress: "Training") -> None:
        """Print one line."""
        print_training(what, progress)
        self._heartbeat.doing(what)
        self._heartbeat.heard()

    def comparing(self, task: str) -> None:
        """Print one line."""
        print_comparing(task)
        self._heartbeat.doing(f"teacher against student: {task}")
        self._heartbeat.heard()

    def say(self, line: str, style: str | None = None) -> None:
        """Print one line."""
        self._console.print(plain(line), style=style, markup=False, highlight=False, soft_wrap=True)
        self._heartbeat.heard()


class BarWatch(_Watch):
    """A live bar and funnel on a terminal."""

    def __init__(self, console: Console, recipe: Recipe, heartbeat: Heartbeat):
        super().__init__(console, recipe, heartbeat)
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
        self._heartbeat.silence(True)
        self._live.start()
        self._show()

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
        super().shard(state, index)

    def end(self, state: State) -> None:
        """Stop the bar."""
        self._live.update(self._progress)
        self._live.stop()
        self._heartbeat.silence(False)
        super().end(state)

    def _show(self) -> None:
        self._live.update(Group(self._progress, funnel_table(self._state)))


class LineWatch(_Watch):
    """One plain line per shard, for logs and pipes."""

    def begin(self, state: State, ticks: int) -> None:
        """Start the clock."""
        self._start = time.monotonic()
        self.say(f"{counted(state.contexts, 'context')} in {counted(state.shards, 'shard')} -> {state.out}")
        super().begin(state, ticks)

    def shard(self, state: State, index: int) -> None:
        """Print one line: progress, pairs kept, time left."""
        elapsed = time.monotonic() - self._start
        left = (
            f"about {state.left(elapsed):.0f} s left" if state.share() > state.found else "already finished"
        )
        kept = ", ".join(f"{state.counts[f'{t}: kept']} {t}" for t in TASKS if f"{t}: scored" in state.counts)
        self.say(
            f"shard {state.done}/{state.shards}: {state.counts['candidates']} candidates, "
            f"{state.counts['pairs']} pairs, kept so far {kept or 0}; {elapsed:.0f} s, {left}"
        )
        super().shard(state, index)


def watch_for(console: Console, recipe: Recipe, heartbeat: Heartbeat) -> Watch:
    """Return a bar on a terminal, lines elsewhere."""
    return (BarWatch if console.is_terminal else LineWatch)(console, recipe, heartbeat)
