"""Execute a plan: take each shard through all stages, skip finished ones, then write the dataset."""

import json
import platform
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from ..data import dataset, store
from ..data.run_folder import STAGES, Manifest, RunFolder
from ..data.schema import GROUPS
from ..data.state import State
from ..data.template_cap import Templates
from ..errors import RecipeError, StoreError
from ..generation.contexts import prompts
from ..generation.corpus import CorpusReport
from ..models.locate import digest
from ..recipe.recipe import Recipe
from .engines import open_engine
from .engines.base import Callbacks, Done, ShardRun, run_shard
from .shards import Shards
from .stages import MapStage, plan

if TYPE_CHECKING:
    from ..models.progress import Progress
    from ..teachers.base import Sampler


_TEXT = ("contexts", "teacher", "sampling", "restatement")  # tables that determine the teacher's text
_VERSIONS = (
    "impossible-distillation",
    "torch",
    "transformers",
    "ctranslate2",
    "onnxruntime",
    "spacy",
    "numpy",
    "pyarrow",
    "py3langid",
)


class Watch:
    """Progress callbacks of a run; they do nothing here. Subclass to show progress."""

    def begin(self, state: State, ticks: int) -> None:
        """The run starts; `ticks` calls of `tick` will follow."""

    def corpus(self, report: CorpusReport) -> None:
        """A corpus has been read."""

    def tick(self, count: int = 1) -> None:
        """A context has passed a slow stage."""

    def shard(self, state: State, index: int) -> None:
        """A shard has passed the last stage."""

    def end(self, state: State) -> None:
        """The dataset is written, or the run was interrupted."""

    def note(self, text: str) -> None:
        """A message for the user, such as the death of a worker."""

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
    """Run a recipe in the folder `out`, or resume an earlier run of it.

    `until` names the last stage; the default is `distil` if the recipe has `[distil]`, else `filter`. With a
    `target` the run ends once each task has that many distinct kept pairs; it then consists of the shards up
    to there, in order. With `at_most` only that many shards are made, from the first on, and no dataset, so
    that a pilot keeps the dataset of an earlier run. `sampler` is the teacher of a recipe with
    `teacher.backend = "own"`. After KeyboardInterrupt the dataset has the finished shards, and `interrupted`
    is set. Raises ImpossibleError.
    """
    until = _last_stage(recipe, until, target)
    _check_sampler(recipe, sampler)
    _check_end(recipe, until)
    watch = watch or Watch()
    # before the folder is made, so that an unreadable corpus leaves none
    rows, report = prompts(recipe.contexts, recipe.seed, recipe.restatement)
    folder = RunFolder(out)
    folder.check_own()
    with store.hold(out):
        if fresh:
            folder.clear()
        shards = Shards(recipe, folder, rows, shown=until != "contexts")
        _check_same_text(folder, recipe, rows)
        _check_same_examples(folder, recipe, shards)
        folder.sweep()
        if report is not None:
            watch.corpus(report)
        stages = plan(recipe, sampler)[: STAGES.index(until) + 1]
        state = State(out, rows.num_rows, len(shards), target=target)
        _write_manifest(folder, recipe, state, stages)
        state.shards = min(state.shards, at_most or state.shards)
        state.contexts = shards.contexts(state.shards)
        watch.begin(state, state.contexts * sum(s.name in ("generate", "score") for s in stages))
        finished = _make_shards(recipe, folder, stages, shards, state, watch)
        if until in ("filter", "distil") and at_most is None:
            state.file = _dataset(folder, finished, recipe.filter.template_share)
        watch.end(state)
        if until == "distil" and not state.interrupted:
            _distil(folder, recipe, finished, state, watch)
    return state


def _check_sampler(recipe: Recipe, sampler: "Sampler | None") -> None:
    if (recipe.teacher.backend == "own") != (sampler is not None):
        raise RecipeError(
            'teacher.backend = "own" needs a sampler, and only it: impossible.run(recipe, out, sampler=…)'
        )


