"""Find the last complete and the best checkpoint of a training."""

import json
from pathlib import Path
from typing import Any


def last_complete(checkpoints: Path) -> Path | None:
    """Return the last complete checkpoint; the trainer writes `trainer_state.json` last."""
    complete = [p.parent for p in checkpoints.glob("checkpoint-*/trainer_state.json") if _state(p.parent)]
    return max(complete, key=lambda p: int(p.name.rpartition("-")[2]), default=None)


def stopped_early(checkpoint: Path, patience: int) -> bool:
    """Return whether early stopping ended the training at this checkpoint."""
    early = _state(checkpoint).get("stateful_callbacks", {}).get("EarlyStoppingCallback", {})
    return bool(early.get("attributes", {}).get("early_stopping_patience_counter", 0) >= patience)


def best_checkpoint(checkpoints: Path) -> tuple[Path, int, float | None]:
    """Return the checkpoint with the lowest validation loss (else the last), the step count and the loss."""
    last = last_complete(checkpoints)
    assert last is not None  # the trainer always saves at the end
    state = _state(last)
    step = state["best_global_step"]
    # build the path from the step, since the stored path is stale if the folder was moved
    best = checkpoints / f"checkpoint-{step}" if step else last
    return best, state["global_step"], state["best_metric"]


def _state(checkpoint: Path) -> dict[str, Any]:
    """Read the trainer's state; empty if an interrupted write truncated the file."""
    try:
        state: dict[str, Any] = json.loads((checkpoint / "trainer_state.json").read_text())
    except ValueError:
        return {}
    return state
