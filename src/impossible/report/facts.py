"""What a report says of a run, as plain values: no tables, no arrays, nothing about how it looks.

A stage that comes later adds a field here, fills it in `gather`, and shows it in a section of the page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..metrics.diversity import Variety
from ..recipe.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a funnel: how many were lost there, how many are left after it."""

    name: str
    lost: int
    left: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of values in bins; n + 1 `edges` for n counts. `series` holds a name and counts each."""

    edges: tuple[float, ...]
    series: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Distribution:
    """The scores of one critic over a task's ledger, kept pairs apart, with bound and gate.

    Of a directed score of a paraphrase it is the weaker direction. `missing` pairs have no score.
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
    """A pair to be shown. `rival` is (source, target) of the pair that a duplicate lost to."""

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

    `cells` are (ROUGE-L, entailment, number) of all pairs with both scores, binned; `kept` a sample of
    kept ones; `best` the kept pairs to which no other is both differently enough worded and as sure: the
    frontier, by rising ROUGE-L.
    """

    cells: tuple[tuple[float, float, int], ...]
    kept: tuple[tuple[float, float], ...]
    best: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why pairs were rejected: the critic, how many in the ledger, and some of them."""

    critic: str
    count: int
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What became of the pairs of one task."""

    name: str
    pairs: int
    kept: int
    duplicates: int
    funnel: tuple[Step, ...]
    distributions: tuple[Distribution, ...]
    frontier: Frontier | None
    lengths: Histogram
    variety: Variety
    overlap: float
    sample: tuple[Pair, ...]
    reasons: tuple[Reason, ...]
    lost_to: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """Seconds spent in a stage over how many jobs (shards made, students trained), and what came of it."""

    name: str
    seconds: float
    jobs: int
    gave: str


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """What the contexts of one domain gave; `kept` by task."""

    name: str
    contexts: int
    fruitful: int
    kept: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Curve:
    """Losses of a training in nats a token: (step, loss) each, by rising step."""

    training: tuple[tuple[float, float], ...]
    validation: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """A round beside the others: yield, what its own pairs are like, what its student is worth.

    `wording` is the mean ROUGE-L of the round's own pairs, `meaning` their mean p(entailment), by task;
    `sample` holds some pairs that the student of the round before wrote (none of round 0).
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
    """A metric of a system with its 95 % interval; `p` of the difference to the first, NaN for that."""

    value: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Systems side by side on one set of sentences; `figures` holds one a system for each metric."""

    name: str
    task: str
    rows: int
    systems: tuple[str, ...]
    settings: Mapping[str, str]
    figures: Mapping[str, tuple[Figure, ...]]


@dataclass(frozen=True, slots=True)
class Answers:
    """A held-out sentence and, by system, the best answer and the cascade's verdict on it."""

    task: str
    source: str
    answers: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Precision:
    """How many of the judged pairs of a task are right, and the share with its 95 % interval.

    `drawn`: they are calibrate's sample, weighted; else what people happened to label.
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
    """A run, as far as it is finished."""

    folder: Path
    recipe: Recipe
    recipe_text: str
    contexts: int
    shards: int
    done: int
    sentences: tuple[Step, ...]
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
