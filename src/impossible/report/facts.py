"""What a report says of a run, as plain values: no tables, no arrays, nothing about how it looks.

A stage that comes later adds a field here, fills it in `gather`, and shows it in a section of the page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..recipe import Recipe
from ..variety import Variety


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
class Task:
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
    """Seconds spent in a stage, over how many jobs: shards made, students trained."""

    name: str
    seconds: float
    jobs: int


@dataclass(frozen=True, slots=True)
class Domain:
    """What the contexts of one domain gave; `kept` by task."""

    name: str
    contexts: int
    fruitful: int
    kept: Mapping[str, int]


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
    domains: tuple[Domain, ...]
    per_context: Histogram
    tasks: tuple[Task, ...]
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
