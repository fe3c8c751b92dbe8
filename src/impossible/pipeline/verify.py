"""Verify a run: check its files against each other and reproduce a sample of groups.

Each shard must match its checksum and the fingerprint of its settings, models and input. Verdicts and dataset
must follow from the scores. A sample of groups and scores must be reproduced exactly. Changes no file.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..data import dataset, store
from ..data.run_folder import Manifest, RunFolder
from ..data.schema import DATASET
from ..errors import DataError, ModelError, StoreError
from ..generation.contexts import prompts
from ..models.locate import digest
from ..recipe.recipe import Recipe
from .run import versions
from .shards import Shards
from .stages import MapStage, Work, plan

OnProgress = Callable[[str], None]
Tables = dict[str, pa.Table]  # stage → one of its shards


@dataclass(slots=True)
class Verified:
    """Counts of checked items, differences, items that could not be checked, and notes."""

    checked: dict[str, int] = field(default_factory=dict)
    differs: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def count(self, what: str, n: int = 1) -> None:
        """Add `n` checked items."""
        self.checked[what] = self.checked.get(what, 0) + n


def verify(run: Path, sample: int = 3, seed: int = 7, on_progress: OnProgress = lambda _: None) -> Verified:
    """Check all files of a run and reproduce `sample` groups, drawn with `seed`.

    `on_progress` receives a message per step. Raises StoreError if there is no run.
    """
    result, folder = Verified(), RunFolder(run)
    manifest, recipe = folder.manifest(), folder.recipe()
    stages = [stage for stage in plan(recipe) if stage.name in manifest.stages]
    digests = _digests(manifest, stages, result)
    _versions(manifest, result)
    on_progress("reading all shards")
    whole = list(_shards(folder, recipe, stages, digests, result))
    _dataset(folder, recipe, whole, result)
    if any(folder.round_numbers()):
        result.notes.append("rounds of self-distillation are not reproduced")
    places = [(i, row) for i, n in whole for row in range(n)]
    drawn = random.Random(seed).sample(places, min(sample, len(places)))
    if drawn and not digests.keys() >= {"contexts", "generate", "score"} & {s.name for s in stages}:
        result.notes.append("no group was reproduced: a model is missing")
    else:
        reproducer = _Reproducer(folder, recipe, stages)
        for number, (index, row) in enumerate(drawn, 1):
            on_progress(f"reproducing group {number} of {len(drawn)}")
            reproducer.check_group(index, row, result)
    return result


def _digests(manifest: Manifest, stages: Sequence[MapStage], result: Verified) -> dict[str, list[str]]:
    """The digests of each stage whose models are installed; compares them with the manifest."""
    digests = {}
    for stage in stages:
        try:
            digests[stage.name] = [digest(model) for model in stage.models]
        except ModelError as error:
            result.unchecked.append(f"stage {stage.name} is only checked for damage: {error}")
            continue
        for model, here in zip(stage.models, digests[stage.name], strict=True):
            result.count("models")
            if manifest.models.get(model) != here:
                result.differs.append(
                    f"model {model} differs from the one that the run used: its files changed"
                )
    return digests


def _versions(manifest: Manifest, result: Verified) -> None:
    """Note other package versions: not an error, but the likeliest cause of a difference."""
    here = versions()
    for name, then in manifest.versions.items():
        if here.get(name, then) != then:
            result.notes.append(f"the run was made with {name} {then}; installed: {here[name]}")


def _shards(
    folder: RunFolder,
    recipe: Recipe,
    stages: Sequence[MapStage],
    digests: Mapping[str, list[str]],
    result: Verified,
) -> Iterator[tuple[int, int]]:
    """Check all shards; yield the index and number of groups of each complete one."""
    try:
        rows, _ = prompts(recipe.contexts, recipe.seed, recipe.restatement)
        shards: Shards | None = Shards(recipe, folder, rows)
    except DataError as error:
        result.unchecked.append(f"the input of the stage contexts is not checked: {error}")
        shards = None
    missing = 0
    for index in range(folder.manifest().shards):
        content = _content(shards, index)
        tables: Tables = {}
        for stage in stages:
            shard, fault = _shard(folder, stage, index)
            if shard is None and not fault:
                missing += 1
                break
            result.count("shards")
            if shard is None or fault:
                result.differs.append(fault)
                break
            if content and stage.name in digests:
                result.count("fingerprints")
                if shard.fingerprint != stage.fingerprint(digests[stage.name], content):
                    result.differs.append(f"{shard.path} was made with other settings, models or input")
            content, tables[stage.name] = shard.checksum, shard.table()
        else:
            _verdicts(folder, recipe, stages, index, tables, result)
            yield index, tables["generate"].num_rows if "generate" in tables else 0
    if missing:
        result.notes.append(f"{missing} shards are not finished; impossible run resumes them")


def _content(shards: Shards | None, index: int) -> str | None:
    """The checksum of a shard's prompts; None if they are unknown."""
    try:
        return store.checksum(shards.rows(index)) if shards is not None else None
    except StoreError:  # a shard before it is missing or damaged, which is reported
        return None