def _make_shards(
    recipe: Recipe, folder: RunFolder, stages: Sequence[MapStage], shards: Shards, state: State, watch: Watch
) -> list[int]:
    """Make the shards up to the target or an interruption; return the finished indices."""
    goal = _Goal(state.target, [task for task, _ in recipe.filter.tasks()], recipe.filter.template_share)
    finished: list[int] = []
    try:
        for done in _work(recipe, folder, stages, shards, state, watch):
            finished.append(done.index)
            state.done += 1
            for shard in done.shards.values():
                state.counts.update(shard.counts)
            state.reached = bool(state.target) and goal.reached(done.shards["filter"], state)
            state.found = state.found if done.made else state.share()
            watch.shard(state, done.index)
            if state.reached:
                state.contexts, state.shards = shards.contexts(state.done), state.done
                _write_manifest(folder, recipe, state, stages)
                break
    except KeyboardInterrupt:
        state.interrupted = True
    return sorted(finished)


def _check_end(recipe: Recipe, until: str) -> None:
    """Check what the last stage needs."""
    if until == "distil":
        _check_distil_inputs(recipe)
    shown = recipe.restatement
    if until == "generate" and shown is not None and shown.demonstrations and shown.examples is None:
        raise RecipeError(
            "--until generate: later sentences are shown pairs that were scored before; stop at score, "
            "or set restatement.demonstrations = 0"
        )


def _check_distil_inputs(recipe: Recipe) -> None:
    """Check the parser and files of `[distil]` before the run, not after the dataset is made."""
    from ..critics.parser import check_parser  # imports spaCy, which a finished run does not need

    assert recipe.distil is not None
    check_parser(recipe.distil.parser)
    for key, paths in (("also", recipe.distil.also), ("texts", filter(None, [recipe.distil.texts]))):
        if missing := [path for path in paths if not Path(path).exists()]:
            raise RecipeError(f"distil.{key}: {missing[0]} does not exist; make it first, or leave it out")


def _check_same_text(folder: RunFolder, recipe: Recipe, rows: pa.Table) -> None:
    """Raise StoreError if the folder has continuations made with other settings, or of another corpus."""
    if not folder.has_shards("generate"):
        return
    try:
        old = _text_settings(folder.recipe())
    except RecipeError:
        return  # an older version, whose text differs anyway
    changed = [key for key, value in _text_settings(recipe).items() if key in old and old[key] != value]
    if changed:
        raise StoreError(
            f"{folder.path} has continuations made with another {', '.join(changed)}; give "
            "another --out, or --fresh to delete them"
        )
    if recipe.contexts.corpus is not None and _is_other_corpus(folder, recipe, rows):
        raise StoreError(
            f"{recipe.contexts.corpus} has changed since {folder.path} continued its texts; give another "
            "--out, or --fresh to delete what was made of them"
        )


def _check_same_examples(folder: RunFolder, recipe: Recipe, shards: Shards) -> None:
    """Raise StoreError if the folder has continuations made after other examples of the user."""
    if folder.has_shards("generate") and shards.shows_other_examples():
        assert recipe.restatement is not None
        raise StoreError(
            f"{recipe.restatement.examples} has changed since {folder.path} showed its pairs; give another "
            "--out, or --fresh to delete what was made of them"
        )


def _is_other_corpus(folder: RunFolder, recipe: Recipe, rows: pa.Table) -> bool:
    """Whether the finished contexts are of other documents, or of fewer than there are now."""
    longest, manifest = recipe.contexts.max_chars, folder.manifest()
    here = {(row["origin"], row["context"][:longest]) for row in rows.to_pylist()}
    for shard in folder.shards("contexts"):
        with suppress(StoreError):  # a damaged one is made again
            if any((row["origin"], row["context"]) not in here for row in shard.table().to_pylist()):
                return True
    return not manifest.reached and manifest.contexts != rows.num_rows


def _text_settings(recipe: Recipe) -> dict[str, object]:
    """The settings that determine the teacher's text, by key; the count of domain contexts does not."""
    tables = {name: getattr(recipe, name).canonical() for name in _TEXT if getattr(recipe, name)}
    flat = {f"{name}.{key}": value for name, one in tables.items() for key, value in json.loads(one).items()}
    if recipe.contexts.corpus is None:
        flat.pop("contexts.count")
    return flat | {"seed": recipe.seed}


