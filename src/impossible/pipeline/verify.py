"""Verify a run: check its files against each other and reproduce a sample of groups.

Each shard must match its checksum and the fingerprint of its settings, models and input. Verdicts and dataset
must follow from the scores, students and rounds from the pairs. A sample of groups and scores must be
reproduced exactly. What must be there follows from the recipe, not from what is there. Changes no file.
"""

import random
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..data import store
from ..data.run_folder import Manifest, RunFolder
from ..errors import ImpossibleError, StoreError
from ..generation.contexts import prompts
from ..models.locate import digest
from ..recipe.recipe import Recipe
from .run import versions
from .shards import Shards
from .signature import check_signature
from .stages import MapStage, Work, plan
from .verified import Verified
from .verify_folders import check_dataset, check_rounds, check_strangers

OnProgress = Callable[[str], None]
Tables = dict[str, pa.Table]  # stage → one of its shards
_FAR = {
    "endpoint": "no server is asked without --ask-endpoint",
    "own": "the sampler is not part of the recipe",
}


def verify(
    run: Path,
    sample: int = 3,
    seed: int | None = None,
    ask: bool = False,
    signed_by: Path | None = None,
    on_progress: OnProgress = lambda _: None,
) -> Verified:
    """Check all files of a run and reproduce `sample` groups, drawn with `seed`, by default a new one.

    A server is asked for groups only with `ask`. The run must be signed by the public key `signed_by`.
    `on_progress` receives a message per step. Raises StoreError if there is no run, RecipeError if it has no
    valid recipe.
    """
    result, folder = Verified(secrets.randbelow(2**31) if seed is None else seed), RunFolder(run)
    manifest, recipe = folder.manifest(), folder.recipe()
    stages = plan(recipe)
    digests = _digests(manifest, stages, result)
    _versions(manifest, result)
    on_progress("reading all shards")
    shards: Shards | None = None
    with result.checking("the input of the stage contexts is not checked"):
        rows, _ = prompts(recipe.contexts, recipe.seed, recipe.restatement)
        shards = Shards(recipe, folder, rows)
    planned = manifest.shards if shards is None else len(shards)
    count = min(planned, manifest.shards) if manifest.reached else planned
    whole = list(_shards(folder, recipe, stages, digests, shards, count, result))
    indices = [index for index, _ in whole]
    if len(whole) == count:
        check_dataset(folder, recipe, indices, result)
        on_progress("reading all students")
        check_rounds(folder, recipe, indices, result)
    check_strangers(folder, recipe, count, result)
    check_signature(run, signed_by, result)
    places = [(index, row) for index, n in whole for row in range(n)]
    drawn = random.Random(result.seed).sample(places, min(sample, len(places)))
    reproducer = _Reproducer(folder, recipe, stages, shards, ask, result)
    for number, (index, row) in enumerate(drawn, 1):
        on_progress(f"reproducing group {number} of {len(drawn)}")
        with result.checking(f"row {row} of shard {index}"):
            reproducer.check_group(index, row)
    return result


def _digests(manifest: Manifest, stages: Sequence[MapStage], result: Verified) -> dict[str, list[str]]:
    """The digests of each stage whose models are installed; compares them with the manifest."""
    digests = {}
    for stage in stages:
        with result.checking(f"stage {stage.name} is only checked for damage"):
            digests[stage.name] = [digest(model) for model in stage.models]
            for model, here in zip(stage.models, digests[stage.name], strict=True):
                result.count("models")
                if manifest.models.get(model) != here:
                    result.faults.append(
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
    shards: Shards | None,
    count: int,
    result: Verified,
) -> Iterator[tuple[int, int]]:
    """Check all shards; yield the index and number of groups of each complete one."""
    missing = 0
    for index in range(count):
        content = _content(shards, index)
        tables: Tables = {}
        for stage in stages:
            shard, fault = _shard(folder, stage, index)
            if shard is None and not fault:
                missing += 1
                break
            result.count("shards")
            if shard is None or fault:
                result.faults.append(fault)
                break
            if content and stage.name in digests:
                result.count("fingerprints")
                if shard.fingerprint != stage.fingerprint(digests[stage.name], content):
                    result.faults.append(f"{shard.path} was made with other settings, models or input")
            content, tables[stage.name] = shard.checksum, shard.table()
        else:
            with result.checking(f"shard {index}"):
                _verdicts(folder, recipe, stages[-1], index, tables, result)
                yield index, tables["generate"].num_rows
    if missing:
        result.faults.append(f"{missing} of {count} shards are missing; impossible run makes them")


