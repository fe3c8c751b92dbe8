"""Track the progress of training or rewriting and estimate the remaining time."""

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Steps done and in total, seconds left, and in training the last losses in nats per token."""

    step: int
    steps: int
    left: float | None
    loss: float | None = None
    validation_loss: float | None = None


class Pace:
    """Estimates the remaining time from the pace since construction, when `first` steps were done."""

    def __init__(self, first: int = 0):
        self._first, self._start = first, time.monotonic()

    def progress(self, step: int, steps: int, *losses: float | None) -> Progress:
        """Return the current progress, with the losses if given."""
        done, elapsed = step - self._first, time.monotonic() - self._start
        return Progress(step, steps, elapsed / done * (steps - step) if done else None, *losses)
