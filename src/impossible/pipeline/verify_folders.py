"""Verify the dataset, students and rounds of a run, and find what nobody of the run has made."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from ..data import dataset, store
from ..data.rounds import read_rounds
from ..data.run_folder import RunFolder
from ..data.schema import DATASET, GROUPS
from ..models.sums import SUMS, damaged, read_sums
from ..recipe.recipe import Recipe
from .verified import Verified

_OF_ROUND = re.compile(r"groups|scores|ledger|dataset|student|student\.training|measured\.json|drawn")
_SHARD = re.compile(r"\d{5,}\.parquet")
_PASSING = re.compile(rf"{store.PART.pattern}|\.(dataset|student)-.+")  # of a killed writer


def check_dataset(folder: RunFolder, recipe: Recipe, whole: Sequence[int], result: Verified) -> None:
    """Check that the dataset is the kept pairs of the ledger, and reaches the target that ended the run."""
    path = folder.dataset_file()

    def parts() -> Iterator[dataset.Part]:
        for index in whole:
            ledger, groups = folder.shard("filter", index), folder.shard("generate", index)
            if ledger is not None and groups is not None:
                yield ledger.table(), groups.table()

    if not path.exists():
        result.faults.append("there is no dataset: the run is not finished")
        return
    with result.checking("the dataset"):
        stored = dataset.read(path)
        result.count("pairs of the dataset", stored.num_rows)
        stored = store.completed([stored], DATASET).cast(DATASET)
        caps = dataset.caps(lambda: (ledger for ledger, _ in parts()), recipe.filter.template_share)
        made = pa.concat_tables([DATASET.empty_table(), *dataset.stream(parts, caps)])
        if store.checksum(stored) != store.checksum(made):
            result.faults.append(f"{path} does not match the kept pairs of the ledger")
        if name := damaged(folder.dataset_folder()):
            result.faults.append(f"{folder.dataset_folder()} is damaged: {name} is not as it was written")
        manifest, tasks = folder.manifest(), Counter(stored["task"].to_pylist())
        for task, _ in recipe.filter.tasks() if manifest.reached else ():
            if tasks[task] < max(manifest.target, 1):
                result.faults.append(f"the run ended at {tasks[task]} pairs of {task}, before its target")


def check_rounds(folder: RunFolder, recipe: Recipe, whole: Sequence[int], result: Verified) -> None:
    """Check that students and datasets of all rounds are whole, and made of this run's pairs in turn."""
    from ..evaluate.held_out import compare
    from ..students.self_distillation import run_rounds

    if recipe.distil is None:
        if folder.rounds_file.exists():
            result.faults.append(f"{folder.rounds_file}: the recipe makes no student")
        return
    with result.checking("the students"):
        shards = {stage: [folder.shard(stage, index) for index in whole] for stage in ("generate", "filter")}
        groups = store.concatenate([shard for shard in shards["generate"] if shard], GROUPS)
        rivals = dataset.duplicates(shard.table() for shard in shards["filter"] if shard)
        made = run_rounds(folder.path, recipe, groups, rivals, frozen=True)
        compare(folder.path, recipe, rivals, frozen=True)
        result.count("students", len(made))
        result.notes.append("students are checked for what they were made of; no training is repeated")


def check_strangers(folder: RunFolder, recipe: Recipe, shards: int, result: Verified) -> None:
    """Find files in the folders of stages and rounds that are not the run's, and links out of them."""
    with result.checking("the folders"):
        rounds = [one.number for one in read_rounds(folder.path)] if recipe.distil else [0]
        tried = len(rounds)  # a last round without a pair has an empty dataset and no student
        if folder.dataset_file(tried).exists() and not dataset.size(folder.dataset_file(tried)):
            rounds.append(tried)
        for path in _strangers(folder, {folder.round_folder(number).name for number in [0, *rounds]}):
            result.faults.append(f"{path} is not of this run; remove it")
        extra = [p for p in folder.path.glob("contexts/*.parquet") if int(p.stem) >= shards]
        if extra:
            result.notes.append(f"{len(extra)} shards lie behind the end of the run and are not used")


def _strangers(folder: RunFolder, rounds: set[str]) -> Iterator[Path]:
    for top in sorted([*folder.path.glob("contexts"), *folder.path.glob("round-*")]):
        if top.is_symlink() or (top.name != "contexts" and top.name not in rounds):
            yield top
            continue
        for path in sorted(top.iterdir()):
            if _is_strange(path, _SHARD if top.name == "contexts" else _OF_ROUND):
                yield path
            elif path.is_dir() and path.name in ("groups", "scores", "ledger"):
                yield from (p for p in sorted(path.iterdir()) if _is_strange(p, _SHARD))
            elif path.is_dir() and path.name in ("dataset", "student"):
                listed = {SUMS, store.FINGERPRINT_FILE, *read_sums(path)}
                yield from (p for p in sorted(path.rglob("*")) if _is_unlisted(p, path, listed))


def _is_strange(path: Path, known: re.Pattern[str]) -> bool:
    return path.is_symlink() or not (known.fullmatch(path.name) or _PASSING.fullmatch(path.name))


def _is_unlisted(path: Path, folder: Path, listed: set[str]) -> bool:
    return path.is_symlink() or (path.is_file() and str(path.relative_to(folder)) not in listed)
