"""Executes a plan: each shard through all stages, skipping what is finished; then the dataset."""

import json
import platform
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from . import dataset, store
from .contexts import prompts
from .corpus import CorpusReport
from .errors import RecipeError, StoreError
from .recipe import Recipe, dump
from .records import GROUPS, LEDGER
from .stages import FOLDERS, MapStage, Work, plan
from .weights import digest

if TYPE_CHECKING:
    from .students.rounds import Round
    from .students.train import Progress

STAGES = (*FOLDERS, "distil")
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


@dataclass(slots=True)
class State:
    """Where a run stands. `counts` is the funnel over the finished shards."""

    out: Path
    contexts: int
    shards: int
    done: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False
    pairs: pa.Table | None = None
    rounds: "list[Round]" = field(default_factory=list)


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

    def training(self, what: str, progress: "Progress") -> None:
        """A student is being trained; `what` names the round."""


def run(recipe: Recipe, out: Path, until: str = "", fresh: bool = False, watch: Watch | None = None) -> State:
    """Run a recipe in the folder `out`, or go on where an earlier run of it stopped.

    `until` names the last stage: by default `distil` if the recipe has `[distil]`, else `filter`.

    A KeyboardInterrupt ends it early: the dataset then has what was finished, and `interrupted` is set.
    Raises ImpossibleError.
    """
    until = until or ("filter" if recipe.distil is None else "distil")
    if until not in STAGES:
        raise RecipeError(f"--until {until}: unknown stage; allowed are {', '.join(STAGES)}")
    if until == "distil" and recipe.distil is None:
        raise RecipeError("--until distil: the recipe asks for no student; add [distil] to it")
    watch = watch or Watch()
    with store.hold(out):
        if fresh:
            _clear(out)
        store.sweep(out)
        rows, report = prompts(recipe.contexts, recipe.seed)
        if report is not None:
            watch.corpus(report)
        stages = plan(recipe)[: STAGES.index(until) + 1]
        shards = _split(rows, recipe.contexts.per_shard)
        state = State(out, rows.num_rows, len(shards))
        _write_manifest(out, recipe, state, stages)
        watch.begin(state, rows.num_rows * sum(s.name in ("generate", "score") for s in stages))
        line = _Line(out, stages, watch)
        order = range(len(shards)) if recipe.execution.order == "forward" else reversed(range(len(shards)))
        finished: dict[int, dict[str, store.Shard]] = {}
        try:
            for index in order:
                finished[index] = line.shard(index, shards[index], state)
                watch.shard(state, index)
        except KeyboardInterrupt:
            state.interrupted = True
        made = [finished[i] for i in sorted(finished)]
        if until in ("filter", "distil"):
            state.pairs = _dataset(out, made)
        watch.end(state)
        if until == "distil" and not state.interrupted:
            _distil(out, recipe, made, state, watch)
    return state


class _Line:
    """Takes one shard through all stages; a stage's models are loaded when it first has work."""

    def __init__(self, out: Path, stages: Sequence[MapStage], watch: Watch):
        self._out, self._stages, self._watch = out, stages, watch
        self._opened: dict[str, Work] = {}
        self._models = {s.name: [digest(m) for m in s.models] for s in stages}

    def shard(self, index: int, table: pa.Table, state: State) -> dict[str, store.Shard]:
        made: dict[str, store.Shard] = {}
        content, before = store.checksum(table), ""
        for stage in self._stages:
            path = self._out / stage.folder / f"{index:05d}.parquet"
            wanted = store.fingerprint(
                stage.name, str(stage.version), stage.settings, *self._models[stage.name], content
            )
            shard = store.finished(path, wanted)
            if shard is None:
                shard = self._make(stage, path, wanted, made[before].table() if before else table)
            else:
                self._watch.tick(table.num_rows if stage.name in ("generate", "score") else 0)
            made[stage.name] = shard
            content, before = shard.checksum, stage.name
            state.counts.update(shard.counts)
        state.done += 1
        return made

    def _make(self, stage: MapStage, path: Path, wanted: str, rows: pa.Table) -> store.Shard:
        if stage.name not in self._opened:
            self._opened[stage.name] = stage.open()
        start = time.perf_counter()
        table, counts = self._opened[stage.name](rows, self._watch.tick)
        shard = store.write_shard(path, table, wanted, counts)
        seconds = round(time.perf_counter() - start, 3)
        row = {"stage": stage.name, "shard": path.stem, "seconds": seconds, "rows": rows.num_rows}
        store.append_line(self._out / "journal.jsonl", row)
        return shard


