"""How far a training or a rewriting is, and how long the rest takes."""

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Where work stands: steps, the seconds that are left, in training the last losses in nats a token."""

    step: int
    steps: int
    left: float | None
    loss: float | None = None
    validation_loss: float | None = None


class Pace:
    """How long the rest takes, by the steps since this was made, when `first` were done."""

    def __init__(self, first: int = 0):
        self._first, self._start = first, time.monotonic()

    def progress(self, step: int, steps: int, *losses: float | None) -> Progress:
        """Where work stands now, with the losses, if any."""
        done, elapsed = step - self._first, time.monotonic() - self._start
        return Progress(step, steps, elapsed / done * (steps - step) if done else None, *losses)
