"""The facts of a report as plain values, separate from the tables they come from and from the layout.

A new stage adds a field here, fills it in `gather`, and shows it in a section of the page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..metrics.diversity import Variety
from ..metrics.richness import Richness
from ..recipe.recipe import Recipe


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """A step of a funnel: how many it removed, and how many are left."""

    name: str
    lost: int
    left: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of values in bins; n + 1 `edges` for n counts. `series` maps names to counts."""

    edges: tuple[float, ...]
    series: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Distribution:
    """The scores of one critic over a task's ledger, kept pairs apart, with bound and gate.

    For a directed score of a paraphrase: the weaker direction. `missing` counts pairs without a score.
    """

    critic: str
    histogram: Histogram
    missing: int
    low: float | None
    high: float | None
    gate_low: float | None
    gate_high: float | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair to show. `rival` is (source, target) of the pair preferred to a duplicate."""

    pair_id: str
    context: str
    source: str
    target: str
    scores: Mapping[str, float]
    verdict: str
    margin: float | None = None
    rival: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Frontier:
    """Wording (ROUGE-L of source and target) against meaning (p(entailment), the weaker direction).

    `cells` are (ROUGE-L, entailment, number) of all pairs with both scores, binned; `kept` is a sample
    of the kept pairs; `best` is the Pareto frontier of the kept pairs (low ROUGE-L, high entailment), by
    rising ROUGE-L.
    """

    cells: tuple[tuple[float, float, int], ...]
    kept: tuple[tuple[float, float], ...]
    best: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """A critic that rejected pairs: how many in the ledger, and some of them."""

    critic: str
    count: int
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """The pairs of one task: counts, distributions and samples.

    `funnel` ends with the kept pairs, `into_dataset` with those of the dataset.
    """

    name: str
    pairs: int
    kept: int
    duplicates: int
    funnel: tuple[FunnelStep, ...]
    into_dataset: tuple[FunnelStep, ...]
    distributions: tuple[Distribution, ...]
    frontier: Frontier | None
    lengths: Histogram
    variety: Variety
    richness: Richness
    overlap: float
    sample: tuple[Pair, ...]
    reasons: tuple[Reason, ...]
    lost_to: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """Seconds spent in a stage, its jobs (shards written, students trained), and its output."""

    name: str
    seconds: float
    jobs: int
    output: str


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """Yield of one domain; `productive` contexts have a kept pair; `kept` is by task."""

    name: str
    contexts: int
    productive: int
    kept: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Curve:
    """Losses of a training in nats per token: (step, loss), by rising step."""

    training: tuple[tuple[float, float], ...]
    validation: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """A round: its yield, the means of its own pairs, and the quality of its student.

    `wording` is the mean ROUGE-L of the round's own pairs, `meaning` their mean p(entailment), by task;
    `sample` holds some pairs by the student of the previous round (empty for round 0).
    """

    number: int
    sources: int
    kept: int
    pairs: int
    accepted: float
    quality: float
    wording: Mapping[str, float]
    meaning: Mapping[str, float]
    curve: Curve | None
    sample: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric of a system with its 95 % interval; `p` compares it with the first system (NaN there)."""

    value: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Systems on one set of sentences; `figures` maps each metric to one figure per system."""

    name: str
    task: str
    rows: int
    systems: tuple[str, ...]
    settings: Mapping[str, str]
    figures: Mapping[str, tuple[Figure, ...]]


@dataclass(frozen=True, slots=True)
class Answers:
    """A held-out sentence with, by system, the best answer and the verdict of the cascade."""

    task: str
    source: str
    answers: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Precision:
    """Precision of a task: the judged pairs, how many are right, the share with its 95 % interval.

    `drawn`: the pairs are calibrate's weighted sample; else any labelled pairs.
    """

    task: str
    right: int
    judged: int
    share: float
    low: float
    high: float
    drawn: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """The finished part of a run; recipe and models as they may be shown (see `recipe.public`)."""

    folder: Path
    recipe: Recipe
    contexts: int
    shards: int
    done: int
    sentences: tuple[FunnelStep, ...]
    candidates: int
    pairs: int
    stages: tuple[Stage, ...]
    domains: tuple[DomainFacts, ...]
    per_context: Histogram
    tasks: tuple[TaskFacts, ...]
    rounds: tuple[RoundFacts, ...]
    comparisons: tuple[Comparison, ...]
    answers: tuple[Answers, ...]
    precision: tuple[Precision, ...]
    dataset: int
    models: Mapping[str, str]
    versions: Mapping[str, str]
    machine: str

    @property
    def seconds(self) -> float:
        """Seconds of work in all stages."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def kept(self) -> int:
        """Kept pairs of all tasks."""
        return sum(task.kept for task in self.tasks)
