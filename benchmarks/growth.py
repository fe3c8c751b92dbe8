"""Measure memory and time as a run grows, and the cost of removing duplicates; print tables, draw curves.

python benchmarks/growth.py FOLDER [--contexts 10 100 1000] [--per-context 60] [--pairs 1000 10000 …]
python benchmarks/growth.py FOLDER --contexts 200000 --per-shard 100 --per-context 4 --pairs --at RUN

The runs go through `execute.run` with a teacher and model critics of negligible cost: sentences of random
words, and scores that are hashes. The rest is the pipeline's own cost. Each size runs in its own process, so
that its peak memory is its own; memory is read after every shard and at the end. Duplicate removal is
measured on ledgers of random pairs in shards of 1,000, of which one pair in ten is a repeat. The exponent is
the slope of log seconds over log pairs (1: linear).
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from unittest.mock import patch

import matplotlib.pyplot as plt
import numpy as np
import psutil
import pyarrow as pa
from numpy.typing import NDArray

from impossible.critics import open_critics
from impossible.data import dataset, store
from impossible.data.run_folder import DATASET_FILE
from impossible.data.schema import GROUPS, LEDGER
from impossible.data.state import State
from impossible.pipeline.run import Watch, run
from impossible.recipe.critics import Score
from impossible.recipe.execution import Execution
from impossible.recipe.load import resolve
from impossible.recipe.recipe import Recipe
from impossible.teachers.base import Continuation, Decoding

WORDS = "the old new big red cat dog car house phone door room screen food day we saw had liked lost".split()
WORDS_A_SENTENCE = 8
RECIPE: dict[str, object] = {
    "contexts": {"domains": ["support", "reviews", "reddit", "news"], "sentences": [0, 0]},
    "score": {"critics": ["length_ratio", "numbers", "prefix", "rouge_l", "similarity", "entailment"]},
}
BOUNDS = {
    "length_ratio": {"min": 0.6},
    "rouge_l": {"max": 0.8},
    "similarity": {"min": 0.5},
    "entailment": {"min": 0.9},
}
_OFF = dict.fromkeys(("numbers", "persons", "prefix", "well_formed", "entities", "clause", "judge"), False)
SHARD = 1000


class Words:
    """A teacher that samples random words."""

    def sample(
        self, prompts: Sequence[str], n: int, seeds: Sequence[int], decoding: Decoding
    ) -> Iterator[list[Continuation]]:
        for seed in seeds:
            draw = random.Random(seed)
            texts = (" ".join(draw.choices(WORDS, k=WORDS_A_SENTENCE)).capitalize() for _ in range(n))
            yield [Continuation(f"{text}.", -9.0) for text in texts]


class Hashes:
    """A critic whose score is a hash of the pair, uniform on 0 to 1."""

    def __init__(self, name: str):
        self._name = name

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        pairs = zip(sources, targets, strict=True)
        digests = (blake2b(f"{self._name}{s}{t}".encode(), digest_size=4).digest() for s, t in pairs)
        return np.array([int.from_bytes(d, "big") / 2**32 for d in digests], np.float32)


def recipe(contexts: int, per_shard: int, per_context: int) -> Recipe:
    """Return a recipe with few critics and bounds that some pairs of random words pass."""
    gates = {**_OFF, **BOUNDS, "length_ratio": False}
    return resolve(
        {
            **RECIPE,
            "contexts": {**RECIPE["contexts"], "count": contexts, "per_shard": per_shard},
            "sampling": {"per_context": per_context, "min_logprob": False},
            "score": {**RECIPE["score"], "paraphrase": gates, "summary": False},
            "filter": {"paraphrase": {**_OFF, **BOUNDS, "duplicates": False}, "summary": False},
        }
    )


def cheap_critics(settings: Score, execution: Execution) -> dict[str, object]:
    """Return the critics without models unchanged, and hashes for the others."""
    models = ("similarity", "entailment")
    real = settings.model_copy(update={"critics": tuple(c for c in settings.critics if c not in models)})
    return {**open_critics(real, execution), **{name: Hashes(name) for name in models}}


class Course(Watch):
    """Records after each shard: resident memory (MiB), CPU-seconds, and whether this process made it."""

    def __init__(self, out: Path) -> None:
        self._out, self._cpu, self._start = out, time.process_time(), time.perf_counter()
        self._journal = self._written()

    def _written(self) -> int:
        journal = self._out / "journal.jsonl"
        return journal.stat().st_size if journal.exists() else 0

    def shard(self, state: State, index: int) -> None:
        now, journal = time.process_time(), self._written()
        row = {"shard": index, "rss": resident(), "cpu": now - self._cpu, "made": journal != self._journal}
        row["wall"] = time.perf_counter() - self._start
        store.append_line(self._out / "course.jsonl", row)
        self._cpu, self._journal = now, journal


def resident() -> float:
    return psutil.Process().memory_info().rss / 2**20


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def one_run(contexts: int, per_shard: int, per_context: int, at: str = "") -> dict[str, object]:
    """Run so many contexts; return peak and curve of memory (MiB) and CPU-seconds per shard.

    With `at`, the run is kept in that folder and resumes there after a kill.
    """
    with (
        tempfile.TemporaryDirectory() as scratch,
        patch("impossible.teachers.open_teacher", lambda *_: Words()),
        patch("impossible.critics.open_critics", cheap_critics),
    ):
        out = Path(at or scratch)
        out.mkdir(parents=True, exist_ok=True)
        before, start = resident(), time.perf_counter()
        state = run(recipe(contexts, per_shard, per_context), out, watch=Course(out))
        seconds = time.perf_counter() - start
        course = store.read_lines(out / "course.jsonl")
    made = {row["shard"]: row for row in course if row["made"]}
    kept = state.counts["paraphrase: kept"]
    found = {"contexts": contexts, "kept": kept, "seconds": seconds, "before": before, "peak": peak()}
    return {
        **found,
        "after_shard": [made[i]["rss"] for i in range(state.shards)],
        "shard_seconds": [made[i]["cpu"] for i in range(state.shards)],
        "resumed": resumed(course),
    }


def resumed(course: Sequence[dict]) -> list[dict[str, float]]:
    """Return for each resumed process the finished shards and the seconds to its first new one."""
    found = []
    for i, row in enumerate(course):
        if row["shard"] == 0 and i:
            after = next((later for later in course[i:] if later["made"]), course[-1])
            found.append({"shards": after["shard"], "seconds": after["wall"]})
    return found


def repeats(pairs: int) -> dict[str, object]:
    """Return seconds and memory (MiB) of building the dataset of so many kept pairs."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shards = [planted(folder, i, min(SHARD, pairs - i)) for i in range(0, pairs, SHARD)]
        before, start = resident(), time.perf_counter()
        tables = dataset.stream(lambda: ((ledger.table(), groups.table()) for ledger, groups in shards))
        dataset.write_stream(tables, folder)
        seconds = time.perf_counter() - start
        left = dataset.sample(folder / DATASET_FILE, 1, 0)[1]
    return {"pairs": pairs, "left": left, "seconds": seconds, "before": before, "peak": peak()}


