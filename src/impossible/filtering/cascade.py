"""Pairs × critics → scores: the cascade. Cheap critics see all pairs, dear ones what is left."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..critics.base import Compare, Critic, Critics, Reader
from ..data.schema import SCORE_FIELDS, SCORES, Group
from ..errors import ModelError
from ..recipe.critic_table import CRITICS, Column, CriticSpec
from ..recipe.critics import Bounds, Score
from .verdict import VERDICTS, Floats, Judge, Scores, distance

Indices = NDArray[np.intp]
Step = tuple[CriticSpec, Sequence[Column]]  # a critic, and what it scores before its bound is asked
# What a critic gives for pairs of the sentences with these indices, (n,).
Ask = Callable[[str, Indices, Indices], Floats]
# Critics without a model: what they reject is counted, not written down.
CHEAP = tuple(name for name, spec in CRITICS.items() if spec.cost == "cheap")


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of one task as columns: indices into a list of sentences, (n,), and their scores."""

    task: str
    source: Indices
    target: Indices
    scores: dict[str, Floats]

    def take(self, keep: NDArray[np.bool_]) -> "Pairs":
        """The pairs where `keep` is true."""
        return Pairs(
            self.task,
            self.source[keep],
            self.target[keep],
            {name: column[keep] for name, column in self.scores.items()},
        )


def unscored(task: str, source: Indices, target: Indices) -> Pairs:
    """Pairs with all score columns, NaN."""
    nothing = np.full(len(source), np.nan, np.float32)
    return Pairs(task, source, target, {name: nothing.copy() for name, _, _ in SCORE_FIELDS})


def cascade(pairs: Pairs, order: Iterable[Step], bounds: Bounds, ask: Ask) -> NDArray[np.bool_]:
    """Take pairs through critics, each seeing only what those before it kept; returns which pass all bounds.

    A critic without a bound scores and keeps all. NaN is where a critic did not see a pair.
    """
    alive = np.ones(len(pairs.source), dtype=bool)
    for critic, columns in order:
        for column in columns:
            fill(pairs, critic, column, alive, ask)
        if (bound := bounds.of(critic.name)) is not None:
            for column in set(columns).intersection(critic.read(pairs.task)):
                alive &= distance(bound, pairs.scores[column.name]) == 0
    return alive


def steps(task: str, bounds: Bounds) -> list[Step]:
    """Only the critics that have a bound, and what it reads."""
    return [(CRITICS[critic], CRITICS[critic].read(task)) for critic, _ in bounds.given()]


def fill(pairs: Pairs, critic: CriticSpec, column: Column, wanted: NDArray[np.bool_], ask: Ask) -> None:
    """Score the pairs that are wanted and that the critic has not seen."""
    scores = pairs.scores[column.name]
    rows = np.flatnonzero(wanted & np.isnan(scores))
    if not len(rows):
        return
    s, t = pairs.source[rows], pairs.target[rows]
    if column.backward or critic.backward_of is not None:
        s, t = t, s
    scores[rows] = ask(critic.backward_of or critic.name, s, t)


def listed(critics: Critics, sources: Sequence[str], targets: Sequence[str], task: str) -> tuple[Pairs, Ask]:
    """Pairs given as texts, and how to ask critics about them."""
    n = len(sources)
    sentences = [*sources, *targets]

    def ask(critic: str, s: Indices, t: Indices) -> Floats:
        return critics[critic].score([sentences[i] for i in s.tolist()], [sentences[i] for i in t.tolist()])

    return unscored(task, np.arange(n), np.arange(n, 2 * n)), ask


class Table:
    """One critic's scores within a group, (sentences, sentences): each directed pair is scored once."""

    def __init__(self, name: str, critic: Critic, sentences: Sequence[str]):
        self._name = name
        self._critic = critic
        self._sentences = sentences
        self._known = np.full((len(sentences), len(sentences)), np.nan, dtype=np.float32)
        self._compare: Compare | None = None

    def score(self, sources: Indices, targets: Indices) -> Floats:
        """Scores of directed pairs, shape (n,). Raises ModelError if the critic gives NaN."""
        new = np.isnan(self._known[sources, targets])
        s, t = sources[new], targets[new]
        if len(s):
            found = self._score(s, t)
            if (bad := np.isnan(found)).any():
                i = int(np.argmax(bad))
                raise ModelError(
                    f"critic {self._name} gives NaN for {self._sentences[s[i]]!r} and "
                    f"{self._sentences[t[i]]!r}; its weights or their type (float16?) do not fit this machine"
                )
            self._known[s, t] = found
            if CRITICS[self._name].symmetric:
                self._known[t, s] = found
        return self._known[sources, targets]

    def _score(self, s: Indices, t: Indices) -> Floats:
        if isinstance(self._critic, Reader):
            self._compare = self._compare or self._critic.read(self._sentences)
            return self._compare(s, t)
        return self._critic.score([self._sentences[i] for i in s], [self._sentences[i] for i in t])


def oriented(sentences: Sequence[str]) -> tuple[Indices, Indices]:
    """All pairs of distinct sentences, once, the longer one (in characters) as source."""
    a, b = np.triu_indices(len(sentences), k=1)
    lengths = np.array([len(s) for s in sentences], dtype=np.intp)
    swap = lengths[a] < lengths[b]
    return np.where(swap, b, a), np.where(swap, a, b)