def _content(shards: Shards | None, index: int) -> str | None:
    """The checksum of a shard's prompts; None if they are unknown."""
    try:
        return store.checksum(shards.rows(index)) if shards is not None else None
    except ImpossibleError:  # a shard before it is missing or damaged, which is reported
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
    folder: RunFolder, recipe: Recipe, stage: MapStage, index: int, tables: Tables, result: Verified
) -> None:
    """Check that the ledger, and its counts, follow from the scores and the bounds."""
    result.count("pairs decided again", tables["filter"].num_rows)
    ledger, counts = stage.open(recipe.execution)(tables["score"], lambda: None)
    shard = folder.shard(stage.name, index)
    if not _same(tables["filter"], ledger) or shard is None or shard.counts != dict(counts):
        path = folder.shard_file(stage.name, index)
        result.faults.append(f"{path} does not follow from the scores and the bounds of the recipe")


class _Reproducer:
    """Reproduces single groups with the stages of the plan; models are loaded on first use."""

    def __init__(
        self,
        folder: RunFolder,
        recipe: Recipe,
        stages: Sequence[MapStage],
        shards: Shards | None,
        ask: bool,
        result: Verified,
    ):
        self._folder, self._recipe, self._shards, self._result = folder, recipe, shards, result
        self._stages = {stage.name: stage for stage in stages}
        self._opened: dict[str, Work] = {}
        self._far = recipe.teacher.backend in _FAR and not (ask and recipe.teacher.backend == "endpoint")

    def check_group(self, index: int, row: int) -> None:
        """Reproduce the context, sentences and scores of a group and compare them byte by byte."""
        contexts, groups = self._table("contexts", index), self._table("generate", index)
        name = groups["context_id"][row].as_py()
        where = f"{name} (shard {index})"
        context, group = _of(contexts, name), _of(groups, name)
        if self._shards is not None and self._at_hand("contexts"):
            self._compare("contexts", where, context, self._context(index, context))
        if self._at_hand("generate"):
            self._compare("groups", where, group, self._make("generate", context))
        made = self._make("score", group)
        self._compare("scores of groups", where, _of(self._table("score", index), name), made)
        self._result.count("pairs scored again", made.num_rows)

    def _at_hand(self, stage: str) -> bool:
        """Whether a stage runs here; else a note says that it was not repeated."""
        if not (self._far and self._stages[stage].models):
            return True
        note = f"{stage} is not repeated: {_FAR[self._recipe.teacher.backend]}"
        if note not in self._result.notes:
            self._result.notes.append(note)
        return False

    def _context(self, index: int, context: pa.Table) -> pa.Table:
        """Reproduce the context from each prompt that it may come from."""
        assert self._shards is not None
        mine = self._shards.rows(index)
        mine = mine.filter(pc.equal(mine["origin"], context["origin"][0]))
        return _of(self._make("contexts", mine), context["context_id"][0].as_py())

    def _compare(self, what: str, where: str, stored: pa.Table, made: pa.Table) -> None:
        self._result.count(f"{what} made again")
        if not _same(stored, made):
            served = self._recipe.teacher.backend == "endpoint"
            hint = " (a server may not be deterministic)" if served else ""
            self._result.faults.append(f"{what}: {where} differs when reproduced{hint}")

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
