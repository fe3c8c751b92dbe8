"""What came after round 0, as facts: rounds, losses, comparisons of systems, people's judgements."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..analysis.calibrate import Population, population, thresholds, wilson
from ..data import dataset, store
from ..data.judgements import read_judgements
from ..data.rounds import read_rounds
from ..data.run_folder import RunFolder
from ..data.schema import KEPT
from ..errors import DataError, StoreError
from ..filtering.cascade import as_scores
from ..filtering.verdict import weaker
from ..recipe.critics import CriticName, TaskFilter
from ..recipe.recipe import Recipe
from .facts import Answers, Comparison, Curve, Figure, Pair, Precision, RoundFacts

_SAMPLE, _ANSWERS, _POINTS = 24, 24, 400
_JUDGED = 100  # pairs that `impossible calibrate` draws unless told otherwise


def rounds(run: Path, recipe: Recipe) -> tuple[RoundFacts, ...]:
    """Each round that has a student, in order."""
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
    """Task → mean score, of a directed one the weaker direction; pairs without it aside."""
    found = {}
    for task in sorted(set(pairs["task"].to_pylist())):
        scores = weaker(critic, task, as_scores(pairs.filter(pc.equal(pairs["task"], task))))
        if not np.isnan(scores).all():
            found[task] = float(np.nanmean(scores))
    return found


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
    """The losses that a training wrote down; None if it wrote none."""
    rows = store.read_lines(path)
    series = [
        [(float(row["step"]), float(row[name])) for row in rows if isinstance(row.get(name), int | float)]
        for name in ("loss", "eval_loss")
    ]
    return Curve(*(tuple(_thinned(points)) for points in series)) if any(series) else None


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Means of neighbours, so that a picture has no more points than it can show."""
    parts = np.array_split(np.array(points), min(len(points), _POINTS)) if points else []
    return [(float(x), float(y)) for x, y in (part.mean(axis=0) for part in parts)]


def comparisons(run: Path) -> tuple[Comparison, ...]:
    """What `impossible evaluate --out` and the end of a run have left in `evaluation/`."""
    found = []
    for path in sorted(RunFolder(run).evaluation_folder.rglob("*.json")):
        report = _read(path)
        found += [_comparison(result) for result in report.get("results", []) if "outcomes" in result]
    return tuple(found)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read ({error}); remove it and evaluate again") from error
    return found if isinstance(found, dict) else {}


def _comparison(result: Mapping[str, Any]) -> Comparison:
    outcomes = result["outcomes"]
    return Comparison(
        name=result["bench"],
        task=result["task"],
        rows=result["rows"],
        systems=tuple(outcome["system"] for outcome in outcomes),
        settings=result["settings"],
        figures={metric: tuple(_figure(o, metric) for o in outcomes) for metric in result["settings"]},
    )


def _figure(outcome: Mapping[str, Any], metric: str) -> Figure:
    of_it = outcome["metrics"][metric]
    given = [of_it["value"], of_it["low"], of_it["high"], outcome["p"].get(metric)]
    return Figure(*(math.nan if x is None else float(x) for x in given))


def answers(run: Path) -> tuple[Answers, ...]:
    """Some held-out sentences with the best answers of teacher and student; as many of each task."""
    rows = store.read_lines(RunFolder(run).answers_file)
    found: list[Answers] = []
    for task in dict.fromkeys(row["task"] for row in rows):
        of_it = [row for row in rows if row["task"] == task][:_ANSWERS]
        found += [
            Answers(
                task,
                row["source"],
                {
                    name: (said["text"], said["verdict"])
                    for name, said in row.items()
                    if isinstance(said, dict)
                },
            )
            for row in of_it
        ]
    return tuple(found)


def precision(run: Path, recipe: Recipe) -> tuple[Precision, ...]:
    """What people's judgements say of the pairs that the bounds let pass, by task; duplicates included."""
    found = []
    for task, bounds in recipe.filter.tasks():
        said = read_judgements(run, task)
        if any(right is not None for right in said.values()):
            one = _of_task(run, task, bounds, said)
            found += [one] if one is not None else []
    return tuple(found)


def _of_task(run: Path, task: str, bounds: TaskFilter, said: Mapping[str, bool | None]) -> Precision | None:
    critic = "judge" if bounds.of("judge") is not None else "entailment"
    wall = bounds.of(critic)
    low = -math.inf if wall is None or wall.min is None else wall.min
    try:
        people = population(run, task, critic, _JUDGED)
    except (DataError, StoreError):
        return None
    drawn = [t for t in thresholds(people, dict(said)) if t.bound >= np.float32(low)]
    if drawn:
        last = drawn[-1]
        right = _right(people, said, low)
        return Precision(task, right, last.judged, last.precision, last.low, last.high, drawn=True)
    passing = {i for i, score in zip(people.pair_id, people.score, strict=True) if score >= np.float32(low)}
    heard = [right for i, right in said.items() if i in passing and right is not None]
    if not heard:
        return None
    share = sum(heard) / len(heard)
    return Precision(task, sum(heard), len(heard), share, *wilson(share, len(heard)), drawn=False)


def _right(people: Population, said: Mapping[str, bool | None], low: float) -> int:
    """How many of the drawn pairs within the bound were called right."""
    within = [people.pair_id[i] for i in people.drawn() if people.score[i] >= np.float32(low)]
    return sum(said.get(pair) is True for pair in within)
