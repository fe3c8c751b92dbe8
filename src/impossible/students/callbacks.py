"""Trainer callbacks: stop on non-finite gradients, and record the loss curve."""

from collections.abc import Callable
from pathlib import Path

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState

from ..data.store import write_lines
from ..errors import ModelError
from ..models.progress import Progress
from ..models.training_callbacks import ReportProgress
from .checkpoints import last_complete


class StopOnNonFinite(TrainerCallback):
    """Stops training before a non-finite gradient reaches the weights, so that checkpoints stay finite."""

    def __init__(self, checkpoints: Path):
        self._checkpoints = checkpoints

    def on_pre_optimizer_step(
        self, args: object, state: TrainerState, control: object, model: torch.nn.Module, **_: object
    ) -> None:
        """Check the clipped gradients of the step. Raises ModelError."""
        gradients = (p.grad for p in model.parameters() if p.grad is not None)
        if all(bool(torch.isfinite(g).all()) for g in gradients):
            return
        last = last_complete(self._checkpoints)
        kept = f"the last finite weights are in {last}" if last else "there is no checkpoint yet"
        raise ModelError(
            f"training diverged: the loss or its gradient is not finite in step {state.global_step + 1}; "
            f"{kept}; lower distil.learning_rate"
        )


class LossCurve(ReportProgress):
    """Also writes the loss curve as JSONL, rewritten each time so that a resumed training repeats no line."""

    def __init__(self, path: Path, on_progress: Callable[[Progress], None]):
        super().__init__(on_progress)
        self._path = path

    def on_log(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Write the loss curve and report progress after each row of the trainer's history."""
        if state.is_world_process_zero:
            write_lines(self._path, state.log_history)
        super().on_log(args, state, control)
