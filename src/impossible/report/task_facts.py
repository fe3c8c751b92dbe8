"""The rows of one task in the ledger → its facts in the report."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..data.schema import DUPLICATE, KEPT, UNKNOWN
from ..filtering.cascade import as_scores
from ..filtering.verdict import weaker
from ..metrics.diversity import variety
from ..metrics.overlap import jaccard
from ..metrics.richness import richness
from ..recipe.critic_table import CRITICS
from ..recipe.critics import Bound, Bounds, CriticName
from ..recipe.recipe import Recipe
from ..text.words import words
from .facts import Distribution, Frontier, FunnelStep, Histogram, Pair, Reason, TaskFacts

_BINS = 25
_SAMPLE, _PER_REASON, _DUPLICATES, _POINTS, _BEST = 120, 12, 40, 300, 12
_MEASURED = 2000  # sentences sampled to measure variety and richness
_LONGEST = 40  # words; the last bin also counts longer sentences


def task_facts(
    ledger: pa.Table, dataset: pa.Table, left_out: int, task: str, counts: Counter[str], recipe: Recipe
) -> TaskFacts:
    """Collect the facts of one task; `ledger`, `dataset` and `counts` (the funnel) are those of the run.

    `left_out`: the pairs that the template cap left out. Samples depend only on the recipe's seed.
    """
    rows = ledger.filter(pc.equal(ledger["task"], task))
    kept = dataset.filter(pc.equal(dataset["task"], task))
    scores = {critic: weaker(critic, task, as_scores(rows)) for critic in CRITICS}
    verdicts = np.array(rows["verdict"].to_pylist(), dtype=object)
    drawn = np.random.default_rng(recipe.seed)
    show = _Shown(rows, task, scores)
    sources, targets = kept["source"].to_pylist(), kept["target"].to_pylist()
    some = sorted(drawn.permutation(len(sources))[:_MEASURED].tolist())
    return TaskFacts(
        name=task,
        pairs=counts["pairs"],
        kept=counts[f"{task}: {KEPT}"],
        duplicates=counts[f"{task}: {DUPLICATE}"],
        funnel=funnel(task, counts),
        into_dataset=_into_dataset(counts[f"{task}: {KEPT}"], left_out, kept.num_rows),
        distributions=_distributions(task, scores, verdicts == KEPT, recipe),
        frontier=_frontier(scores, verdicts == KEPT, show, drawn),
        lengths=_lengths(sources, targets),
        variety=variety([targets[i] for i in some]),
        richness=richness([sources[i] for i in some], [targets[i] for i in some]),
        overlap=float(np.mean(jaccard(sources, targets))) if sources else 0.0,
        sample=show.pairs(_draw(verdicts == KEPT, _SAMPLE, drawn)),
        reasons=_reasons(verdicts, show, drawn),
        lost_to=show.pairs(_draw(verdicts == DUPLICATE, _DUPLICATES, drawn)),
    )


def funnel(task: str, counts: Counter[str]) -> tuple[FunnelStep, ...]:
    """All pairs, and those left after each critic (gate and bound), by rising cost."""
    left = counts["pairs"]
    steps = [FunnelStep("pairs", 0, left)]
    for name in [*CRITICS, UNKNOWN, DUPLICATE]:
        if lost := counts[f"{task}: {name}"]:
            left -= lost
            steps.append(FunnelStep(name, lost, left))
    return tuple(steps)


def _into_dataset(kept: int, left_out: int, pairs: int) -> tuple[FunnelStep, ...]:
    """What keeps kept pairs out of the dataset."""
    without_repeats = pairs + left_out
    steps = (
        FunnelStep("repeats across contexts", kept - without_repeats, without_repeats),
        FunnelStep("template cap", left_out, pairs),
    )
    return tuple(step for step in steps if step.lost > 0)


def _draw(where: NDArray[np.bool_], count: int, random: np.random.Generator) -> list[int]:
    """Draw up to `count` random indices where a mask is true, in order."""
    return sorted(random.permutation(np.flatnonzero(where))[:count].tolist())


class _Shown:
    """Rows of a ledger as pairs; `context` is an id, until `gather` replaces it with the text."""

    def __init__(self, rows: pa.Table, task: str, scores: Mapping[CriticName, NDArray[np.float32]]):
        self._rows, self._task, self._scores = rows, task, scores

    def pairs(self, indices: Sequence[int]) -> tuple[Pair, ...]:
        rows = self._rows.take(pa.array(indices, pa.int64())).to_pylist()
        rivals = self._rivals([row["duplicate_of"] for row in rows])
        return tuple(
            Pair(
                pair_id=row["pair_id"],
                context=row["context_id"],
                source=row["source"],
                target=row["target"],
                scores={c: float(s[i]) for c, s in self._scores.items() if not np.isnan(s[i])},
                verdict=row["verdict"],
                margin=row["margin"],
                rival=rivals.get(row["duplicate_of"]),
            )
            for i, row in zip(indices, rows, strict=True)
        )

    def _rivals(self, ids: Sequence[str | None]) -> dict[str, tuple[str, str]]:
        wanted = pa.array([i for i in ids if i is not None], pa.string())
        found = self._rows.filter(pc.is_in(self._rows["pair_id"], wanted)).to_pylist()
        return {row["pair_id"]: (row["source"], row["target"]) for row in found}


def _reasons(verdicts: NDArray[np.object_], show: _Shown, random: np.random.Generator) -> tuple[Reason, ...]:
    """The critics that rejected, by rising cost, each with some pairs, nearest misses first."""
    found = []
    for critic in CRITICS:
        if (rejected := verdicts == critic).any():
            pairs = show.pairs(_draw(rejected, _PER_REASON, random))
            near = sorted(pairs, key=lambda pair: pair.margin or 0.0)
            found.append(Reason(critic, int(rejected.sum()), tuple(near)))
    return tuple(found)


def _distributions(
    task: str, scores: Mapping[CriticName, NDArray[np.float32]], kept: NDArray[np.bool_], recipe: Recipe
) -> tuple[Distribution, ...]:
    bounds, gates = getattr(recipe.filter, task) or Bounds(), getattr(recipe.score, task) or Bounds()
    found = []
    for critic, column in scores.items():
        bound, gate = bounds.of(critic), gates.of(critic)
        known = ~np.isnan(column)
        if not known.any() or (bound is None and gate is None):
            continue
        if column[known].min() == column[known].max():
            continue  # all scores are equal: nothing to plot
        edges = np.linspace(*_range(critic, column[known]), _BINS + 1)
        series = {"all": column[known], "kept": column[known & kept]}
        found.append(
            Distribution(
                critic,
                _histogram(edges, series),
                int((~known).sum()),
                *_ends(bound),
                *_ends(gate),
            )
        )
    return tuple(found)


def _ends(bound: Bound | None) -> tuple[float | None, float | None]:
    return (bound.min, bound.max) if bound else (None, None)


def _range(critic: CriticName, values: NDArray[np.float32]) -> tuple[float, float]:
    """The limits of the axis: the values rounded outwards to tenths, or to multiples of 5 for a distance."""
    step = 0.1 if CRITICS[critic].high == 1 else 5.0
    return float(np.floor(values.min() / step) * step), float(np.ceil(values.max() / step) * step)


def _histogram(edges: NDArray[np.float64], series: Mapping[str, NDArray[np.float32]]) -> Histogram:
    counts = {
        name: tuple(np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0].tolist())
        for name, values in series.items()
    }
    return Histogram(tuple(edges.tolist()), counts)


def _lengths(sources: Sequence[str], targets: Sequence[str]) -> Histogram:
    series = {"source": sources, "target": targets}
    lengths = {name: np.array([len(words(s)) for s in side], np.float32) for name, side in series.items()}
    longest = int(min(_LONGEST, max([1, *(x for side in lengths.values() for x in side.tolist())])))
    edges = np.arange(0.5, longest + 1.5)
    return _histogram(edges, {name: np.minimum(x, longest) for name, x in lengths.items()})


def _frontier(
    scores: Mapping[CriticName, NDArray[np.float32]],
    kept: NDArray[np.bool_],
    show: _Shown,
    random: np.random.Generator,
) -> Frontier | None:
    wording, meaning = scores["rouge_l"], scores["entailment"]
    known = ~np.isnan(wording) & ~np.isnan(meaning)
    if not known.any():
        return None
    n = 20
    counts, _, _ = np.histogram2d(wording[known], meaning[known], bins=n, range=((0, 1), (0, 1)))
    cells = [((i + 0.5) / n, (j + 0.5) / n, int(counts[i, j])) for i, j in np.argwhere(counts)]
    points = [(float(wording[i]), float(meaning[i])) for i in _draw(known & kept, _POINTS, random)]
    best = pareto(wording, meaning, np.flatnonzero(known & kept))
    spread = (
        best if len(best) <= _BEST else [best[i] for i in np.linspace(0, len(best) - 1, _BEST).astype(int)]
    )
    return Frontier(tuple(cells), tuple(points), show.pairs(spread))


def pareto(wording: NDArray[np.float32], meaning: NDArray[np.float32], among: NDArray[np.intp]) -> list[int]:
    """The Pareto frontier (low wording, high meaning) as indices, by rising wording."""
    order = among[np.lexsort((-meaning[among], wording[among]))]
    best, found = -np.inf, []
    for i in order.tolist():
        if meaning[i] > best:
            best = meaning[i]
            found.append(i)
    return found
