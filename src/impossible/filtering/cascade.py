"""Groups × critics → scores: the cascade. Cheap critics see all pairs of a group, dear ones what is left."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..critics.base import Compare, Critic, Critics, Reader
from ..data.schema import SCORE_FIELDS, SCORES, Group
from ..errors import ModelError
from ..recipe.critic_table import CRITICS
from ..recipe.critics import Bound, Bounds, Score
from .verdict import Scores, shortfall

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]
# Critics without a model: what they reject is counted, not written down.
CHEAP = tuple(name for name, spec in CRITICS.items() if spec.cost == "cheap")
_DEAR = tuple((column, spec) for spec in CRITICS.values() if spec.cost == "dear" for column in spec.columns)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of one group and task as columns: indices into the group's sentences, (n,), and their scores."""

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
    source, target = oriented(sentences)
    counts["pairs"] += len(source)
    found = []
    for task in tasks:
        gates = getattr(settings, task) or Bounds()
        pairs = _cheap(Pairs(task, source, target, {}), gates, tables, counts)
        found.append(_dear(pairs, gates, tables))
    found.append(_equivalent(found, settings, tables))
    return found


def _cheap(pairs: Pairs, gates: Bounds, tables: dict[str, Table], counts: Counter[str]) -> Pairs:
    for critic in CHEAP:
        _add(pairs, critic, tables)
        if gates.of(critic) is not None:
            inside = shortfall(critic, pairs.task, gates, pairs.scores) == 0
            counts[f"{pairs.task}: {critic}"] += int((~inside).sum())
            pairs = pairs.take(inside)
    counts[f"{pairs.task}: scored"] += len(pairs.source)
    return pairs


def _dear(pairs: Pairs, gates: Bounds, tables: dict[str, Table]) -> Pairs:
    """Score what is left with the models; a pair outside a gate keeps NaN for all that follows."""
    n = len(pairs.source)
    alive = np.ones(n, dtype=bool)
    for column, spec in _DEAR:
        pairs.scores[column.name] = np.full(n, np.nan, dtype=np.float32)
        if spec.name not in tables or column.null_for == pairs.task:
            continue
        s, t = pairs.source[alive], pairs.target[alive]
        table = tables[spec.backward_of or spec.name]
        backward = column.backward or spec.backward_of is not None
        pairs.scores[column.name][alive] = table.score(t, s) if backward else table.score(s, t)
        gate = gates.of(spec.name)
        if gate is not None and column in spec.read(pairs.task):
            alive &= _within(gate, pairs.scores[column.name])
    return pairs


def _within(gate: Bound, scores: Floats) -> NDArray[np.bool_]:
    """Whether scores are within the gate; NaN is not."""
    low = -np.inf if gate.min is None else np.float32(gate.min)
    high = np.inf if gate.max is None else np.float32(gate.max)
    return (scores >= low) & (scores <= high)


def _add(pairs: Pairs, critic: str, tables: dict[str, Table]) -> None:
    for column in CRITICS[critic].columns:
        if critic not in tables:
            pairs.scores[column.name] = np.full(len(pairs.source), np.nan, dtype=np.float32)
            continue
        s, t = (pairs.target, pairs.source) if column.backward else (pairs.source, pairs.target)
        pairs.scores[column.name] = tables[critic].score(s, t)


def _equivalent(found: Sequence[Pairs], settings: Score, tables: dict[str, Table]) -> Pairs:
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
    pairs = Pairs("equivalence", both[:, 0], both[:, 1], {})
    for critic in CHEAP:
        _add(pairs, critic, tables)
    exact = {"min": 1.0}
    gates = {"numbers": exact, "persons": exact, "similarity": {"min": settings.equivalence}}
    cheap = Bounds.model_validate({name: gate for name, gate in gates.items() if name in tables})
    close = np.ones(len(both), dtype=bool)
    for critic, _ in cheap.given():
        close &= shortfall(critic, "paraphrase", cheap, pairs.scores) == 0
    dear = Bounds.model_validate({"entailment": {"min": settings.equivalence}})
    return _dear(pairs.take(close), dear, {n: table for n, table in tables.items() if n == "entailment"})


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
            _to_table(group, sentences, p) for p in score_group(sentences, critics, settings, tasks, counts)
        ]
        tick()
    empty = SCORES.remove_metadata().empty_table()
    return pa.concat_tables([empty, *tables]).cast(SCORES), counts


def _to_table(group: Group, sentences: Sequence[str], pairs: Pairs) -> pa.Table:
    n = len(pairs.source)
    columns: dict[str, object] = {
        "context_id": [group.context.id] * n,
        "domain": [group.context.domain] * n,
        "task": [pairs.task] * n,
        "source": [sentences[i] for i in pairs.source],
        "target": [sentences[i] for i in pairs.target],
    }
    for name, _, _ in SCORE_FIELDS:
        columns[name] = pa.array(pairs.scores[name], from_pandas=True)
    return pa.table(columns, schema=SCORES.remove_metadata())


def as_scores(table: pa.Table) -> Scores:
    """The score columns of a table as NumPy arrays, null as NaN; so is a column that an older run lacks."""
    there = {
        name: table[name].cast(pa.float32()).to_numpy(zero_copy_only=False).astype(np.float32)
        for name, _, _ in SCORE_FIELDS
        if name in table.column_names
    }
    return {name: np.full(table.num_rows, np.nan, np.float32) for name, _, _ in SCORE_FIELDS} | there
