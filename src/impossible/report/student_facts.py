"""Rounds, losses, comparisons and human judgements of a run → facts of its report."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..analysis.calibrate import Population, measured_bounds, population, wilson
from ..data import dataset, store
from ..data.judgements import read_judgements
from ..data.rounds import read_rounds
from ..data.run_folder import RunFolder
from ..data.schema import KEPT
from ..errors import DataError, StoreError
from ..filtering.cascade import as_scores
from ..filtering.verdict import weaker
from ..recipe.critics import CriticName, TaskFilter
from ..recipe.public import public_name
from ..recipe.recipe import Recipe
from .facts import Answers, Comparison, Curve, Figure, Pair, Precision, RoundFacts

_SAMPLE, _ANSWERS, _POINTS = 24, 24, 400
_JUDGED = 100  # pairs that `impossible calibrate` samples by default


def rounds(run: Path, recipe: Recipe) -> tuple[RoundFacts, ...]:
    """Read each round with a student, in order."""
    return tuple(
        RoundFacts(
            number=one.number,
            sources=one.sources,
            kept=one.kept,
            pairs=one.pairs,
            accepted=one.accepted,
            quality=one.quality,
            wording=_means(pairs, "rouge_l"),
            meaning=_means(pairs, "entailment"),
            curve=curve(RunFolder(run).student_folder(one.number) / "loss.jsonl"),
            sample=_sample(pairs, recipe.seed) if one.number else (),
        )
        for one in read_rounds(run)
        for pairs in [dataset.read(RunFolder(run).dataset_file(one.number))]
    )


def _means(pairs: pa.Table, critic: CriticName) -> dict[str, float]:
    """Task → mean score over scored pairs; for a directed score, of the weaker direction."""
    means = {}
    for task in sorted(set(pairs["task"].to_pylist())):
        scores = weaker(critic, task, as_scores(pairs.filter(pc.equal(pairs["task"], task))))
        if not np.isnan(scores).all():
            means[task] = float(np.nanmean(scores))
    return means


def _sample(pairs: pa.Table, seed: int) -> tuple[Pair, ...]:
    drawn = sorted(np.random.default_rng(seed).permutation(pairs.num_rows)[:_SAMPLE].tolist())
    return tuple(
        Pair(
            row["pair_id"],
            row["context"],
            row["source"],
            row["target"],
            {name: row[name] for name in ("rouge_l", "entailment_forward") if row[name] is not None},
            KEPT,
        )
        for row in pairs.take(pa.array(drawn, pa.int64())).to_pylist()
    )


def curve(path: Path) -> Curve | None:
    """Read the losses that a training logged; None if there are none."""
    rows = store.read_lines(path)
    series = [
        [(float(row["step"]), float(row[name])) for row in rows if isinstance(row.get(name), int | float)]
        for name in ("loss", "eval_loss")
    ]
    return Curve(*(tuple(_thinned(points)) for points in series)) if any(series) else None


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Average neighbouring points, so that a plot has at most _POINTS."""
    parts = np.array_split(np.array(points), min(len(points), _POINTS)) if points else []
    return [(float(x), float(y)) for x, y in (part.mean(axis=0) for part in parts)]


def comparisons(run: Path) -> tuple[Comparison, ...]:
    """Read the comparisons in `evaluation/`, by `impossible evaluate --out` and the end of a run."""
    results = []
    for path in sorted(RunFolder(run).evaluation_folder.rglob("*.json")):
        report = _read(path)
        results += [_comparison(result) for result in report.get("results", []) if "outcomes" in result]
    return tuple(results)


def _read(path: Path) -> dict[str, Any]:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read ({error}); remove it and evaluate again") from error
    return report if isinstance(report, dict) else {}


def _comparison(result: Mapping[str, Any]) -> Comparison:
    outcomes = result["outcomes"]
    return Comparison(
        name=result["bench"],
        task=result["task"],
        rows=result["rows"],
        systems=tuple(public_name(outcome["system"]) for outcome in outcomes),
        settings=result["settings"],
        figures={metric: tuple(_figure(o, metric) for o in outcomes) for metric in result["settings"]},
    )


def _figure(outcome: Mapping[str, Any], metric: str) -> Figure:
    interval = outcome["metrics"][metric]
    figures = [interval["value"], interval["low"], interval["high"], outcome["p"].get(metric)]
    return Figure(*(math.nan if x is None else float(x) for x in figures))


def answers(run: Path) -> tuple[Answers, ...]:
    """Read some held-out sentences with the best answers of teacher and student, equally many per task."""
    rows = store.read_lines(RunFolder(run).answers_file)
    selected: list[Answers] = []
    for task in dict.fromkeys(row["task"] for row in rows):
        task_rows = [row for row in rows if row["task"] == task][:_ANSWERS]
        selected += [
            Answers(
                task,
                row["source"],
                {
                    system: (answer["text"], answer["verdict"])
                    for system, answer in row.items()
                    if isinstance(answer, dict)
                },
            )
            for row in task_rows
        ]
    return tuple(selected)


def precision(run: Path, recipe: Recipe) -> tuple[Precision, ...]:
    """Precision of the pairs within the bounds, as judged by pool, by task; duplicates included."""
    precisions = []
    for task, bounds in recipe.filter.tasks():
        judgements = read_judgements(run, task)
        if any(right is not None for right in judgements.values()):
            one = _task_precision(run, task, bounds, judgements)
            precisions += [one] if one is not None else []
    return tuple(precisions)


def _task_precision(
    run: Path, task: str, bounds: TaskFilter, judgements: Mapping[str, bool | None]
) -> Precision | None:
    critic = "judge" if bounds.of("judge") is not None else "entailment"
    bound = bounds.of(critic)
    low = -math.inf if bound is None or bound.min is None else bound.min
    try:
        pool = population(run, task, critic, _JUDGED)
    except (DataError, StoreError):
        return None
    drawn = [t for t in measured_bounds(pool, dict(judgements)) if t.bound >= np.float32(low)]
    if drawn:
        last = drawn[-1]
        right = _right(pool, judgements, low)
        return Precision(task, right, last.judged, last.precision, last.low, last.high, drawn=True)
    passing = {i for i, score in zip(pool.pair_id, pool.score, strict=True) if score >= np.float32(low)}
    answers = [right for i, right in judgements.items() if i in passing and right is not None]
    if not answers:
        return None
    share = sum(answers) / len(answers)
    return Precision(task, sum(answers), len(answers), share, *wilson(share, len(answers)), drawn=False)


def _right(pool: Population, judgements: Mapping[str, bool | None], low: float) -> int:
    """Count the drawn pairs within the bound that were judged right."""
    within = [pool.pair_id[i] for i in pool.drawn() if pool.score[i] >= np.float32(low)]
    return sum(judgements.get(pair) is True for pair in within)
