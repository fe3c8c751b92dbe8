"""The checkpoints of a training: the last whole one, the best one."""

import json
from pathlib import Path
from typing import Any


def last_whole(checkpoints: Path) -> Path | None:
    """The last checkpoint that was written to its end; the trainer writes its state last."""
    whole = [p.parent for p in checkpoints.glob("checkpoint-*/trainer_state.json") if _state(p.parent)]
    return max(whole, key=lambda p: int(p.name.rpartition("-")[2]), default=None)


def stopped_early(checkpoint: Path, patience: int) -> bool:
    """Whether training had ended at this checkpoint because validation had lost its patience."""
    early = _state(checkpoint).get("stateful_callbacks", {}).get("EarlyStoppingCallback", {})
    return bool(early.get("attributes", {}).get("early_stopping_patience_counter", 0) >= patience)


def best_checkpoint(checkpoints: Path) -> tuple[Path, int, float | None]:
    """The checkpoint of the lowest validation loss (without one, the last), all steps made, and the loss."""
    last = last_whole(checkpoints)
    assert last is not None  # the trainer always saves at the end
    state = _state(last)
    step = state["best_global_step"]
    # by name: the folder may have been moved since
    best = checkpoints / f"checkpoint-{step}" if step else last
    return best, state["global_step"], state["best_metric"]


def _state(checkpoint: Path) -> dict[str, Any]:
    """The trainer's state, empty if a kill cut its file short."""
    try:
        found: dict[str, Any] = json.loads((checkpoint / "trainer_state.json").read_text())
    except ValueError:
        return {}
    return found
