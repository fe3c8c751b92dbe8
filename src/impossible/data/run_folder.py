"""The run folder: where everything lies in it, read by DuckDB or Arrow."""

import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ..errors import StoreError
from . import store
from .schema import CONTEXTS, GROUPS, LEDGER, SCORES

if TYPE_CHECKING:
    import duckdb


# stage → where its shards lie in a run
FOLDERS = {
    "contexts": "contexts",
    "generate": "round-0/groups",
    "score": "round-0/scores",
    "filter": "round-0/ledger",
}


_SCHEMAS = {"contexts": CONTEXTS, "generate": GROUPS, "score": SCORES, "filter": LEDGER}
_VIEWS = {"contexts": "contexts", "generate": "groups", "filter": "ledger"}


def manifest(run: Path) -> dict[str, Any]:
    """What a run wrote down of its size, models and machine. Raises StoreError if there is no run."""
    try:
        found: dict[str, Any] = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise StoreError(
            f"{run} holds no run (no manifest.json); {_nearest_run(run)}start one: impossible run RECIPE "
            f"--out {run}"
        ) from None
    return found


def _nearest_run(run: Path) -> str:
    near = difflib.get_close_matches(
        run.name, [p.parent.name for p in run.parent.glob("*/manifest.json")], n=1
    )
    return f"did you mean {run.with_name(near[0])}? or " if near and near[0] != run.name else ""


def shard(run: Path, stage: str, index: int) -> store.Shard | None:
    """A shard of a stage, or None if it is not finished."""
    return store.read_shard(run / FOLDERS[stage] / f"{index:05d}.parquet")


def shards(run: Path, stage: str) -> list[store.Shard]:
    """The finished shards of a stage, in the order of the plan. Raises StoreError if there is no run."""
    found = (shard(run, stage, index) for index in range(manifest(run)["shards"]))
    return [one for one in found if one is not None]


def rows(run: Path, stage: str) -> pa.Table:
    """All finished rows of a stage. Raises StoreError if there are none."""
    return store.concatenate(some_shards(run, stage), _SCHEMAS[stage])


def some_shards(run: Path, stage: str) -> list[store.Shard]:
    """The finished shards of a stage, at least one. Raises StoreError if there is none."""
    found = shards(run, stage)
    if not found:
        raise StoreError(
            f"{run} has finished nothing of stage {stage!r} yet; "
            f"go on with: impossible run RECIPE --out {run}"
        )
    return found


def connect(run: Path) -> "duckdb.DuckDBPyConnection":
    """The run as views `contexts`, `groups` and `ledger`, read where they lie. Raises StoreError."""
    import duckdb

    database = duckdb.connect()
    for stage, view in _VIEWS.items():
        files = [str(shard.path) for shard in some_shards(run, stage)]
        database.read_parquet(files, union_by_name=True).create_view(view)
    return database