def _shard(folder: RunFolder, stage: MapStage, index: int) -> tuple[store.Shard | None, str]:
    """A shard and its fault; (None, "") if there is no file."""
    path = folder.shard_file(stage.name, index)
    shard = store.read_shard(path)
    if shard is None:
        return None, f"{path} is damaged: it cannot be read" if path.exists() else ""
    try:
        shard.table()
    except StoreError:
        return shard, f"{path} is damaged: checksum mismatch"
    return shard, ""


def _verdicts(
    folder: RunFolder,
    recipe: Recipe,
    stages: Sequence[MapStage],
    index: int,
    tables: Tables,
    result: Verified,
) -> None:
    """Check that the ledger follows from the scores and the bounds."""
    for stage in stages:
        if stage.name == "filter":
            result.count("pairs decided again", tables["filter"].num_rows)
            ledger, _ = stage.open(recipe.execution)(tables["score"], lambda: None)
            if not _same(tables["filter"], ledger):
                path = folder.shard_file(stage.name, index)
                result.differs.append(f"{path} does not follow from the scores and the bounds of the recipe")


def _dataset(folder: RunFolder, recipe: Recipe, whole: Sequence[tuple[int, int]], result: Verified) -> None:
    """Check that the dataset is the kept pairs of the ledger, under the recipe's template cap."""
    path = folder.dataset_file()
    if not path.exists():
        result.notes.append("there is no dataset yet")
        return

    def parts() -> Iterator[dataset.Part]:
        for index, _ in whole:
            both = [folder.shard(stage, index) for stage in ("filter", "generate")]
            tables = [shard.table() for shard in both if shard is not None]
            if len(tables) == 2:
                yield tables[0], tables[1]

    try:
        stored = dataset.read(path)
    except StoreError as error:
        result.differs.append(str(error))
        return
    result.count("pairs of the dataset", stored.num_rows)
    empty = DATASET.empty_table()
    stored = store.completed([stored], DATASET).cast(DATASET)
    caps = dataset.caps(lambda: (ledger for ledger, _ in parts()), recipe.filter.template_share)
    if store.checksum(stored) != store.checksum(pa.concat_tables([empty, *dataset.stream(parts, caps)])):
        result.differs.append(f"{path} does not match the kept pairs of the ledger")


class _Reproducer:
    """Reproduces single groups with the stages of the plan; models are loaded on first use."""

    def __init__(self, folder: RunFolder, recipe: Recipe, stages: Sequence[MapStage]):
        self._folder, self._recipe = folder, recipe
        self._stages = {stage.name: stage for stage in stages}
        self._opened: dict[str, Work] = {}

    def check_group(self, index: int, row: int, result: Verified) -> None:
        """Reproduce the context, sentences and scores of a group and compare them byte by byte."""
        contexts, groups = self._table("contexts", index), self._table("generate", index)
        name = groups["context_id"][row].as_py()
        where = f"{name} (shard {index})"
        context, group = _of(contexts, name), _of(groups, name)
        self._compare("contexts", where, context, self._context(index, context), result)
        self._compare("groups", where, group, self._make("generate", context), result)
        if "score" in self._stages:
            scores = _of(self._table("score", index), name)
            made = self._make("score", group)
            self._compare("scores of groups", where, scores, made, result)
            result.count("pairs scored again", made.num_rows)

    def _context(self, index: int, context: pa.Table) -> pa.Table:
        """Reproduce the context from each prompt that it may come from."""
        try:
            rows, _ = prompts(self._recipe.contexts, self._recipe.seed, self._recipe.restatement)
            mine = Shards(self._recipe, self._folder, rows).rows(index)
        except (DataError, StoreError):
            return context  # already reported
        mine = mine.filter(pc.equal(mine["origin"], context["origin"][0]))
        return _of(self._make("contexts", mine), context["context_id"][0].as_py())

    def _compare(self, what: str, where: str, stored: pa.Table, made: pa.Table, result: Verified) -> None:
        result.count(f"{what} made again")
        if not _same(stored, made):
            served = self._recipe.teacher.backend == "endpoint"
            hint = " (a server may not be deterministic)" if served else ""
            result.differs.append(f"{what}: {where} differs when reproduced{hint}")

    def _make(self, stage: str, rows: pa.Table) -> pa.Table:
        if stage not in self._opened:
            self._opened[stage] = self._stages[stage].open(self._recipe.execution)
        return self._opened[stage](rows, lambda: None)[0]

    def _table(self, stage: str, index: int) -> pa.Table:
        shard = self._folder.shard(stage, index)
        if shard is None:
            raise StoreError(f"shard {index} of stage {stage} in {self._folder.path} is missing")
        return shard.table()


def _same(stored: pa.Table, made: pa.Table) -> bool:
    """Whether a table was reproduced; one stored by an older version may lack columns of later critics."""
    columns = [name for name in made.column_names if name in stored.column_names]
    return store.checksum(stored) == store.checksum(made.select(columns))


def _of(table: pa.Table, context_id: str) -> pa.Table:
    return table.filter(pc.equal(table["context_id"], context_id))
