"""Trainer callbacks: stop on non-finite gradients, and record the loss curve."""

import json
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState

from ..data.store import write_text
from ..errors import ModelError
from .checkpoints import last_complete
from .progress import Pace, Progress


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


class LossCurve(TrainerCallback):
    """Writes the loss curve as JSONL, rewritten each time so that a resumed training repeats no line."""

    def __init__(self, path: Path, on_progress: Callable[[Progress], None]):
        self._path, self._on_progress = path, on_progress

    def on_train_begin(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Start the clock when training starts or resumes."""
        self._pace = Pace(state.global_step)

    def on_log(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Write the loss curve and report progress after each row of the trainer's history."""
        if not state.is_world_process_zero:
            return
        write_text(self._path, "".join(json.dumps(row) + "\n" for row in state.log_history))
        last = {key: value for row in state.log_history for key, value in row.items()}
        losses = last.get("loss"), last.get("eval_loss")
        self._on_progress(self._pace.progress(state.global_step, state.max_steps, *losses))
