"""Benchmarks × systems → scores with intervals and tests."""

import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..data.json_report import write_json
from ..data.schema import text_id
from ..data.store import write_lines
from ..data.tables import read_rows
from ..errors import DataError
from ..metrics.models import Models
from ..metrics.statistics import DRAWS, Interval, Statistic, bootstrap, randomisation
from ..metrics.table import METRICS, BenchmarkRow, Rows, choose, settings
from ..recipe.base import TASKS
from .systems import OutputFile, System

_SLUG = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class SystemResult:
    """Scores of a system: metrics with intervals, p of each difference to the first system, seconds."""

    system: str
    metrics: dict[str, Interval]
    p: dict[str, float]
    seconds_generating: float
    seconds_scoring: float


@dataclass(frozen=True, slots=True)
class Result:
    """The results of all systems on one benchmark; `digest` is a hash of the rows used."""

    bench: str
    task: str
    rows: int
    digest: str
    settings: dict[str, str]
    outcomes: list[SystemResult]


def read_bench(path: Path) -> list[BenchmarkRow]:
    """The examples of a table with `source` and optional `references`, `id` and `exemplar`.

    Raises DataError that names file and row.
    """
    examples = [_example(row, f"{path}, row {i}") for i, row in enumerate(read_rows(path), 1)]
    for column, present in (
        ("references", [bool(e.references) for e in examples]),
        ("exemplar", [e.exemplar is not None for e in examples]),
    ):
        if any(present) and not all(present):
            raise DataError(
                f"{path}, row {present.index(not present[0]) + 1}: some rows have {column}, some have none"
            )
    ids = [e.id for e in examples if e.id]
    if len(set(ids)) != len(ids):
        raise DataError(f"{path}: an id is repeated; ids must be unique")
    return examples


def _example(row: Mapping[str, Any], where: str) -> BenchmarkRow:
    source, references, exemplar = row.get("source"), row.get("references", []), row.get("exemplar") or None
    if not isinstance(source, str) or not source.strip():
        raise DataError(f"{where}: no text in 'source'; columns are {', '.join(row)}")
    if not isinstance(references, list) or not all(isinstance(r, str) and r.strip() for r in references):
        raise DataError(f"{where}: 'references' must be a list of texts")
    if exemplar is not None and not (isinstance(exemplar, str) and exemplar.strip()):
        raise DataError(f"{where}: 'exemplar' must be a text")
    return BenchmarkRow(str(row.get("id", "")), source, tuple(references), exemplar)


def evaluate(
    path: Path,
    task: str,
    systems: Mapping[str, System],
    models: Models,
    metrics: Sequence[str] = (),
    rows: int | None = None,
    seed: int = 7,
    keep: Path | None = None,
) -> Result:
    """Run systems on a benchmark, score them, and test each against the first.

    `metrics` names the metrics to compute; default: all of the task. `keep` is a folder for the outputs, in
    files that can be evaluated as systems again. Raises DataError, ModelError, StoreError.
    """
    if task not in TASKS:
        raise DataError(f"task {task!r} is unknown; allowed are {', '.join(TASKS)}")
    whole = read_bench(path)
    examples = whole[:rows]
    for system in systems.values():
        if isinstance(system, OutputFile):
            system.check(examples, len(whole))
    names = choose(metrics, task, Rows(examples, [""] * len(examples), models, task))
    first: dict[str, Statistic] | None = None
    outcomes = []
    for name, system in systems.items():
        start = time.perf_counter()
        outputs = system.outputs(examples, task)
        generated = time.perf_counter()
        for file in kept_files(keep, [path], [name]):
            _keep(file, examples, outputs)
        columns = Rows(examples, outputs, models, task)
        scores = {metric: METRICS[metric].score(columns) for metric in names}
        seconds = generated - start, time.perf_counter() - generated
        outcomes.append(_outcome(name, scores, first, seed, seconds))
        first = first or scores
    described = {name: settings(name, models) for name in names}
    return Result(path.name, task, len(examples), _digest(examples), described, outcomes)


def _outcome(
    name: str,
    scores: Mapping[str, Statistic],
    first: Mapping[str, Statistic] | None,
    seed: int,
    seconds: tuple[float, float],
) -> SystemResult:
    """Compute intervals, and tests against the `first` system's scores; None for the first system itself."""
    intervals = {metric: bootstrap(score, seed) for metric, score in scores.items()}
    p = {m: randomisation(first[m], score, seed) for m, score in scores.items()} if first else {}
    return SystemResult(name, intervals, p, round(seconds[0], 2), round(seconds[1], 2))


def _digest(examples: Sequence[BenchmarkRow]) -> str:
    return text_id(*(text for e in examples for text in (e.source, *e.references, e.exemplar or "")))


def kept_files(keep: Path | None, benches: Sequence[Path], systems: Iterable[str]) -> list[Path]:
    """The files of outputs that `evaluate` writes. Raises DataError if two would have one name."""
    if keep is None:
        return []
    systems = dict.fromkeys(systems)
    files = [keep / f"{path.stem}.{_SLUG.sub('-', name)}.jsonl" for path in benches for name in systems]
    twice = [file for file, n in Counter(files).items() if n > 1]
    if twice:
        raise DataError(f"cannot write {twice[0]} for two benchmarks or systems; give them other names")
    return files


def _keep(path: Path, examples: Sequence[BenchmarkRow], outputs: Sequence[str]) -> None:
    rows = [
        ({"id": e.id} if e.id else {}) | {"source": e.source, "output": output}
        for e, output in zip(examples, outputs, strict=True)
    ]
    write_lines(path, rows)


def write_results(results: Sequence[Result], models: Models, seed: int, path: Path) -> None:
    """Write results as JSON, with all that is needed to reproduce them. Raises StoreError."""
    report = {
        "seed": seed,
        "interval": f"95 %, percentile bootstrap over rows, {DRAWS} draws",
        "p": f"two-sided, approximate randomisation over rows, {DRAWS} trials, against the first system",
        "models": models.names() | {"digests": models.digests()},
        "results": [asdict(result) for result in results],
    }
    write_json(path, report)
