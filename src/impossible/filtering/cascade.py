"""The cascade: cheap critics score all pairs, expensive critics only the pairs that remain."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..critics.base import Compare, Critic, Critics, Reader
from ..critics.correct import estimate
from ..data.schema import CORPUS, SCORE_FIELDS, SCORES, Group
from ..errors import ModelError
from ..recipe.critic_table import CRITICS, Column, CriticSpec
from ..recipe.critics import Bounds, Score
from .unreadable import Indices, is_rule, score_readable
from .verdict import UNKNOWN_CODE, VERDICTS, Codes, Floats, Scores, Verdicts, distance

Step = tuple[CriticSpec, Sequence[Column]]  # a critic, and the columns it scores before its bound is applied
# (critic, source indices, target indices) → scores, (n,).
Ask = Callable[[str, Indices, Indices], Floats]
# Pairs that cheap critics reject are counted, not stored.
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
    """Pairs with all score columns filled with NaN."""
    nothing = np.full(len(source), np.nan, np.float32)
    return Pairs(task, source, target, {name: nothing.copy() for name, _, _ in SCORE_FIELDS})


def cascade(pairs: Pairs, order: Iterable[Step], bounds: Bounds, ask: Ask) -> NDArray[np.bool_]:
    """Score pairs with critics in order, each on what the earlier ones kept; returns which pairs pass all.

    A critic without a bound scores but rejects none. A score is NaN where a critic did not see the pair.
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
    """The critics that have a bound, or whose scores one with a bound reads, with their columns."""
    needed = {name for critic, _ in bounds.given() for name in (critic, *CRITICS[critic].reads)}
    return [(spec, spec.read(task)) for name, spec in CRITICS.items() if name in needed]


def fill(pairs: Pairs, critic: CriticSpec, column: Column, wanted: NDArray[np.bool_], ask: Ask) -> None:
    """Score the wanted pairs that the critic has not scored yet."""
    scores = pairs.scores[column.name]
    rows = np.flatnonzero(wanted & np.isnan(scores))
    if not len(rows):
        return
    if critic.name == "correct":
        scores[rows] = estimate(pairs.task, {name: known[rows] for name, known in pairs.scores.items()})
        return
    s, t = pairs.source[rows], pairs.target[rows]
    if column.backward or critic.backward_of is not None:
        s, t = t, s
    scores[rows] = ask(critic.backward_of or critic.name, s, t)


def listed(critics: Critics, sources: Sequence[str], targets: Sequence[str], task: str) -> tuple[Pairs, Ask]:
    """Pairs of texts in columns, and the function that scores them."""
    n = len(sources)
    sentences = [*sources, *targets]

    def ask(critic: str, s: Indices, t: Indices) -> Floats:
        def score(a: Indices, b: Indices) -> Floats:
            return critics[critic].score([sentences[i] for i in a], [sentences[i] for i in b])

        return score_readable(critic, score, s, t)

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
        """Scores of directed pairs, shape (n,); NaN where a rule cannot read them.

        Raises ModelError if a model returns NaN.
        """
        new = np.isnan(self._known[sources, targets])
        s, t = sources[new], targets[new]
        if len(s):
            scores = score_readable(self._name, self._score, s, t)
            if (bad := np.isnan(scores)).any() and not is_rule(self._name):
                i = int(np.argmax(bad))
                raise ModelError(
                    f"critic {self._name} returns NaN for {self._sentences[s[i]]!r} and "
                    f"{self._sentences[t[i]]!r}; check its weights and their number format (float16?)"
                )
            self._known[s, t] = scores
            if CRITICS[self._name].symmetric:
                self._known[t, s] = scores
        return self._known[sources, targets]

    def _score(self, s: Indices, t: Indices) -> Floats:
        if isinstance(self._critic, Reader):
            self._compare = self._compare or self._critic.read(self._sentences)
            return self._compare(s, t)
        return self._critic.score([self._sentences[i] for i in s], [self._sentences[i] for i in t])


def oriented(sentences: Sequence[str]) -> tuple[Indices, Indices]:
    """All unordered pairs of sentences; the longer one (in characters) is the source."""
    a, b = np.triu_indices(len(sentences), k=1)
    lengths = np.array([len(s) for s in sentences], dtype=np.intp)
    swap = lengths[a] < lengths[b]
    return np.where(swap, b, a), np.where(swap, a, b)


def score_group(
    sentences: Sequence[str],
    critics: Critics,
    settings: Score,
    tasks: Sequence[str],
    counts: Counter[str],
    restated: int | None = None,
    fluency: Floats | None = None,
) -> list[Pairs]:
    """Score all pairs of a group with the cascade of each task.

    `restated` is the index of the sentence that the others restate, if any; `fluency` is the teacher's
    log-probability per word of each sentence, (sentences,), NaN for one that it did not write.

    Returns the pairs that pass the gates of the cheap critics, and the pairs of task `equivalence` for the
    entailment graph. `counts` receives the rejections of the cheap critics.
    """
    tables = {name: Table(name, critics[name], sentences) for name in critics}

    def ask(critic: str, s: Indices, t: Indices) -> Floats:
        if critic == "grounded":
            return _grounded(tables["judge"], restated, s, t)
        if critic == "fluency" and fluency is not None:
            return np.fmin(fluency[s], fluency[t])
        return tables[critic].score(s, t)

    source, target = oriented(sentences)
    if restated is not None and settings.pairs == "anchored":
        anchored = (source == restated) | (target == restated)
        source, target = source[anchored], target[anchored]
    counts["pairs"] += len(source)
    scored = []
    for task in tasks:
        gates = getattr(settings, task) or Bounds()
        pairs = unscored(task, source, target)
        passed = cascade(pairs, cheap(critics), gates, ask)
        codes = Verdicts(task, pairs.scores).verdict(gates)
        left = pairs.take(passed | (codes == UNKNOWN_CODE))  # what no rule could read is in the ledger too
        _count(task, codes, gates, len(left.source), counts)
        cascade(left, _expensive(critics, task), gates, ask)
        scored.append(left)
    scored.append(_equivalent(scored, settings, critics, ask))
    return scored