def _dataset(out: Path, finished: Sequence[dict[str, store.Shard]]) -> pa.Table:
    """Make the dataset of the finished shards, unless it is there already."""
    ledgers, groups = [f["filter"] for f in finished], [f["generate"] for f in finished]
    folder = out / "round-0" / "dataset"
    wanted = store.fingerprint("dataset", "2", *(s.checksum for s in [*ledgers, *groups]))
    if store.folder_fingerprint(folder) != wanted or not (folder / dataset.FILE).exists():
        table = dataset.assemble(store.concatenate(ledgers, LEDGER), store.concatenate(groups, GROUPS))
        store.make_folder(folder, wanted, lambda new: dataset.write(table, new))
    return dataset.read(folder / dataset.FILE)


def _distil(
    out: Path, recipe: Recipe, finished: Sequence[dict[str, store.Shard]], state: State, watch: Watch
) -> None:
    """The student of round 0, and the rounds of self-distillation; Ctrl-C keeps what is finished."""
    from .students.rounds import run_rounds

    groups = store.concatenate([f["generate"] for f in finished], GROUPS)
    start = time.perf_counter()
    try:
        state.rounds = run_rounds(out, recipe, groups, watch.training)
    except KeyboardInterrupt:
        state.interrupted = True
    seconds = round(time.perf_counter() - start, 3)
    store.append_line(out / "journal.jsonl", {"stage": "distil", "shard": "", "seconds": seconds, "rows": 0})


def _split(rows: pa.Table, size: int) -> list[pa.Table]:
    return [rows.slice(i, size) for i in range(0, rows.num_rows, size)]


def _clear(out: Path) -> None:
    import shutil

    rounds = sorted(path.name for path in out.glob("round-*"))
    for name in ("contexts", *rounds, "rounds.json", "journal.jsonl", "manifest.json"):
        path = out / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _write_manifest(out: Path, recipe: Recipe, state: State, stages: Sequence[MapStage]) -> None:
    manifest = {
        "contexts": state.contexts,
        "shards": state.shards,
        "stages": [s.name for s in stages],
        "models": {model: digest(model) for s in stages for model in s.models},
        "execution": recipe.execution.model_dump(),
        "versions": dict(_versions()),
        "machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
    }
    store.write_text(out / "recipe.toml", dump(recipe))
    store.write_text(out / "manifest.json", json.dumps(manifest, indent=2, sort_keys=True) + "\n")


def _versions() -> Iterator[tuple[str, str]]:
    for name in _VERSIONS:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "not installed"


def read_state(out: Path) -> State:
    """Where a run stands, read from its folder, also while another process works on it.

    Raises StoreError if there is no run.
    """
    manifest = _read_manifest(out)
    state = State(out, manifest["contexts"], manifest["shards"])
    for index in range(state.shards):
        found = [_shard(out, stage, index) for stage in manifest["stages"]]
        for shard in found:
            state.counts.update(shard.counts if shard else {})
        state.done += found[-1] is not None
    for row in store.read_lines(out / "journal.jsonl"):
        state.seconds[row["stage"]] += row["seconds"]
    return state


def read_ledger(out: Path) -> pa.Table:
    """The ledger of a run as far as it is finished, schema LEDGER. Raises StoreError if there is none."""
    shards = [_shard(out, "filter", index) for index in range(_read_manifest(out)["shards"])]
    finished = [shard for shard in shards if shard is not None]
    if not finished:
        raise StoreError(f"{out} holds no ledger yet; go on with: impossible run RECIPE --out {out}")
    return store.concatenate(finished, LEDGER)


def _read_manifest(out: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((out / "manifest.json").read_text())
    except (OSError, ValueError):
        raise StoreError(
            f"{out} holds no run (no manifest.json); start one: impossible run RECIPE --out {out}"
        ) from None
    return manifest


def _shard(out: Path, stage: str, index: int) -> store.Shard | None:
    return store.read_shard(out / FOLDERS[stage] / f"{index:05d}.parquet")
