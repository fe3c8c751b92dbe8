"""The table of metrics over the rows of a benchmark, and the columns that they read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ..errors import DataError
from ..filtering.cascade import cascade, listed, steps
from ..recipe.load import resolve
from ..text.words import WORDS, words
from . import bleu, composite, overlap, rouge
from .models import Models
from .statistics import Float64s, Statistic, best, mean, ratio

TOP_LAYERS = 3
Other = Literal["source", "reference", "exemplar"]
Preset = Literal["default", "paper"]


@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    """A row of a benchmark; `exemplar` is a sentence whose syntax the output should follow."""

    id: str
    source: str
    references: tuple[str, ...] = ()
    exemplar: str | None = None


class Rows:
    """Examples and a system's outputs as columns; scores of models are computed once."""

    def __init__(
        self,
        examples: Sequence[BenchmarkRow],
        outputs: Sequence[str],
        models: Models,
        task: str = "paraphrase",
    ):
        self.task = task
        self.sources = [e.source for e in examples]
        self.references = [e.references for e in examples]
        self.exemplars = [e.exemplar or "" for e in examples]
        self.outputs = list(outputs)
        self.has_references = all(self.references)
        self.has_exemplars = all(self.exemplars)
        self._models = models
        self._trees: dict[tuple[Other, int | None], Float64s] = {}

    @cached_property
    def bertscore_source(self) -> Float64s:
        """BERTScore F1 of output and source, (n,)."""
        return self._models.bertscore.score(self.outputs, self.sources)

    @cached_property
    def bertscore_reference(self) -> Float64s:
        """BERTScore F1 of output and best reference, (n,)."""
        outputs, references, counts = self._flat()
        return best(self._models.bertscore.score(outputs, references), counts)

    @cached_property
    def similarity(self) -> Float64s:
        """Cosine of source and output, (n,)."""
        return self._models.similarity.score(self.sources, self.outputs).astype(np.float64)

    @cached_property
    def entails(self) -> Float64s:
        """p(source entails output), (n,)."""
        return self._models.entailment.score(self.sources, self.outputs).astype(np.float64)

    @cached_property
    def entailed(self) -> Float64s:
        """p(output entails source), (n,)."""
        return self._models.entailment.score(self.outputs, self.sources).astype(np.float64)

    def accepted(self, preset: Preset) -> Float64s:
        """1 where the cascade keeps (source, output) by a preset's bounds, else 0, (n,); empty outputs: 0."""
        written = [i for i, output in enumerate(self.outputs) if output]
        sources, outputs = [self.sources[i] for i in written], [self.outputs[i] for i in written]
        bounds = getattr(resolve({"preset": preset}).filter, self.task)
        kept = np.zeros(len(self.outputs))
        if written:
            pairs, ask = listed(self._models.critics, sources, outputs, self.task)
            kept[written] = cascade(pairs, steps(self.task, bounds), bounds, ask)
        return kept

    @cached_property
    def source_bleu(self) -> Float64s:
        """Sentence BLEU of output and source, (n,), 0 to 1."""
        return bleu.sentence_bleu(self.outputs, [[s] for s in self.sources]) / 100

    def tree(self, other: Other, layers: int | None) -> Float64s:
        """Edits and nodes between the output's tree and the other text's (nearest reference), (n, 2)."""
        if (other, layers) not in self._trees:
            self._trees[other, layers] = self._tree(other, layers)
        return self._trees[other, layers]

    def _tree(self, other: Other, layers: int | None) -> Float64s:
        if other != "reference":
            texts = self.sources if other == "source" else self.exemplars
            return self._models.syntax.edits(self.outputs, texts, layers)
        outputs, references, counts = self._flat()
        edits = self._models.syntax.edits(outputs, references, layers)
        parts = np.split(edits, np.cumsum(counts)[:-1])
        return np.array([part[part[:, 0].argmin()] for part in parts])

    def _flat(self) -> tuple[list[str], list[str], list[int]]:
        """Outputs repeated once per reference, the references, and the number of references of each row."""
        outputs = [o for o, rs in zip(self.outputs, self.references, strict=True) for _ in rs]
        return outputs, [r for rs in self.references for r in rs], [len(rs) for rs in self.references]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: `settings` describes it; `better` is 1 if higher is better, -1 if lower is, else 0."""

    settings: str
    better: Literal[-1, 0, 1]
    score: Callable[[Rows], Statistic]
    needs: Literal["", "references", "exemplar"] = ""
    task: Literal["", "paraphrase", "summary"] = ""


def _novel(n: int) -> Metric:
    settings = f"share of the output's {n}-grams that the source lacks, {WORDS}"
    return Metric(settings, 0, lambda r: overlap.novel_ngrams(r.sources, r.outputs, n))


def _tree_edits(other: Other, layers: int | None, divided: bool) -> Metric:
    """Tree edit distance: higher is better to the source, lower to a reference or an exemplar."""
    what = "top three layers" if layers else "whole tree"
    settings = f"edits to the {other}'s dependency tree, {what}, {{parser}}" + (
        ", divided by the nodes of both" if divided else ""
    )

    def score(rows: Rows) -> Statistic:
        edits = rows.tree(other, layers)
        return ratio(edits[:, 0], edits[:, 1]) if divided else mean(edits[:, 0])

    needs: dict[Other, Literal["", "references", "exemplar"]] = {
        "source": "",
        "reference": "references",
        "exemplar": "exemplar",
    }
    return Metric(settings, 1 if other == "source" else -1, score, needs[other], "paraphrase")


def _trees() -> dict[str, Metric]:
    others: tuple[Other, ...] = ("source", "reference", "exemplar")
    return {
        f"tree_{other}{'_top' if layers else ''}{'_share' if divided else ''}": _tree_edits(
            other, layers, divided
        )
        for other in others
        for layers in (TOP_LAYERS, None)
        for divided in (False, True)
    }


METRICS: dict[str, Metric] = {
    "accepted": Metric(
        "share that the default cascade keeps, last critic embedded:judge",
        1,
        lambda r: mean(r.accepted("default")),
    ),
    "accepted_paper": Metric(
        "share that the published bounds keep (preset paper: ROUGE-L, entailment, length or tree distance), "
        "embedded:nli",
        1,
        lambda r: mean(r.accepted("paper")),
    ),
    "bleu": Metric(
        f"corpus BLEU against the references, {bleu.SETTINGS}",
        1,
        lambda r: bleu.bleu(r.outputs, r.references),
        "references",
    ),
    "self_bleu": Metric(
        f"corpus BLEU against the source, {bleu.SETTINGS}",
        -1,
        lambda r: bleu.bleu(r.outputs, [[s] for s in r.sources]),
        task="paraphrase",
    ),
    "ibleu": Metric(
        f"{bleu.ALPHA}·bleu - {1 - bleu.ALPHA:.1f}·self_bleu",
        1,
        lambda r: bleu.ibleu(r.outputs, r.references, r.sources),
        "references",
        "paraphrase",
    ),
    "rouge1": Metric(
        f"ROUGE-1, {rouge.SETTINGS}",
        1,
        lambda r: mean(rouge.rouge_n(r.outputs, r.references, 1)),
        "references",
    ),
    "rouge2": Metric(
        f"ROUGE-2, {rouge.SETTINGS}",
        1,
        lambda r: mean(rouge.rouge_n(r.outputs, r.references, 2)),
        "references",
    ),
    "rougeL": Metric(
        f"ROUGE-L, {rouge.SETTINGS}", 1, lambda r: mean(rouge.rouge_l(r.outputs, r.references)), "references"
    ),
    "rougeL_source": Metric(
        "ROUGE-L F1 of output and source, unstemmed, tokens of rouge-score 0.1.2",
        0,
        lambda r: mean(rouge.rouge_l(r.outputs, [[s] for s in r.sources])),
    ),
    "bertscore": Metric(
        "F1 against the best reference, {encoder}, {layer}, no idf, not rescaled",
        1,
        lambda r: mean(r.bertscore_reference),
        "references",
    ),
    "bertscore_source": Metric(
        "F1 against the source, {encoder}, {layer}, no idf, not rescaled",
        0,
        lambda r: mean(r.bertscore_source),
    ),
    "bert_ibleu": Metric(
        f"β = {composite.BETA:g}, terms ≥ {composite.FLOOR:g}; bertscore_source and sentence BLEU against "
        "the source; mean of rows",
        1,
        lambda r: mean(composite.bert_ibleu(r.bertscore_source, r.source_bleu)),
        task="paraphrase",
    ),
    "parascore": Metric(
        f"ω = {composite.OMEGA}, γ = {composite.GAMMA}, with references where there are any; BERTScore by "
        "{encoder}, {layer}",
        1,
        lambda r: mean(
            composite.parascore(
                r.bertscore_source,
                r.bertscore_reference if r.has_references else None,
                overlap.edit_distance(r.sources, r.outputs),
            )
        ),
        task="paraphrase",
    ),
    "similarity": Metric("cosine of source and output, {encoder}", 1, lambda r: mean(r.similarity)),
    "entails": Metric("p(source entails output), {nli}", 1, lambda r: mean(r.entails)),
    "entailed": Metric("p(output entails source), {nli}", 0, lambda r: mean(r.entailed)),
    "entailment": Metric(
        "the lower of p(source entails output) and p(output entails source), {nli}",
        1,
        lambda r: mean(np.minimum(r.entails, r.entailed)),
        task="paraphrase",
    ),
    "compression": Metric(
        f"words of output / words of source, {WORDS}",
        0,
        lambda r: mean(overlap.compression(r.sources, r.outputs)),
    ),
    "novel_1": _novel(1),
    "novel_2": _novel(2),
    "novel_3": _novel(3),
    "coverage": Metric(
        f"share of the output in fragments of the source, {WORDS}",
        0,
        lambda r: mean(overlap.coverage(r.sources, r.outputs)),
        task="summary",
    ),
    "density": Metric(
        f"mean squared length of fragments of the source, {WORDS}",
        0,
        lambda r: mean(overlap.density(r.sources, r.outputs)),
        task="summary",
    ),
    "jaccard": Metric(
        f"common words / all words of source and output, {WORDS}",
        -1,
        lambda r: mean(overlap.jaccard(r.sources, r.outputs)),
        task="paraphrase",
    ),
    "repetition": Metric(
        f"1 - distinct bigrams / bigrams of an output, {WORDS}",
        -1,
        lambda r: mean(overlap.repetition(r.outputs, 2)),
    ),
    "words": Metric(
        f"mean length of outputs, {WORDS}", 0, lambda r: mean([len(words(o)) for o in r.outputs])
    ),
    **_trees(),
}


def choose(names: Sequence[str], task: str, rows: Rows) -> list[str]:
    """The metrics to compute, in the order of the table: those named, or all that task and rows allow.

    Raises DataError for an unknown name, or if the rows lack the references or exemplars it needs.
    """
    has = {"": True, "references": rows.has_references, "exemplar": rows.has_exemplars}
    for name in names:
        if name not in METRICS:
            raise DataError(f"metric {name!r} is unknown; allowed are {', '.join(METRICS)}")
        if not has[METRICS[name].needs]:
            raise DataError(f"metric {name} needs {METRICS[name].needs}, which the benchmark lacks")
    return [
        name
        for name, metric in METRICS.items()
        if (name in names if names else has[metric.needs] and metric.task in ("", task))
    ]


def settings(name: str, models: Models) -> str:
    """Describe how a metric is computed, with the names of its models."""
    return METRICS[name].settings.format(**models.names())
