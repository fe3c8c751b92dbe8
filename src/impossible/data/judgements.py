"""Human judgements of pairs, stored in the run folder."""

from pathlib import Path

from . import store
from .run_folder import RunFolder


def read_judgements(run: Path, task: str) -> dict[str, bool | None]:
    """pair_id → True (right), False (wrong) or None (skipped); the last judgement of a pair counts."""
    rows = store.read_lines(RunFolder(run).judgements_file(task))
    known = [row for row in rows if isinstance(row.get("pair_id"), str)]
    return {row["pair_id"]: right for row in known if (right := row.get("right")) in (True, False, None)}


def label(run: Path, task: str, pair_id: str, source: str, target: str, right: bool | None) -> None:
    """Append a human judgement of a pair. Raises StoreError."""
    path = RunFolder(run).judgements_file(task)
    path.parent.mkdir(exist_ok=True)
    store.append_line(path, {"pair_id": pair_id, "right": right, "source": source, "target": target})
