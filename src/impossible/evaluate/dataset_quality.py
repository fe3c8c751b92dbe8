"""Comparison of datasets: size, diversity, and the distance between the two sides of a pair."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..data.json_report import write_json
from ..data.pairs import check_texts, pair_rows
from ..errors import DataError
from ..metrics import bleu, diversity, fidelity
from ..metrics.models import Models
from ..metrics.richness import MEANINGS, Richness, richness
from ..metrics.statistics import DRAWS, Interval, bootstrap, mean
from ..metrics.table import METRICS, BenchmarkRow, Rows, settings
from ..recipe.base import TASKS
from ..text.words import WORDS, words

SAMPLE = 1000
_BIN = 5  # width in words of the bins in which lengths are matched


@dataclass(frozen=True)
class DatasetPairs:
    """The pairs of a dataset, or a subset of them."""

    name: str
    sources: list[str]
    targets: list[str]

    def take(self, rows: Sequence[int]) -> "DatasetPairs":
        """The pairs at these indices."""
        return DatasetPairs(self.name, [self.sources[i] for i in rows], [self.targets[i] for i in rows])


class Subject:
    """The input of set measures: all pairs, and a sample of them with embeddings."""

    def __init__(self, pairs: DatasetPairs, sample: DatasetPairs, models: Models):
        self.pairs, self.sample, self._models = pairs, sample, models

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """Embeddings of the sample's sources, (n, d)."""
        return self._models.similarity.embed(self.sample.sources)

    @cached_property
    def richness(self) -> Richness:
        """The richness of the sample."""
        return richness(self.sample.sources, self.sample.targets)


@dataclass(frozen=True, slots=True)
class SetMeasure:
    """A measure of a whole set: how it is computed, in words and as a function."""

    settings: str
    of: Callable[[Subject], float]


def _of_richness(name: str) -> SetMeasure:
    return SetMeasure(f"sample, {MEANINGS[name]}", lambda s: getattr(s.richness, name))


# Figures of metrics.richness; the others are measured per side.
_RICHNESS = ("content_words", "names", "numbers", "with_name_or_number", "largest_template", "ten_templates")
SET_MEASURES: dict[str, SetMeasure] = {
    "pairs": SetMeasure("rows", lambda s: len(s.pairs.sources)),
    "distinct_sources": SetMeasure("distinct sources", lambda s: len(set(s.pairs.sources))),
    "source_words": SetMeasure(f"mean, {WORDS}", lambda s: _length(s.pairs.sources)),
    "target_words": SetMeasure(f"mean, {WORDS}", lambda s: _length(s.pairs.targets)),
    **{name: _of_richness(name) for name in _RICHNESS},
    "vocabulary": SetMeasure(f"distinct {WORDS}", lambda s: diversity.vocabulary(s.pairs.sources)),
    "distinct_1": SetMeasure(f"distinct / all {WORDS}", lambda s: diversity.distinct_n(s.pairs.sources, 1)),
    "distinct_2": SetMeasure("distinct / all bigrams", lambda s: diversity.distinct_n(s.pairs.sources, 2)),
    "distinct_3": SetMeasure("distinct / all trigrams", lambda s: diversity.distinct_n(s.pairs.sources, 3)),
    "entropy_2": SetMeasure("of bigrams, bits", lambda s: diversity.entropy(s.pairs.sources, 2)),
    "entropy_3": SetMeasure("of trigrams, bits", lambda s: diversity.entropy(s.pairs.sources, 3)),
    "mtld": SetMeasure(
        f"threshold {diversity.MTLD_THRESHOLD}, both directions", lambda s: diversity.mtld(s.pairs.sources)
    ),
    "msttr": SetMeasure(
        f"segments of {diversity.MSTTR_SEGMENT} words", lambda s: diversity.msttr(s.pairs.sources)
    ),
    "self_bleu": SetMeasure(
        f"sample's sources, each against the others, {bleu.SETTINGS}",
        lambda s: float(bleu.self_bleu(s.sample.sources).mean()),
    ),
    "embedding_distance": SetMeasure(
        "sample's sources, mean of 1 - cosine over all pairs, {encoder}",
        lambda s: diversity.mean_distance(s.vectors),
    ),
    "topics": SetMeasure(
        "sample's sources, Vendi score of cosines, {encoder}", lambda s: diversity.vendi(s.vectors)
    ),
}
# Metrics of metrics.table, with the target as the output.
PAIR_MEASURES = (
    "rougeL_source",
    "jaccard",
    "compression",
    "novel_1",
    "novel_2",
    "similarity",
    "tree_source_top",
    "tree_source",
    "tree_source_share",
)


def _length(texts: Sequence[str]) -> float:
    return float(np.mean([len(words(text)) for text in texts]))


@dataclass(frozen=True, slots=True)
class Quality:
    """A dataset's measures: of the whole set, and of a sample of pairs, with intervals."""

    name: str
    sample: int
    of_set: dict[str, float]
    of_pairs: dict[str, Interval]


def read_pairs(path: Path, task: str | None, source: str = "source", target: str = "target") -> DatasetPairs:
    """Read the pairs of one task from a run or a .jsonl, .csv, .tsv or .parquet file.

    Raises DataError, StoreError.
    """
    if task not in (None, *TASKS):
        raise DataError(f"task {task!r} is unknown; allowed are {', '.join(TASKS)}")
    rows = pair_rows(path)
    if task is not None:
        rows = [row for row in rows if row.get("task", task) == task]
    elif len({row.get("task") for row in rows}) > 1:
        raise DataError(f"{path} has several tasks; choose one with --task")
    if not rows:
        raise DataError(f"{path} has no {f'{task} ' if task else ''}pairs")
    check_texts(rows, path, (source, target), " (choose with --source and --target)")
    return DatasetPairs(path.stem or str(path), [row[source] for row in rows], [row[target] for row in rows])