def planted(folder: Path, first: int, count: int) -> tuple[store.Shard, store.Shard]:
    """Write a shard of kept pairs and its groups; a tenth of the pairs repeats earlier shards."""
    draw = random.Random(first)
    numbers = [draw.randrange(first) if first and draw.random() < 0.1 else first + k for k in range(count)]
    texts = [blake2b(str(n).encode(), digest_size=30).hexdigest() for n in numbers]
    constant = {**dict.fromkeys(LEDGER.names), "task": "paraphrase", "verdict": "kept", "domain": "d"}
    rows = [
        {**constant, "pair_id": t[:16], "context_id": str(first), "source": t, "target": t[::-1]}
        for t in texts
    ]
    groups = [{**dict.fromkeys(GROUPS.names), "context_id": str(first), "context": "A context."}]
    ledger = store.write_shard(folder / f"ledger-{first}.parquet", pa.Table.from_pylist(rows, LEDGER), "")
    return ledger, store.write_shard(
        folder / f"groups-{first}.parquet", pa.Table.from_pylist(groups, GROUPS), ""
    )


def alone(what: str, *numbers: int, at: str = "") -> dict:
    """Run one measurement in its own process."""
    command = [sys.executable, __file__, "-", "--one", what, *map(str, numbers), "--at", at]
    return json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    )


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Return the slope of log seconds over log size."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0]) if len(sizes) > 1 else float("nan")


