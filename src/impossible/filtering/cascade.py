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
from ..recipe.critics import CHEAP_TO_DEAR, Bounds, Score
from .verdict import Scores, shortfall

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]
# Critics without a model: what they reject is counted, not written down.
CHEAP = CHEAP_TO_DEAR[: CHEAP_TO_DEAR.index("similarity") + 1]


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

    def __init__(self, critic: Critic, sentences: Sequence[str]):
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
                    f"critic {self._critic.name} gives NaN for {self._sentences[s[i]]!r} and "
                    f"{self._sentences[t[i]]!r}; its weights or their type (float16?) do not fit this machine"
                )
            self._known[s, t] = found
            if self._critic.symmetric:
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
    tables = {name: Table(critics[name], sentences) for name in critics}
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
        if getattr(gates, critic) is not None:
            inside = shortfall(critic, pairs.task, gates, pairs.scores) == 0
            counts[f"{pairs.task}: {critic}"] += int((~inside).sum())
            pairs = pairs.take(inside)
    counts[f"{pairs.task}: scored"] += len(pairs.source)
    return pairs


# column, its critic, who scores it, and whether with the sides exchanged
_DEAR = (
    *(
        (f"{critic}_{way}", critic, critic, way == "backward")
        for critic in ("entities", "clause", "entailment", "judge")
        for way in ("forward", "backward")
    ),
    ("retention", "retention", "judge", True),
    ("tree_distance", "tree_distance", "tree_distance", False),
)
# what a task has no use for: the judge's way back is a bound of its own for summaries
_UNASKED = {"paraphrase": "retention", "summary": "judge_backward"}


def _dear(pairs: Pairs, gates: Bounds, tables: dict[str, Table]) -> Pairs:
    """Score what is left with the models; a pair outside a gate keeps NaN for all that follows."""
    n = len(pairs.source)
    alive = np.ones(n, dtype=bool)
    for column, critic, scorer, backward in _DEAR:
        pairs.scores[column] = np.full(n, np.nan, dtype=np.float32)
        if critic not in tables or column == _UNASKED.get(pairs.task):
            continue
        s, t = pairs.source[alive], pairs.target[alive]
        pairs.scores[column][alive] = tables[scorer].score(t, s) if backward else tables[scorer].score(s, t)
        if getattr(gates, critic) is not None:
            alive &= _within(critic, column, pairs, gates)
    return pairs


def _within(critic: str, column: str, pairs: Pairs, gates: Bounds) -> NDArray[np.bool_]:
    """Whether one column is within the gate; NaN is not. A summary's way back is never gated."""
    if pairs.task == "summary" and column.endswith("backward"):
        return np.ones(len(pairs.source), dtype=bool)
    gate = getattr(gates, critic)
    low = -np.inf if gate.min is None else np.float32(gate.min)
    high = np.inf if gate.max is None else np.float32(gate.max)
    return (pairs.scores[column] >= low) & (pairs.scores[column] <= high)


def _add(pairs: Pairs, critic: str, tables: dict[str, Table]) -> None:
    if critic not in tables:
        for column in [n for n, _, _ in SCORE_FIELDS if n.startswith(critic)]:
            pairs.scores[column] = np.full(len(pairs.source), np.nan, dtype=np.float32)
    elif f"{critic}_forward" in SCORES.names:
        pairs.scores[f"{critic}_forward"] = tables[critic].score(pairs.source, pairs.target)
        pairs.scores[f"{critic}_backward"] = tables[critic].score(pairs.target, pairs.source)
    else:
        pairs.scores[critic] = tables[critic].score(pairs.source, pairs.target)


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
