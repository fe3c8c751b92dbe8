"""The run folder: the paths of all files of a run, and how they are read and written."""

import difflib
import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from ..errors import StoreError
from ..recipe.load import load
from ..recipe.recipe import Recipe
from ..recipe.write import dump
from . import store
from .schema import CONTEXTS, GROUPS, LEDGER, SCORES

if TYPE_CHECKING:
    import duckdb


RECIPE_FILE, DATASET_FILE, ANSWERS_FILE = "recipe.toml", "pairs.parquet", "outputs.jsonl"
# what a killed run may leave before its manifest is written
_LEFTOVER = re.compile(rf"\.lock|\.holder|{store.PART.pattern}")
_MANIFEST_FILE, _DATASET, _STUDENT = "manifest.json", "dataset", "student"
# stage → folder of its shards
_FOLDERS = {
    "contexts": "contexts",
    "generate": "round-0/groups",
    "score": "round-0/scores",
    "filter": "round-0/ledger",
}
STAGES = (*_FOLDERS, "distil")
_SCHEMAS = {"contexts": CONTEXTS, "generate": GROUPS, "score": SCORES, "filter": LEDGER}
_VIEWS = {"contexts": "contexts", "generate": "groups", "filter": "ledger"}
RoundNumber = int | Literal["*"]  # the number of a round; "*" matches any round
_StageName = Annotated[str, Field(pattern=f"^({'|'.join(_FOLDERS)})$")]
_MOST_SHARDS = 1_000_000


class Manifest(BaseModel):
    """The size, stages, models and machine of a run. Runs of early versions lack some fields."""

    model_config = ConfigDict(frozen=True)

    contexts: Annotated[int, Field(ge=0)]
    shards: Annotated[int, Field(ge=0, le=_MOST_SHARDS)]
    target: int = 0
    reached: bool = False
    stages: Annotated[tuple[_StageName, ...], Field(min_length=1)]
    models: dict[str, str] = {}
    execution: dict[str, Any] = {}
    versions: dict[str, str] = {}
    machine: str = ""


def shard_name(index: int) -> str:
    """The name of a shard in file names, the journal and messages."""
    return f"{index:05d}"