def draw_runs(runs: Sequence[dict], path: Path) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for one in runs:
        contexts = np.linspace(0, one["contexts"], len(one["after_shard"]) + 1)[1:]
        label, few = f"{one['contexts']:,} contexts", "." if len(contexts) < 500 else ","
        left.plot(contexts, one["after_shard"], few, label=label)
        right.plot(contexts, one["shard_seconds"], few, label=label)
    scale = "log" if len(runs) > 1 else "linear"
    left.set(xscale=scale, xlabel="contexts so far", ylabel="resident memory, MiB", ylim=(0, None))
    right.set(xscale=scale, xlabel="contexts so far", ylabel="CPU-seconds a shard", ylim=(0, None))
    left.legend()
    figure.savefig(path, metadata={"Date": None})


def draw_repeats(found: Sequence[dict], slope: float, path: Path) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    sizes = [one["pairs"] for one in found]
    left.plot(sizes, [one["seconds"] for one in found], marker="o")
    left.set(xscale="log", yscale="log", xlabel="kept pairs", ylabel="seconds", title=f"exponent {slope:.2f}")
    right.plot(sizes, [one["peak"] for one in found], marker="o")
    right.set(xscale="log", xlabel="kept pairs", ylabel="peak memory, MiB", ylim=(0, None))
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--contexts", type=int, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--per-shard", type=int, default=4)
    parser.add_argument("--per-context", type=int, default=60, help="continuations; few for many contexts")
    parser.add_argument("--pairs", type=int, nargs="*", default=[10**3, 10**4, 10**5, 10**6])
    parser.add_argument("--at", default="", help="folder of the last run, which goes on there")
    parser.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        what, *numbers = options.one
        given = list(map(int, numbers))
        print(json.dumps(one_run(*given, at=options.at) if what == "run" else repeats(*given)))
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    print("| contexts | kept | seconds | CPU-seconds a shard, first and last tenth | MiB before | peak |")
    print("|---|---|---|---|---|---|")
    runs = []
    for contexts in options.contexts:
        at = options.at if contexts == options.contexts[-1] else ""
        runs.append(one := alone("run", contexts, options.per_shard, options.per_context, at=at))
        tenth = -(-len(one["shard_seconds"]) // 10)
        ends = [
            float(np.mean(part)) for part in (one["shard_seconds"][:tenth], one["shard_seconds"][-tenth:])
        ]
        cells = f"{one['kept']:,} | {one['seconds']:.1f} | {ends[0]:.3f}, {ends[1]:.3f}"
        print(f"| {contexts:,} | {cells} | {one['before']:.0f} | {one['peak']:.0f} |", flush=True)
        for again in one["resumed"]:
            print(f"(killed after {again['shards']:,} shards; read them again in {again['seconds']:.0f} s)")
    print("\n| kept pairs | without repeats | seconds | MiB before | peak |\n|---|---|---|---|---|")
    found = []
    for pairs in options.pairs:
        found.append(one := alone("repeats", pairs))
        cells = f"{one['left']:,} | {one['seconds']:.2f} | {one['before']:.0f} | {one['peak']:.0f}"
        print(f"| {pairs:,} | {cells} |", flush=True)
    slope = exponent([one["pairs"] for one in found], [one["seconds"] for one in found])
    print(f"\nexponent of seconds over pairs: {slope:.2f}")
    if runs:
        draw_runs(runs, options.folder / "growth-runs.svg")
    if found:
        draw_repeats(found, slope, options.folder / "growth-repeats.svg")
    report = {"runs": runs, "repeats": found, "exponent": slope}
    (options.folder / "growth.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