def _last_stage(recipe: Recipe, until: str, target: int) -> str:
    until = until or ("filter" if recipe.distil is None else "distil")
    if until not in STAGES:
        raise RecipeError(f"--until {until}: unknown stage; allowed are {', '.join(STAGES)}")
    if until == "distil" and recipe.distil is None:
        raise RecipeError("--until distil: the recipe has no student; add [distil]")
    if target and until not in ("filter", "distil"):
        raise RecipeError(f"--target {target}: needs the stage filter; leave out --until {until}")
    return until


class _Goal:
    """Counts the pairs that each task has in the dataset, until all have reached the target."""

    def __init__(self, target: int, tasks: Sequence[str], share: float | None):
        self._target, self._share = target, share
        self._seen = {task: (dataset.Seen(), Templates()) for task in tasks}

    def reached(self, verdicts: store.Shard, state: State) -> bool:
        rows = verdicts.table()
        for task, (seen, templates) in self._seen.items():
            templates.add(seen.new(dataset.kept(rows, task)))
            state.distinct[task] = len(seen) if self._share is None else templates.cap(self._share).kept
        return min(state.distinct.values()) >= self._target


def _work(
    recipe: Recipe,
    folder: RunFolder,
    stages: Sequence[MapStage],
    shards: Shards,
    state: State,
    watch: Watch,
) -> Iterator[Done]:
    """Yield each shard that has passed all stages; with a target, in index order."""
    engine = open_engine(recipe.execution)
    models = {stage.name: [digest(model) for model in stage.models] for stage in stages}
    callbacks = Callbacks(watch.tick, watch.note)
    finished: set[int] = set()

    def runs() -> Iterator[ShardRun | None]:
        backward = recipe.execution.order == "reverse" and not state.target
        for wave in shards.waves():
            while not finished.issuperset(shards.before(wave[0])):
                yield None
            for i in reversed(wave) if backward else wave:
                if i < state.shards:
                    yield run_shard(folder, stages, models, i, shards.rows(i), callbacks)

    def recorded(found: Iterable[Done]) -> Iterator[Done]:
        for done in found:
            finished.add(done.index)
            yield done

    with closing(engine(runs(), stages, recipe.execution, callbacks)) as found:
        yield from _in_order(recorded(found)) if state.target else recorded(found)


def _in_order(shards: Iterable[Done]) -> Iterator[Done]:
    """Reorder shards by index; yield each as soon as all before it are done."""
    waiting: dict[int, Done] = {}
    due = 0
    for done in shards:
        waiting[done.index] = done
        while due in waiting:
            yield waiting.pop(due)
            due += 1


def _dataset(folder: RunFolder, finished: Sequence[int], share: float | None) -> Path:
    """Write the dataset of the finished shards unless it is up to date; one shard is in memory at a time.

    `share`: the largest share of a template (`filter.template_share`).
    """
    place = folder.dataset_folder()
    checksums = [s.checksum for stage in ("filter", "generate") for s in _made(folder, stage, finished)]
    wanted = store.fingerprint("dataset", "4", str(share), *checksums)
    if not store.is_made(place, wanted):

        def ledgers() -> Iterable[pa.Table]:
            return (ledger.table() for ledger in _made(folder, "filter", finished))

        def parts() -> Iterable[dataset.Part]:
            groups = (made.table() for made in _made(folder, "generate", finished))
            return zip(ledgers(), groups, strict=True)

        caps = dataset.caps(ledgers, share)
        pairs = dataset.stream(parts, caps)
        store.make_folder(place, wanted, lambda new: dataset.write_stream(pairs, new, caps))
    return folder.dataset_file()


def _made(folder: RunFolder, stage: str, finished: Sequence[int]) -> Iterator[store.Shard]:
    for index in finished:
        shard = folder.shard(stage, index)
        if shard is None:
            raise StoreError(
                f"shard {index} of stage {stage} in {folder.path} is missing; run again to recreate it"
            )
        yield shard


def _distil(folder: RunFolder, recipe: Recipe, finished: Sequence[int], state: State, watch: Watch) -> None:
    """Train the student of round 0 and run self-distillation; an interruption keeps finished rounds."""
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


def _write_manifest(folder: RunFolder, recipe: Recipe, state: State, stages: Sequence[MapStage]) -> None:
    """Write the manifest, which makes the folder a run's, and the recipe."""
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
    folder.write_recipe(recipe)


def versions() -> dict[str, str]:
    """The installed versions of the packages that the bytes of a run depend on."""
    found = {}
    for name in _VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