def read_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a user's recipe or the recipe of a run, with KEY=VALUE overrides. Raises RecipeError."""
    # recipes of early runs lack `resolved = true`
    of_run = path.name == RECIPE_FILE and RunFolder(path.parent).is_run()
    return load(path, overrides, resolved=of_run)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run folder. Reading needs no lock, since files are written atomically."""

    path: Path

    @property
    def recipe_file(self) -> Path:
        """The resolved recipe."""
        return self.path / RECIPE_FILE

    @property
    def manifest_file(self) -> Path:
        """The file of `Manifest`."""
        return self.path / _MANIFEST_FILE

    @property
    def journal_file(self) -> Path:
        """One JSON line per finished task: stage, shard, seconds, rows, and the worker if any."""
        return self.path / "journal.jsonl"

    @property
    def report_file(self) -> Path:
        """The report that is written at the end of a run."""
        return self.path / "report.html"

    @property
    def rounds_file(self) -> Path:
        """The results of all rounds."""
        return self.path / "rounds.json"

    @property
    def evaluation_folder(self) -> Path:
        """Results of `impossible evaluate` that the report shows."""
        return self.path / "evaluation"

    @property
    def held_out_folder(self) -> Path:
        """Results of the comparison of teacher and student on held-out sentences."""
        return self.evaluation_folder / "held-out"

    @property
    def answers_file(self) -> Path:
        """Outputs of both systems for the held-out sentences."""
        return self.held_out_folder / ANSWERS_FILE

    def judgements_file(self, task: str) -> Path:
        """Human judgements of pairs, one line per judgement."""
        return self.path / "judgements" / f"{task}.jsonl"

    def shard_file(self, stage: str, index: int) -> Path:
        """The path of a shard of a stage."""
        return self.path / _FOLDERS[stage] / f"{shard_name(index)}.parquet"

    def round_folder(self, number: RoundNumber) -> Path:
        """The folder of one round of self-distillation; round 0 is the teacher's."""
        return self.path / f"round-{number}"

    def dataset_folder(self, number: RoundNumber = 0) -> Path:
        """The dataset of a round."""
        return self.round_folder(number) / _DATASET

    def dataset_file(self, number: RoundNumber = 0) -> Path:
        """The pairs of a round."""
        return self.dataset_folder(number) / DATASET_FILE

    def student_folder(self, number: RoundNumber) -> Path:
        """The student of a round."""
        return self.round_folder(number) / _STUDENT

    def measured_file(self, number: int) -> Path:
        """The measured quality of a round's student."""
        return self.round_folder(number) / "measured.json"

    def drawn_folder(self, number: int) -> Path:
        """Temporary parts of a round's dataset."""
        return self.round_folder(number) / "drawn"

    def drawn_file(self, number: int, task: str, start: int) -> Path:
        """The part of a task that begins with sentence `start`."""
        return self.drawn_folder(number) / f"{task}-{start:07}.parquet"

    def round_numbers(self) -> list[int]:
        """The numbers of the started rounds, in ascending order."""
        return sorted(int(path.name.removeprefix("round-")) for path in self._round_folders())

    def _round_folders(self) -> list[Path]:
        found = self.path.glob(self.round_folder("*").name)
        return sorted(path for path in found if path.name.removeprefix("round-").isdecimal())

    def recipe(self, overrides: Sequence[str] = ()) -> Recipe:
        """The recipe of the run, with KEY=VALUE overrides. Raises RecipeError."""
        return load(self.recipe_file, overrides, resolved=True)

    def write_recipe(self, recipe: Recipe) -> None:
        """Write the recipe with its files relative to this folder, so that it runs from anywhere."""
        for name, key in (("contexts", "corpus"), ("restatement", "examples")):
            table = getattr(recipe, name)
            if table and getattr(table, key) is not None:
                relative = {key: os.path.relpath(getattr(table, key), self.path)}
                recipe = recipe.model_copy(update={name: table.model_copy(update=relative)})
        store.write_text(self.recipe_file, dump(recipe))

    def is_run(self) -> bool:
        """Whether the folder has the manifest of a run, not that of another program."""
        try:
            self.manifest()
        except StoreError:
            return False
        return True

    def check_own(self) -> None:
        """Raise StoreError if the folder has files but no run: these are the user's."""
        foreign = [path for path in self.path.glob("*") if not _LEFTOVER.fullmatch(path.name)]
        if foreign and not self.is_run():
            raise StoreError(
                f"{self.path.absolute()} is not empty and has no run (it has {foreign[0].name}); "
                "give a new or empty folder: --out FOLDER"
            )

    def manifest(self) -> Manifest:
        """Read the manifest. Raises StoreError if the folder has no run."""
        try:
            return Manifest.model_validate_json(self.manifest_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise StoreError(
                f"{self.path} has no run (no {_MANIFEST_FILE}); {self._nearest_run()}start one: "
                f"impossible run RECIPE --out {self.path}"
            ) from None

    def write_manifest(self, manifest: Manifest) -> None:
        """Write the manifest. Raises StoreError."""
        text = json.dumps(manifest.model_dump(mode="json"), indent=2, sort_keys=True)
        store.write_text(self.manifest_file, text + "\n")

    def _nearest_run(self) -> str:
        others = [path.parent.name for path in self.path.parent.glob(f"*/{_MANIFEST_FILE}")]
        near = difflib.get_close_matches(self.path.name, others, n=1)
        known = near and near[0] != self.path.name
        return f"did you mean {self.path.with_name(near[0])}? or " if known else ""

    def log(
        self, stage: str, seconds: float, rows: int = 0, index: int | None = None, worker: str = ""
    ) -> None:
        """Append the duration of a stage to the journal, for one shard or, without `index`, in total."""
        shard = "" if index is None else shard_name(index)
        row: dict[str, object] = {"stage": stage, "shard": shard, "seconds": seconds, "rows": rows}
        store.append_line(self.journal_file, row | ({"worker": worker} if worker else {}))

    def journal(self) -> list[dict[str, Any]]:
        """The lines of the journal that say how long a stage took."""
        return [row for row in store.read_lines(self.journal_file) if _is_entry(row)]

    def has_shards(self, stage: str) -> bool:
        """Whether a stage has any finished shard, even one outside the plan."""
        return any((self.path / _FOLDERS[stage]).glob("*.parquet"))

    def shard(self, stage: str, index: int) -> store.Shard | None:
        """A shard of a stage, or None if it is not finished."""
        return store.read_shard(self.shard_file(stage, index))

    def shards(self, stage: str) -> list[store.Shard]:
        """The finished shards of a stage in index order. Raises StoreError if the folder has no run."""
        shards = (self.shard(stage, index) for index in range(self.manifest().shards))
        return [shard for shard in shards if shard is not None]

    def some_shards(self, stage: str) -> list[store.Shard]:
        """As `shards`, but raises StoreError if there are none."""
        shards = self.shards(stage)
        if not shards:
            raise StoreError(
                f"{self.path} has no finished shard of stage {stage!r}; "
                f"resume the run: impossible run RECIPE --out {self.path}"
            )
        return shards

    def rows(self, stage: str) -> pa.Table:
        """The rows of all finished shards of a stage. Raises StoreError if there are none."""
        return store.concatenate(self.some_shards(stage), _SCHEMAS[stage])

    def connect(self) -> "duckdb.DuckDBPyConnection":
        """A DuckDB connection with views `contexts`, `groups`, `ledger` of the shards. Raises StoreError."""
        import duckdb

        database = duckdb.connect()
        for stage, view in _VIEWS.items():
            database.read_parquet(self.files(stage), union_by_name=True).create_view(view)
        return database

    def files(self, stage: str) -> list[str]:
        """The files of some shards, checked for their unpacked size, for DuckDB. Raises StoreError."""
        shards = self.some_shards(stage)
        for shard in shards:
            shard.check_size()
        return [str(shard.path) for shard in shards]

    def sweep(self) -> None:
        """Remove temporary files of killed writers; see `store.sweep`."""
        store.sweep(self.path, (_DATASET, _STUDENT))

    def clear(self) -> None:
        """Remove all results of the run, except judgements, other evaluations and files of the user."""
        contexts = self.path / _FOLDERS["contexts"]
        for path in (*self._round_folders(), self.held_out_folder):
            shutil.rmtree(path, ignore_errors=True)
        for path in (*contexts.glob("[0-9]*.parquet"), self.rounds_file, self.journal_file):
            path.unlink(missing_ok=True)


class _Entry(BaseModel):
    """A line of the journal."""

    model_config = ConfigDict(strict=True)

    stage: str
    shard: str
    seconds: Annotated[FiniteFloat, Field(ge=0)]
    rows: int = 0
    worker: str = ""


def _is_entry(row: dict[str, Any]) -> bool:
    try:
        _Entry.model_validate(row)
    except ValidationError:
        return False
    return True