def score_group(
    sentences: Sequence[str], critics: Critics, settings: Score, tasks: Sequence[str], counts: Counter[str]
) -> list[Pairs]:
    """Take every pair of a group through the cascade of each task.

    Returns the pairs that got as far as a critic beyond CHEAP, and the pairs of task `equivalence` that
    the entailment graph needs; `counts` receives the cheap rejections.
    """
    tables = {name: Table(name, critics[name], sentences) for name in critics}

    def ask(critic: str, s: Indices, t: Indices) -> Floats:
        return tables[critic].score(s, t)

    source, target = oriented(sentences)
    counts["pairs"] += len(source)
    found = []
    for task in tasks:
        gates = getattr(settings, task) or Bounds()
        pairs = unscored(task, source, target)
        left = pairs.take(cascade(pairs, cheap(critics), gates, ask))
        _count(pairs, gates, len(left.source), counts)
        cascade(left, _dear(critics, task), gates, ask)
        found.append(left)
    found.append(_equivalent(found, settings, critics, ask))
    return found


def cheap(critics: Critics) -> Iterator[Step]:
    """Critics without a model look both ways at once."""
    for name in CHEAP:
        if name in critics:
            yield CRITICS[name], CRITICS[name].columns


def _dear(critics: Critics, task: str) -> Iterator[Step]:
    """A model looks back only where the way forward passed."""
    for name, critic in CRITICS.items():
        if critic.cost == "dear" and name in critics:
            for column in critic.columns:
                if column.null_for != task:
                    yield critic, (column,)


def _count(pairs: Pairs, gates: Bounds, left: int, counts: Counter[str]) -> None:
    """Count what each cheap gate rejects, and what is left."""
    rejected = np.bincount(Judge(pairs.task, pairs.scores).verdict(gates), minlength=len(VERDICTS))
    for critic, _ in gates.given():
        if critic in CHEAP:
            counts[f"{pairs.task}: {critic}"] += int(rejected[VERDICTS.index(critic)])
    counts[f"{pairs.task}: scored"] += left


def _equivalent(found: Sequence[Pairs], settings: Score, critics: Critics, ask: Ask) -> Pairs:
    """Which sentences of promising pairs say the same: edges of the entailment graph.

    A pair is promising where it passed the gates to the end. Sentences whose numbers or persons differ, or
    that are far apart for the bi-encoder, need no NLI model.
    """
    edges: set[tuple[int, int]] = set()
    for pairs in found:
        alive = ~np.isnan(pairs.scores["entailment_backward"]) & (
            pairs.scores["entailment_forward"] >= settings.equivalence
        )
        for role in (pairs.source[alive], pairs.target[alive]):
            members = sorted(set(role.tolist()))
            edges |= {(a, b) for k, a in enumerate(members) for b in members[k + 1 :]}
    both = np.array(sorted(edges), dtype=np.intp).reshape(-1, 2)
    exact, alike = {"min": 1.0}, {"min": settings.equivalence}
    gates = Bounds.model_validate(
        {"numbers": exact, "persons": exact, "similarity": alike, "entailment": alike}
    )
    pairs = unscored("equivalence", both[:, 0], both[:, 1])
    close = pairs.take(cascade(pairs, cheap(critics), gates, ask))
    nli = (step for step in _dear(critics, close.task) if step[0].name == "entailment")
    cascade(close, nli, gates, ask)
    return close


def score(
    groups: Sequence[Group],
    critics: Critics,
    settings: Score,
    tasks: Sequence[str],
    tick: Callable[[], None],
) -> tuple[pa.Table, Counter[str]]:
    """Score the pairs of groups; returns rows of SCORES and the counts of the cascade."""
    counts: Counter[str] = Counter()
    tables = []
    for group in groups:
        sentences = [c.text for c in group.candidates]
        tables += [
            to_table(group, sentences, p) for p in score_group(sentences, critics, settings, tasks, counts)
        ]
        tick()
    empty = SCORES.remove_metadata().empty_table()
    return pa.concat_tables([empty, *tables]).cast(SCORES), counts


def to_table(group: Group, sentences: Sequence[str], pairs: Pairs) -> pa.Table:
    """Pairs of a group as rows of SCORES."""
    n = len(pairs.source)
    found: dict[str, object] = {
        "context_id": [group.context.id] * n,
        "domain": [group.context.domain] * n,
        "task": [pairs.task] * n,
        "source": [sentences[i] for i in pairs.source],
        "target": [sentences[i] for i in pairs.target],
    }
    for name, _, _ in SCORE_FIELDS:
        found[name] = pa.array(pairs.scores[name], from_pandas=True)
    return pa.table(found, schema=SCORES.remove_metadata())


def as_scores(table: pa.Table) -> Scores:
    """The score columns of a table as NumPy arrays, null as NaN; so is a column that an older run lacks."""
    there = {
        name: table[name].cast(pa.float32()).to_numpy(zero_copy_only=False).astype(np.float32)
        for name, _, _ in SCORE_FIELDS
        if name in table.column_names
    }
    return {name: np.full(table.num_rows, np.nan, np.float32) for name, _, _ in SCORE_FIELDS} | there
