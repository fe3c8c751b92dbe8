"""What is looked at and told while a student is trained."""

import json
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState

from ..data.store import write_text
from ..errors import ModelError
from .checkpoints import last_whole
from .progress import Pace, Progress


class OnlyFinite(TrainerCallback):
    """Stops before a gradient that is not finite can touch the weights, so that no checkpoint holds any."""

    def __init__(self, checkpoints: Path):
        self._checkpoints = checkpoints

    def on_pre_optimizer_step(
        self, args: object, state: TrainerState, control: object, model: torch.nn.Module, **_: object
    ) -> None:
        """Every gradient of the step is there, clipped."""
        gradients = (p.grad for p in model.parameters() if p.grad is not None)
        if all(bool(torch.isfinite(g).all()) for g in gradients):
            return
        last = last_whole(self._checkpoints)
        kept = f"the last good weights are in {last}" if last else "there is no checkpoint yet"
        raise ModelError(
            f"training diverged: the loss or its gradient is not finite in step {state.global_step + 1}; "
            f"{kept}; lower distil.learning_rate"
        )


class LossCurve(TrainerCallback):
    """Writes the loss curve as JSONL, whole each time: a resumed training has no line twice."""

    def __init__(self, path: Path, tell: Callable[[Progress], None]):
        self._path, self._tell = path, tell

    def on_train_begin(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Training starts, or goes on from a checkpoint."""
        self._pace = Pace(state.global_step)

    def on_log(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """The trainer has added a row to its history."""
        if not state.is_world_process_zero:
            return
        write_text(self._path, "".join(json.dumps(row) + "\n" for row in state.log_history))
        last = {key: value for row in state.log_history for key, value in row.items()}
        losses = last.get("loss"), last.get("eval_loss")
        self._tell(self._pace.progress(state.global_step, state.max_steps, *losses))