def _grounded(judge: Table, restated: int | None, s: Indices, t: Indices) -> Floats:
    """The lower p(restated sentence entails a side) of each pair, (n,); 1 if nothing was restated."""
    if restated is None:
        return np.ones(len(s), np.float32)
    sides = np.unique(np.concatenate((s, t)))
    entailed = np.ones(sides.max(initial=0) + 1, np.float32)
    others = sides[sides != restated]
    entailed[others] = judge.score(np.full_like(others, restated), others)
    return np.minimum(entailed[s], entailed[t])


def cheap(critics: Critics) -> Iterator[Step]:
    """The cheap critics; each scores both directions in one step."""
    for name in CHEAP:
        if name in critics:
            yield CRITICS[name], CRITICS[name].columns


def _expensive(critics: Critics, task: str) -> Iterator[Step]:
    """The expensive critics; each scores backward only where forward passed the gate."""
    for name, critic in CRITICS.items():
        if critic.cost == "expensive" and name in critics:
            for column in critic.columns:
                if column.null_for != task:
                    yield critic, (column,)


def _count(task: str, codes: Codes, gates: Bounds, left: int, counts: Counter[str]) -> None:
    """Count the rejections of each cheap critic's gate, and the pairs that remain."""
    rejected = np.bincount(codes, minlength=len(VERDICTS))
    for critic, _ in gates.given():
        if critic in CHEAP:
            counts[f"{task}: {critic}"] += int(rejected[VERDICTS.index(critic)])
    counts[f"{task}: scored"] += left


def _equivalent(scored: Sequence[Pairs], settings: Score, critics: Critics, ask: Ask) -> Pairs:
    """Score equivalence of the sentences of promising pairs: the edges of the entailment graph.

    A pair is promising if it passed all gates. Sentences that differ in numbers or persons, or that have a
    low similarity, are not equivalent, so the NLI model skips them.
    """
    edges: set[tuple[int, int]] = set()
    for pairs in scored:
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
    nli = (step for step in _expensive(critics, close.task) if step[0].name == "entailment")
    cascade(close, nli, gates, ask)
    return close


def score(
    groups: Sequence[Group],
    critics: Critics,
    settings: Score,
    tasks: Sequence[str],
    tick: Callable[[], None],
) -> tuple[pa.Table, Counter[str]]:
    """Score the pairs of groups; returns rows of SCORES and the funnel counts."""
    counts: Counter[str] = Counter()
    tables = []
    for group in groups:
        sentences = [c.text for c in group.candidates]
        restated = sentences.index(group.context.text) if group.context.text in sentences else None
        scored = score_group(sentences, critics, settings, tasks, counts, restated, _fluency(group))
        tables += [to_table(group, sentences, pairs, restated) for pairs in scored]
        tick()
    empty = SCORES.remove_metadata().empty_table()
    return pa.concat_tables([empty, *tables]).cast(SCORES), counts


def _fluency(group: Group) -> Floats:
    """The teacher's log-probability per word of each candidate, (candidates,)."""
    return np.array([c.logprob / len(c.text.split()) for c in group.candidates], np.float32)


def to_table(group: Group, sentences: Sequence[str], pairs: Pairs, restated: int | None) -> pa.Table:
    """Pairs of a group as rows of SCORES; a pair with the `restated` sentence of a corpus is anchored."""
    n = len(pairs.source)
    anchor = restated if restated is not None and group.context.domain == CORPUS else -1
    columns: dict[str, object] = {
        "context_id": [group.context.id] * n,
        "domain": [group.context.domain] * n,
        "task": [pairs.task] * n,
        "source": [sentences[i] for i in pairs.source],
        "target": [sentences[i] for i in pairs.target],
        "anchored": (pairs.source == anchor) | (pairs.target == anchor),
    }
    for name, _, _ in SCORE_FIELDS:
        columns[name] = pa.array(pairs.scores[name], from_pandas=True)
    return pa.table(columns, schema=SCORES.remove_metadata())


def as_scores(table: pa.Table) -> Scores:
    """The score columns of a table as NumPy arrays; nulls and missing columns of older runs become NaN."""
    stored = {
        name: table[name].cast(pa.float32()).to_numpy(zero_copy_only=False).astype(np.float32)
        for name, _, _ in SCORE_FIELDS
        if name in table.column_names
    }
    return {name: np.full(table.num_rows, np.nan, np.float32) for name, _, _ in SCORE_FIELDS} | stored
