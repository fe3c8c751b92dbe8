"""Trainer callback that reports the progress of a training with the time left."""

import time
from collections.abc import Callable

from transformers import TrainerCallback, TrainerControl, TrainerState

from .progress import Pace, Progress

_SECONDS = 8.0  # between two reports, unless the trainer logs a loss in between


class ReportProgress(TrainerCallback):
    """Calls `on_progress` when the trainer logs, and every 8 seconds."""

    def __init__(self, on_progress: Callable[[Progress], None]):
        self._on_progress = on_progress
        self._reported = time.monotonic()

    def on_train_begin(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Start the clock when training starts or resumes."""
        self._pace = Pace(state.global_step)

    def on_log(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Report each row of the trainer's history."""
        self._report(state)

    def on_step_end(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Report if the last report is old."""
        if time.monotonic() - self._reported > _SECONDS:
            self._report(state)

    def _report(self, state: TrainerState) -> None:
        if not state.is_world_process_zero:
            return
        self._reported = time.monotonic()
        last = {key: value for row in state.log_history for key, value in row.items()}
        losses = last.get("loss"), last.get("eval_loss")
        self._on_progress(self._pace.progress(state.global_step, state.max_steps, *losses))
