"""Executes a plan: each shard through all stages, skipping what is finished; then the dataset."""

import json
import platform
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from ..data import dataset, store
from ..data.run_folder import STAGES, Manifest, RunFolder
from ..data.schema import GROUPS
from ..data.state import State
from ..errors import RecipeError, StoreError
from ..generation.contexts import prompts
from ..generation.corpus import CorpusReport
from ..models.locate import digest
from ..recipe.recipe import Recipe
from .engines import open_engine
from .engines.base import Calls, Done, way
from .stages import MapStage, plan

if TYPE_CHECKING:
    from ..students.progress import Progress
    from ..teachers.base import Sampler


_VERSIONS = (
    "impossible-distillation",
    "torch",
    "transformers",
    "ctranslate2",
    "onnxruntime",
    "spacy",
    "numpy",
    "pyarrow",
)


class Watch:
    """What a run tells while it works; this one says nothing. Subclass it to show progress."""

    def begin(self, state: State, ticks: int) -> None:
        """The run starts; `ticks` calls of `tick` will follow."""

    def corpus(self, report: CorpusReport) -> None:
        """A corpus has been read."""

    def tick(self, count: int = 1) -> None:
        """A context has passed a slow stage."""

    def shard(self, state: State, index: int) -> None:
        """A shard has passed the last stage."""

    def end(self, state: State) -> None:
        """The dataset is there, or the run was interrupted."""

    def note(self, text: str) -> None:
        """Something a person should know, such as the death of a worker."""

    def training(self, what: str, progress: "Progress") -> None:
        """A student is being trained; `what` names the round."""

    def comparing(self, task: str) -> None:
        """Teacher and best student are being compared on held-out sentences of a task."""


