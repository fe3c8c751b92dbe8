"""Lines on standard error about a training, also without a terminal."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..models.progress import Progress as Training


def print_training(what: str, progress: "Training") -> None:
    """Print one line to standard error: step and losses of a training, or of a round's rewriting."""
    losses = [("loss", progress.loss), ("validation", progress.validation_loss)]
    shown = [f"{name} {loss:.3f}" for name, loss in losses if loss is not None]
    left = [] if progress.left is None else [f"about {progress.left:.0f} s left"]
    step = f"{what}: step {progress.step:,} of {progress.steps:,}"
    print(", ".join([step, *shown, *left]), file=sys.stderr, flush=True)


def print_comparing(task: str) -> None:
    """Print one line to standard error: the comparison of teacher and student has started."""
    print(f"teacher against student: {task}", file=sys.stderr, flush=True)