def drawn(pairs: DatasetPairs, size: int, seed: int) -> DatasetPairs:
    """Draw `size` random pairs, or shuffle all if there are fewer."""
    order = np.random.default_rng(seed).permutation(len(pairs.sources))
    return pairs.take(order[:size].tolist())


def equal(datasets: Sequence[DatasetPairs], seed: int, size: int | None = None) -> list[DatasetPairs]:
    """Draw equally many random pairs from each dataset: the size of the smallest, at most `size`."""
    smallest = min(len(d.sources) for d in datasets)
    return [drawn(d, min(size or smallest, smallest), seed) for d in datasets]


def matched(datasets: Sequence[DatasetPairs], seed: int) -> list[DatasetPairs]:
    """Draw equally many random pairs from each dataset per bin of source lengths, five words wide.

    Raises DataError if the datasets have no bin in common.
    """
    bins = [_bins(d) for d in (drawn(d, len(d.sources), seed) for d in datasets)]
    quota = {b: min(Counter(pair_bins)[b] for pair_bins in bins) for b in set(bins[0])}
    if not any(quota.values()):
        raise DataError("the datasets have no source lengths in common; compare them without --match-lengths")
    return [
        _first_of_bins(drawn(d, len(d.sources), seed), pair_bins, quota)
        for d, pair_bins in zip(datasets, bins, strict=True)
    ]


def _bins(pairs: DatasetPairs) -> list[int]:
    return [len(words(source)) // _BIN for source in pairs.sources]


def _first_of_bins(pairs: DatasetPairs, bins: Sequence[int], quota: Mapping[int, int]) -> DatasetPairs:
    taken: Counter[int] = Counter()
    rows = []
    for row, b in enumerate(bins):
        if taken[b] < quota.get(b, 0):
            taken[b] += 1
            rows.append(row)
    return pairs.take(rows)


def quality(
    pairs: DatasetPairs, models: Models, fidelity_task: str | None, seed: int, sample: int = SAMPLE
) -> Quality:
    """Measure a dataset; measures of pairs and those with a model use `sample` random pairs.

    `fidelity_task`: also measure the share that the NLI model of `models` accepts as pairs of this task.
    Raises ModelError.
    """
    sampled = drawn(pairs, sample, seed)
    subject = Subject(drawn(pairs, len(pairs.sources), seed), sampled, models)
    rows = Rows([BenchmarkRow("", source) for source in sampled.sources], sampled.targets, models)
    of_pairs = {name: bootstrap(METRICS[name].score(rows), seed) for name in PAIR_MEASURES}
    if fidelity_task is not None:
        kept = fidelity.accepted(models.entailment, sampled.sources, sampled.targets, fidelity_task)
        of_pairs["fidelity"] = bootstrap(mean(kept), seed)
    of_set = {name: float(measure.of(subject)) for name, measure in SET_MEASURES.items()}
    return Quality(pairs.name, len(sampled.sources), of_set, of_pairs)


def views(
    datasets: Sequence[DatasetPairs],
    models: Models,
    task: str | None,
    seed: int,
    size: int | None = None,
    sample: int = SAMPLE,
    match_lengths: bool = False,
    fidelity_model: bool = False,
) -> dict[str, list[Quality]]:
    """Measure each dataset as it is and, if there are several or `size` is given, at equal size.

    `match_lengths`: also match the source lengths. Raises DataError, ModelError.
    """
    if fidelity_model and task is None:
        raise DataError("--fidelity needs --task: a paraphrase must be entailed both ways, a summary one way")
    datasets_of = {"as they are": list(datasets)}
    if match_lengths:
        datasets_of["equal size and lengths"] = equal(matched(datasets, seed), seed, size)
    elif len(datasets) > 1 or size is not None:
        datasets_of["equal size"] = equal(datasets, seed, size)
    return {
        view: [
            quality(pairs, models, task if fidelity_model else None, seed, sample) for pairs in view_datasets
        ]
        for view, view_datasets in datasets_of.items()
    }


def described(models: Models) -> dict[str, str]:
    """Describe how each measure is computed, with the names of its models."""
    of_sets = {name: m.settings.format(**models.names()) for name, m in SET_MEASURES.items()}
    of_pairs = {name: settings(name, models).replace("output", "target") for name in PAIR_MEASURES}
    accepts = (
        f"share with SummaC-ZS ≥ {fidelity.BOUND} (of a paraphrase both ways) by {models.nli}; use a model "
        "other than the one that filtered the data"
    )
    return of_sets | of_pairs | {"fidelity": accepts}


def write_report(views: Mapping[str, Sequence[Quality]], models: Models, seed: int, path: Path) -> None:
    """Write the measures as JSON, with all that is needed to reproduce them. Raises StoreError."""
    report = {
        "seed": seed,
        "interval": f"95 %, percentile bootstrap over pairs, {DRAWS} draws",
        "settings": described(models),
        "models": models.names() | {"digests": models.digests()},
        "views": {view: [asdict(q) for q in measured] for view, measured in views.items()},
    }
    write_json(path, report)
