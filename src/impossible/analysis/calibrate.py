"""Human judgements of a run's pairs → the bound of a critic that reaches a target precision."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..data import store
from ..data.judgements import label
from ..data.run_folder import RunFolder
from ..errors import DataError, RecipeError
from ..filtering.cascade import as_scores
from ..filtering.verdict import KEPT_CODE, Verdicts, columns
from ..recipe.critics import Bounds
from ..recipe.write import with_settings

_STRATA = 10
_Z = 1.96  # z of a 95 % interval


@dataclass(frozen=True, slots=True)
class Population:
    """The pairs of a run and task that pass all other critics, by descending score.

    `weight` is the number of pairs that a drawn pair represents, 0 if it is not drawn.
    """

    task: str
    critic: str
    pair_id: list[str]
    source: list[str]
    target: list[str]
    score: NDArray[np.float32]
    weight: NDArray[np.float64]

    def drawn(self) -> list[int]:
        """The indices of the pairs to judge, in an order independent of their scores."""
        return sorted(np.flatnonzero(self.weight).tolist(), key=lambda i: self.pair_id[i])


@dataclass(frozen=True, slots=True)
class MeasuredBound:
    """A bound, the precision of the pairs above it with a 95 % interval, and their number."""

    bound: float
    precision: float
    low: float
    high: float
    kept: int
    judged: int


def population(run: Path, task: str, critic: str, pairs: int, seed: int = 7) -> Population:
    """Read a run's ledger and draw about `pairs` pairs, equally many from each tenth of the scores.

    Raises StoreError if there is no ledger, DataError if it has no such pairs.
    """
    folder = RunFolder(run)
    table, recipe = folder.rows("filter"), folder.recipe()
    bounds = dict(recipe.filter.tasks()).get(task)
    if bounds is None or critic not in ("entailment", "judge"):
        tasks = ", ".join(name for name, _ in recipe.filter.tasks())
        raise DataError(
            f"{run}: cannot calibrate {critic!r} for {task!r}; tasks are {tasks}, critics entailment, judge"
        )
    rows = table.filter(pc.equal(table["task"], task))
    scores = as_scores(rows)
    others = Bounds.model_validate({n: b.model_dump() for n, b in bounds.given() if n != critic})
    score = np.min([scores[column] for column in columns(critic, task)], axis=0)
    gate = (getattr(recipe.score, task) or Bounds()).of(critic)
    known = ~np.isnan(score) & (
        score >= np.float32(-np.inf if gate is None or gate.min is None else gate.min)
    )
    alive = np.flatnonzero((Verdicts(task, scores).verdict(others) == KEPT_CODE) & known)
    if not len(alive):
        raise DataError(f"{run}: no {task} pair has a score of {critic} and passes the other critics")
    order = alive[np.argsort(-score[alive], kind="stable")]
    ids, sources, targets = (rows[c].take(order).to_pylist() for c in ("pair_id", "source", "target"))
    return Population(task, critic, ids, sources, targets, score[order], _weights(len(order), pairs, seed))


def _weights(n: int, pairs: int, seed: int) -> NDArray[np.float64]:
    weight = np.zeros(n)
    random = np.random.default_rng(seed)
    for stratum in np.array_split(np.arange(n), min(_STRATA, n)):
        some = random.choice(stratum, min(len(stratum), math.ceil(pairs / _STRATA)), replace=False)
        weight[some] = len(stratum) / len(some)
    return weight


def record_judgement(run: Path, population: Population, i: int, right: bool | None) -> None:
    """Store the judgement of a drawn pair. Raises StoreError."""
    label(run, population.task, population.pair_id[i], population.source[i], population.target[i], right)


def measured_bounds(population: Population, judgements: dict[str, bool | None]) -> list[MeasuredBound]:
    """For each judged score, descending: the precision and number of pairs at or above it.

    Precision is the weighted share of right pairs; its interval is Wilson's with the effective sample size
    (Σw)²/Σw² (Kish 1965). Only drawn pairs count, since other labels are not a random sample.
    """
    judged = [
        i
        for i in np.flatnonzero(population.weight).tolist()
        if judgements.get(population.pair_id[i]) is not None
    ]
    weight = population.weight[judged]
    right = np.array([bool(judgements[population.pair_id[i]]) for i in judged])
    rows = []
    for k, i in enumerate(judged, 1):
        w = weight[:k]
        precision = float((w * right[:k]).sum() / w.sum())
        low, high = wilson(precision, float(w.sum() ** 2 / (w**2).sum()))
        kept = int((population.score >= population.score[i]).sum())
        rows.append(MeasuredBound(float(population.score[i]), precision, low, high, kept, k))
    return rows


def wilson(share: float, n: float) -> tuple[float, float]:
    """The 95 % interval of a share seen in `n` trials (Wilson 1927)."""
    centre = share + _Z**2 / (2 * n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return max(0.0, (centre - half) / (1 + _Z**2 / n)), min(1.0, (centre + half) / (1 + _Z**2 / n))


def reach(bounds: Sequence[MeasuredBound], precision: float) -> MeasuredBound | None:
    """The lowest bound with at least this precision; None if there is none."""
    good = [t for t in bounds if t.precision >= precision]
    return good[-1] if good else None


def write_bound(recipe: Path, task: str, critic: str, bound: float) -> None:
    """Set `filter.TASK.CRITIC.min` in a recipe file, keeping comments and order. Raises RecipeError."""
    try:
        text = recipe.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"recipe {recipe} cannot be changed: {error}") from error
    text = with_settings(text, {f"filter.{task}.{critic}.min": bound}, str(recipe))
    store.write_text(recipe, text)
