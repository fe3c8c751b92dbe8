"""Is a run what its recipe makes? Its files against each other, and a sample of groups made again.

Every shard must hold what was written, and have been made for exactly its settings, models and input; the
verdicts and the dataset must follow from the scores; and some groups and their scores must come out the same
when they are made again. Changes nothing.
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
from .stages import MapStage, Work, plan

Say = Callable[[str], None]
Tables = dict[str, pa.Table]  # stage → one of its shards


@dataclass(slots=True)
class Verified:
    """What was looked at, in counts; what differs; what could not be looked at; what may explain a fault."""

    checked: dict[str, int] = field(default_factory=dict)
    differs: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def count(self, what: str, n: int = 1) -> None:
        """So many more were looked at."""
        self.checked[what] = self.checked.get(what, 0) + n


def verify(run: Path, sample: int = 3, seed: int = 7, say: Say = lambda _: None) -> Verified:
    """Check all files of a run, and make `sample` groups again, drawn by `seed`.

    `say` is told what is being done. Raises StoreError if there is no run.
    """
    found, folder = Verified(), RunFolder(run)
    manifest, recipe = folder.manifest(), folder.recipe()
    stages = [stage for stage in plan(recipe) if stage.name in manifest.stages]
    digests = _digests(manifest, stages, found)
    _versions(manifest, found)
    say("reading every shard")
    whole = list(_shards(folder, recipe, stages, digests, found))
    _dataset(folder, whole, found)
    if any(folder.round_numbers()):
        found.notes.append("rounds of self-distillation are not made again")
    places = [(i, row) for i, n in whole for row in range(n)]
    drawn = random.Random(seed).sample(places, min(sample, len(places)))
    if drawn and not digests.keys() >= {"contexts", "generate", "score"} & {s.name for s in stages}:
        found.notes.append("no group was made again, since a model is missing")
    else:
        again = _Again(folder, recipe, stages)
        for number, (index, row) in enumerate(drawn, 1):
            say(f"making group {number} of {len(drawn)} again")
            again.group(index, row, found)
    return found


def _digests(manifest: Manifest, stages: Sequence[MapStage], found: Verified) -> dict[str, list[str]]:
    """Of each stage whose models are here their digests, which must be those of the manifest."""
    digests = {}
    for stage in stages:
        try:
            digests[stage.name] = [digest(model) for model in stage.models]
        except ModelError as error:
            found.unchecked.append(f"stage {stage.name} is only checked for damage: {error}")
            continue
        for model, here in zip(stage.models, digests[stage.name], strict=True):
            found.count("models")
            if manifest.models.get(model) != here:
                found.differs.append(f"model {model} is not the one that the run used: its files changed")
    return digests


def _versions(manifest: Manifest, found: Verified) -> None:
    """Other versions are no fault, but the likeliest reason for one."""
    here = versions()
    for name, then in manifest.versions.items():
        if here.get(name, then) != then:
            found.notes.append(f"the run was made with {name} {then}, here is {here[name]}")


def _shards(
    folder: RunFolder,
    recipe: Recipe,
    stages: Sequence[MapStage],
    digests: Mapping[str, list[str]],
    found: Verified,
) -> Iterator[tuple[int, int]]:
    """Check shard after shard; yields the whole ones: their index and how many groups they hold."""
    try:
        rows: pa.Table | None = prompts(recipe.contexts, recipe.seed)[0]
    except DataError as error:
        found.unchecked.append(f"what the contexts were made of is not checked: {error}")
        rows = None
    size, missing = recipe.contexts.per_shard, 0
    for index in range(folder.manifest().shards):
        content = store.checksum(rows.slice(index * size, size)) if rows is not None else None
        tables: Tables = {}
        for stage in stages:
            shard, fault = _shard(folder, stage, index)
            if shard is None and not fault:
                missing += 1
                break
            found.count("shards")
            if shard is None or fault:
                found.differs.append(fault)
                break
            if content and stage.name in digests:
                found.count("fingerprints")
                if shard.fingerprint != stage.made_for(digests[stage.name], content):
                    found.differs.append(f"{shard.path} was made for other settings, models or input")
            content, tables[stage.name] = shard.checksum, shard.table()
        else:
            _verdicts(folder, recipe, stages, index, tables, found)
            yield index, tables["generate"].num_rows if "generate" in tables else 0
    if missing:
        found.notes.append(f"{missing} shards are not finished: impossible run goes on with them")


def _shard(folder: RunFolder, stage: MapStage, index: int) -> tuple[store.Shard | None, str]:
    """A shard and what is wrong with it; neither if there is no file."""
    path = folder.shard_file(stage.name, index)
    shard = store.read_shard(path)
    if shard is None:
        return None, f"{path} is damaged: it cannot be read" if path.exists() else ""
    try:
        shard.table()
    except StoreError:
        return shard, f"{path} is damaged: it does not hold what was written"
    return shard, ""


def _verdicts(
    folder: RunFolder,
    recipe: Recipe,
    stages: Sequence[MapStage],
    index: int,
    tables: Tables,
    found: Verified,
) -> None:
    """The ledger must follow from the scores and the bounds."""
    for stage in stages:
        if stage.name == "filter":
            found.count("pairs decided again", tables["filter"].num_rows)
            ledger_again, _ = stage.open(recipe.execution)(tables["score"], lambda: None)
            if store.checksum(ledger_again) != store.checksum(tables["filter"]):
                path = folder.shard_file(stage.name, index)
                found.differs.append(f"{path} is not what the scores and the bounds of the recipe give")


def _dataset(folder: RunFolder, whole: Sequence[tuple[int, int]], found: Verified) -> None:
    """The dataset must be the kept pairs of the ledger."""
    path = folder.dataset_file()
    if not path.exists():
        found.notes.append("there is no dataset yet")
        return

    def parts() -> Iterator[dataset.Part]:
        for index, _ in whole:
            both = [folder.shard(stage, index) for stage in ("filter", "generate")]
            tables = [shard.table() for shard in both if shard is not None]
            if len(tables) == 2:
                yield tables[0], tables[1]

    try:
        there = dataset.read(path)
    except StoreError as error:
        found.differs.append(str(error))
        return
    found.count("pairs of the dataset", there.num_rows)
    empty = DATASET.empty_table()
    there = store.completed([there], DATASET).cast(DATASET)
    if store.checksum(there) != store.checksum(pa.concat_tables([empty, *dataset.stream(parts)])):
        found.differs.append(f"{path} is not what the ledger keeps")


class _Again:
    """Makes single groups again with the stages of the plan; their models are loaded when first needed."""

    def __init__(self, folder: RunFolder, recipe: Recipe, stages: Sequence[MapStage]):
        self._folder, self._recipe = folder, recipe
        self._stages = {stage.name: stage for stage in stages}
        self._opened: dict[str, Work] = {}

    def group(self, index: int, row: int, found: Verified) -> None:
        """Compare one group's context, sentences and scores, byte by byte, with those in its shards."""
        contexts, groups = self._table("contexts", index), self._table("generate", index)
        name = groups["context_id"][row].as_py()
        where = f"{name} (shard {index})"
        context, group = _of(contexts, name), _of(groups, name)
        self._compare("contexts", where, context, self._context(index, context), found)
        self._compare("groups", where, group, self._make("generate", context), found)
        if "score" in self._stages:
            scores = _of(self._table("score", index), name)
            made = self._make("score", group)
            self._compare("scores of groups", where, scores, made, found)
            found.count("pairs scored again", made.num_rows)

    def _context(self, index: int, context: pa.Table) -> pa.Table:
        """The context grown again from each prompt that it may have come from."""
        try:
            rows, _ = prompts(self._recipe.contexts, self._recipe.seed)
        except DataError:
            return context  # said already
        size = self._recipe.contexts.per_shard
        mine = rows.slice(index * size, size)
        mine = mine.filter(pc.equal(mine["origin"], context["origin"][0]))
        return _of(self._make("contexts", mine), context["context_id"][0].as_py())

    def _compare(self, what: str, where: str, there: pa.Table, made: pa.Table, found: Verified) -> None:
        found.count(f"{what} made again")
        if store.checksum(there) != store.checksum(made):
            served = self._recipe.teacher.backend == "endpoint"
            hint = " (a server need not repeat itself)" if served else ""
            found.differs.append(f"{what}: {where}, made again, differs{hint}")

    def _make(self, stage: str, rows: pa.Table) -> pa.Table:
        if stage not in self._opened:
            self._opened[stage] = self._stages[stage].open(self._recipe.execution)
        return self._opened[stage](rows, lambda: None)[0]

    def _table(self, stage: str, index: int) -> pa.Table:
        shard = self._folder.shard(stage, index)
        if shard is None:
            raise StoreError(f"shard {index} of stage {stage} in {self._folder.path} is gone")
        return shard.table()


def _of(table: pa.Table, context_id: str) -> pa.Table:
    return table.filter(pc.equal(table["context_id"], context_id))