def run(
    recipe: Recipe,
    out: Path,
    until: str = "",
    fresh: bool = False,
    watch: Watch | None = None,
    target: int = 0,
    at_most: int | None = None,
    sampler: "Sampler | None" = None,
) -> State:
    """Run a recipe in the folder `out`, or go on where an earlier run of it stopped.

    `until` names the last stage: by default `distil` if the recipe has `[distil]`, else `filter`. With a
    `target` no context is begun once each task has so many kept pairs, repeats counted once: the run
    is then the shards up to there, in the order of contexts. With `at_most` only so many shards are made, the
    first ones, and no dataset: a pilot leaves that of an earlier run alone. A `sampler` is the teacher of a
    recipe with `teacher.backend = "own"`. A KeyboardInterrupt ends it early: the dataset then has what was
    finished, and `interrupted` is set. Raises ImpossibleError.
    """
    until = _last_stage(recipe, until, target)
    if (recipe.teacher.backend == "own") != (sampler is not None):
        raise RecipeError(
            'teacher.backend = "own" and, in Python, impossible.run(recipe, out, sampler=…) go together'
        )
    if until == "distil":
        _refuse_missing(recipe)
    watch = watch or Watch()
    rows, report = prompts(recipe.contexts, recipe.seed)  # a corpus that cannot be read leaves no folder
    folder = RunFolder(out)
    with store.hold(out):
        if fresh:
            folder.clear()
        _refuse_other_text(folder, recipe)
        folder.sweep()
        if report is not None:
            watch.corpus(report)
        stages = plan(recipe, sampler)[: STAGES.index(until) + 1]
        size = recipe.contexts.per_shard
        state = State(out, rows.num_rows, -(-rows.num_rows // size), target=target)
        _write_down(folder, recipe, state, stages)
        state.shards = min(state.shards, at_most or state.shards)
        state.contexts = min(rows.num_rows, state.shards * size)
        watch.begin(state, state.contexts * sum(s.name in ("generate", "score") for s in stages))
        finished = _make_shards(recipe, folder, stages, rows, state, watch)
        if until in ("filter", "distil") and at_most is None:
            state.file = _dataset(folder, finished)
        watch.end(state)
        if until == "distil" and not state.interrupted:
            _distil(folder, recipe, finished, state, watch)
    return state


def _make_shards(
    recipe: Recipe, folder: RunFolder, stages: Sequence[MapStage], rows: pa.Table, state: State, watch: Watch
) -> list[int]:
    """Make the run's shards, up to its target or an interruption; say which are finished."""
    goal = _Goal(state.target, [task for task, _ in recipe.filter.tasks()])
    finished: list[int] = []
    try:
        for done in _work(recipe, folder, stages, rows, state, watch):
            finished.append(done.index)
            state.done += 1
            for shard in done.shards.values():
                state.counts.update(shard.counts)
            state.reached = bool(state.target) and goal.reached(done.shards["filter"], state)
            state.found = state.found if done.made else state.share()
            watch.shard(state, done.index)
            if state.reached:
                state.contexts = min(rows.num_rows, state.done * recipe.contexts.per_shard)
                state.shards = state.done
                _write_down(folder, recipe, state, stages)
                break
    except KeyboardInterrupt:
        state.interrupted = True
    return sorted(finished)


def _refuse_missing(recipe: Recipe) -> None:
    """Say now, not after the dataset, that what the student is to learn with or from is not there."""
    from ..critics.parser import check_parser  # spaCy, which a finished run does not need

    assert recipe.distil is not None
    check_parser(recipe.distil.parser)
    for key, paths in (("also", recipe.distil.also), ("texts", filter(None, [recipe.distil.texts]))):
        if missing := [path for path in paths if not Path(path).exists()]:
            raise RecipeError(f"distil.{key}: {missing[0]} does not exist; make it first, or leave it out")


def _refuse_other_text(folder: RunFolder, recipe: Recipe) -> None:
    """Leave a folder alone whose continuations other settings made. Raises StoreError."""
    if not folder.has_shards("generate"):
        return
    try:
        old = _of_text(folder.recipe())
    except RecipeError:
        return  # of an older version, which has made other text anyway
    changed = [key for key, value in _of_text(recipe).items() if key in old and old[key] != value]
    if changed:
        raise StoreError(
            f"{folder.path} holds continuations that were made with another {', '.join(changed)}; give "
            "another --out, or --fresh to throw them away"
        )


def _of_text(recipe: Recipe) -> dict[str, object]:
    """What the teacher's text follows from, by key; more contexts of domains are no other text."""
    tables = {name: getattr(recipe, name).canonical() for name in ("contexts", "teacher", "sampling")}
    flat = {f"{name}.{key}": value for name, one in tables.items() for key, value in json.loads(one).items()}
    if recipe.contexts.corpus is None:
        flat.pop("contexts.count")
    return flat | {"seed": recipe.seed}


def _last_stage(recipe: Recipe, until: str, target: int) -> str:
    until = until or ("filter" if recipe.distil is None else "distil")
    if until not in STAGES:
        raise RecipeError(f"--until {until}: unknown stage; allowed are {', '.join(STAGES)}")
    if until == "distil" and recipe.distil is None:
        raise RecipeError("--until distil: the recipe asks for no student; add [distil] to it")
    if target and until not in ("filter", "distil"):
        raise RecipeError(f"--target {target}: pairs are kept by the stage filter; leave out --until {until}")
    return until


class _Goal:
    """Counts the kept pairs of shard after shard until each task has enough."""

    def __init__(self, target: int, tasks: Sequence[str]):
        self._target, self._seen = target, {task: dataset.Seen() for task in tasks}

    def reached(self, verdicts: store.Shard, state: State) -> bool:
        rows = verdicts.table()
        for task, seen in self._seen.items():
            seen.new(dataset.kept(rows, task))
            state.distinct[task] = len(seen)
        return min(state.distinct.values()) >= self._target


def _work(
    recipe: Recipe,
    folder: RunFolder,
    stages: Sequence[MapStage],
    rows: pa.Table,
    state: State,
    watch: Watch,
) -> Iterator[Done]:
    """Each shard that has been through all stages; with a target, in their order."""
    engine, size = open_engine(recipe.execution), recipe.contexts.per_shard
    models = {stage.name: [digest(model) for model in stage.models] for stage in stages}
    calls = Calls(watch.tick, watch.note)
    forward = recipe.execution.order == "forward" or state.target
    numbers = range(state.shards) if forward else reversed(range(state.shards))
    ways = (way(folder, stages, models, i, rows.slice(i * size, size), calls) for i in numbers)
    with closing(engine(ways, stages, recipe.execution, calls)) as found:
        yield from _in_order(found) if state.target else found


def _in_order(found: Iterable[Done]) -> Iterator[Done]:
    """Shards in the order of their numbers, each as soon as it and all before it are there."""
    held: dict[int, Done] = {}
    due = 0
    for done in found:
        held[done.index] = done
        while due in held:
            yield held.pop(due)
            due += 1


def _dataset(folder: RunFolder, finished: Sequence[int]) -> Path:
    """Make the dataset of the finished shards, unless it is there already; one shard is held at a time."""
    place = folder.dataset_folder()
    checksums = [s.checksum for stage in ("filter", "generate") for s in _made(folder, stage, finished)]
    wanted = store.fingerprint("dataset", "3", *checksums)
    if store.folder_fingerprint(place) != wanted or not dataset.is_whole(folder.dataset_file()):

        def parts() -> Iterable[dataset.Part]:
            both = zip(*(_made(folder, stage, finished) for stage in ("filter", "generate")), strict=True)
            return ((ledger.table(), groups.table()) for ledger, groups in both)

        store.make_folder(place, wanted, lambda new: dataset.write_stream(dataset.stream(parts), new))
    return folder.dataset_file()


def _made(folder: RunFolder, stage: str, finished: Sequence[int]) -> Iterator[store.Shard]:
    for index in finished:
        shard = folder.shard(stage, index)
        if shard is None:
            raise StoreError(
                f"shard {index} of stage {stage} in {folder.path} is gone; run again to make it anew"
            )
        yield shard


def _distil(folder: RunFolder, recipe: Recipe, finished: Sequence[int], state: State, watch: Watch) -> None:
    """The student of round 0, and the rounds of self-distillation; Ctrl-C keeps what is finished."""
    from ..evaluate.held_out import compare
    from ..students.self_distillation import run_rounds

    groups = store.concatenate(list(_made(folder, "generate", finished)), GROUPS)
    rivals = dataset.duplicates(shard.table() for shard in _made(folder, "filter", finished))
    start = time.perf_counter()
    try:
        state.rounds = run_rounds(folder.path, recipe, groups, rivals, watch.training)
        compare(folder.path, recipe, rivals, watch.comparing)
    except KeyboardInterrupt:
        state.interrupted = True
    folder.log("distil", round(time.perf_counter() - start, 3))


def _write_down(folder: RunFolder, recipe: Recipe, state: State, stages: Sequence[MapStage]) -> None:
    """Recipe and manifest."""
    folder.write_recipe(recipe)
    folder.write_manifest(
        Manifest(
            contexts=state.contexts,
            shards=state.shards,
            target=state.target,
            reached=state.reached,
            stages=tuple(s.name for s in stages),
            models={model: digest(model) for s in stages for model in s.models},
            execution=recipe.execution.model_dump(),
            versions=versions(),
            machine=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        )
    )


def versions() -> dict[str, str]:
    """What of the software that a run's bytes depend on is installed, and in which version."""
    found = {}
    for name in _VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
