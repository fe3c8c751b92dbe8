"""Comparison of runs: their cost, their yield, and the diversity and richness of their pairs."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..data import dataset
from ..data.json_report import write_json
from ..data.judgements import read_judgements
from ..data.run_folder import RunFolder
from ..data.state import State, read_state
from ..errors import DataError
from ..metrics import bleu, diversity
from ..metrics.richness import MEANINGS, Richness, richness
from ..metrics.statistics import Interval, bootstrap, mean
from ..recipe.base import TASKS
from ..recipe.recipe import Recipe
from .dataset_quality import DatasetPairs, equal

_CRITIC = "entailment_forward"


@dataclass(frozen=True, slots=True)
class RunFigures:
    """Figures of one task of a run. Diversity (of the sources) and richness are of equally many random pairs.

    `seconds` covers all stages and, in a run with two tasks, both tasks. `judged_right` is the share of pairs
    that a person judged right (`impossible calibrate`); these pairs are stratified by score, so use it to
    compare runs that were sampled alike, not as an estimate for one run. `self_bleu` is NaN below two pairs.
    """

    run: str
    task: str
    settings: dict[str, str]
    contexts: int
    continuations: int
    kept: int
    kept_a_context: float
    kept_a_thousand_continuations: float
    seconds: float
    seconds_a_pair: float
    entailment: Interval
    judged: int
    judged_right: Interval
    equal_size: int
    distinct_2: float
    mtld: float
    self_bleu: float
    richness: Richness


# The settings that each row shows, since runs usually differ in them.
_SETTINGS: dict[str, Callable[[Recipe], object]] = {
    "teacher": lambda r: r.teacher.model,
    "compute_type": lambda r: r.teacher.compute_type,
    "temperature": lambda r: r.sampling.temperature,
    "per_context": lambda r: r.sampling.per_context,
    "sentences": lambda r: "–".join(map(str, r.contexts.sentences)),
}


def compare(runs: Sequence[Path], task: str, seed: int = 7) -> list[RunFigures]:
    """Figures of the runs, in the order given. Raises StoreError, RecipeError, DataError."""
    if task not in TASKS:
        raise DataError(f"task {task!r} is unknown; allowed are {', '.join(TASKS)}")
    tables = [dataset.read(run) for run in runs]
    rows = [[r for r in table.to_pylist() if r["task"] == task] for table in tables]
    pairs = [
        DatasetPairs(run.name, [r["source"] for r in run_rows], [r["target"] for r in run_rows])
        for run, run_rows in zip(runs, rows, strict=True)
    ]
    samples = equal(pairs, seed)
    return [
        _figures(run, task, [r[_CRITIC] for r in run_rows], sample, seed)
        for run, run_rows, sample in zip(runs, rows, samples, strict=True)
    ]


def _figures(
    run: Path, task: str, entailment: Sequence[float | None], sample: DatasetPairs, seed: int
) -> RunFigures:
    state, recipe = read_state(run), RunFolder(run).recipe()
    kept = len(entailment)
    seconds = sum(state.seconds.values())
    judged = [right for right in read_judgements(run, task).values() if right is not None]
    texts = sample.sources
    return RunFigures(
        run=run.name,
        task=task,
        settings={name: str(of(recipe)) for name, of in _SETTINGS.items()},
        contexts=state.counts["contexts"],
        continuations=state.counts["continuations"],
        kept=kept,
        kept_a_context=_share(kept, state, "contexts"),
        kept_a_thousand_continuations=1000 * _share(kept, state, "continuations"),
        seconds=round(seconds, 1),
        seconds_a_pair=seconds / kept if kept else np.nan,
        entailment=_interval([np.nan if e is None else e for e in entailment], seed),
        judged=len(judged),
        judged_right=_interval([float(right) for right in judged], seed),
        equal_size=len(texts),
        distinct_2=diversity.distinct_n(texts, 2),
        mtld=diversity.mtld(texts),
        self_bleu=float(bleu.self_bleu(texts).mean()) if len(texts) > 1 else np.nan,
        richness=richness(texts, sample.targets),
    )


def _share(kept: int, state: State, of: str) -> float:
    return kept / state.counts[of] if state.counts[of] else np.nan


def _interval(values: Sequence[float], seed: int) -> Interval:
    return bootstrap(mean(values), seed) if values else Interval(np.nan, np.nan, np.nan)


def write_comparison(runs: Sequence[RunFigures], seed: int, path: Path) -> None:
    """Write the figures as JSON. Raises StoreError."""
    report = {
        "seed": seed,
        "settings": {
            "entailment": "mean p(source entails target) of the kept pairs, by the run's own NLI model",
            "judged_right": "share of judged pairs that are right (impossible calibrate)",
            "distinct_2": "distinct / all bigrams of the sources, at equal size",
            "mtld": f"of the sources, threshold {diversity.MTLD_THRESHOLD}, at equal size",
            "self_bleu": f"of the sources, each against the others, at equal size, {bleu.SETTINGS}",
            "richness": {name: f"{text}, at equal size" for name, text in MEANINGS.items()},
        },
        "runs": [asdict(figures) for figures in runs],
    }
    write_json(path, report)
