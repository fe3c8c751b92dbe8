"""Bounds → what becomes of each pair of a task, fast enough for a slider.

The same decisions as `whatif.decide`, pair by pair, as columns: what a critic says under a bound is
remembered, and the entailment graph is one of sentences: two pairs hang together on a side if their sentences
there are one node, or two nodes with an edge.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..analysis.whatif import within_gates
from ..data.schema import DUPLICATE, KEPT, UNKNOWN
from ..filtering.verdict import shortfall
from ..recipe.critics import Bound, Bounds, CriticName, TaskFilter
from .index import VERDICTS, Codes, Ids, TaskRows

_KEPT, _DUPLICATE, _UNKNOWN = (VERDICTS.index(name) for name in (KEPT, DUPLICATE, UNKNOWN))
_REMEMBERED = 100  # (critic, bound): one byte a pair each
_WITHIN, _OUTSIDE, _MISSING = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Fates:
    """The code of each pair's verdict, (n,), and the index of the pair that it lost to (its own if none).

    `alone` are the codes before duplicates were looked for.
    """

    codes: Codes
    best: Ids
    alone: Codes


class Judge:
    """Decides on the pairs of one task."""

    def __init__(self, rows: TaskRows, gates: Bounds):
        self.rows, self._gates = rows, gates
        self._said: OrderedDict[tuple[CriticName, Bound], Codes] = OrderedDict()

    def decide(self, bounds: TaskFilter) -> Fates:
        """What becomes of the pairs under these bounds; unknown is what lies outside the gates."""
        inside = bounds.model_copy(update=within_gates(bounds, self._gates))
        alone = self._verdict(inside)
        codes, best = alone.copy(), np.arange(len(alone))
        if bounds.duplicates is not None:
            best = self._best(inside, alone)
            codes[(alone == _KEPT) & (best != np.arange(len(alone)))] = _DUPLICATE
        # where only a gate rejects and the wanted bounds would not, nobody knows
        nobody_knows = np.isin(self._verdict(bounds), (_KEPT, _UNKNOWN)) & (alone > _UNKNOWN)
        for found in (codes, alone):
            found[nobody_knows] = _UNKNOWN
        return Fates(codes, best, alone)

    def _verdict(self, bounds: Bounds) -> Codes:
        """As `verdict.verdict`, in codes."""
        codes = np.full(len(self.rows.row), _KEPT, np.int8)
        missing = np.zeros(len(codes), bool)
        for critic, bound in bounds.given():
            said = self._says(critic, bound)
            codes[(codes == _KEPT) & (said == _OUTSIDE)] = VERDICTS.index(critic)
            missing |= said == _MISSING
        codes[(codes == _KEPT) & missing] = _UNKNOWN
        return codes

    def _says(self, critic: CriticName, bound: Bound) -> Codes:
        key = (critic, bound)
        if (known := self._said.get(key)) is not None:
            return known
        alone = Bounds().model_copy(update={critic: bound})
        far = shortfall(critic, self.rows.task, alone, self.rows.scores)
        said = np.where(np.isnan(far), _MISSING, np.where(far > 0, _OUTSIDE, _WITHIN)).astype(np.int8)
        self._said[key] = said
        if len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)
        return said

    def _best(self, bounds: TaskFilter, alone: Codes) -> Ids:
        """For each pair the index of the pair that it loses to, its own if it stays; rules of `filter`."""
        same, scores = self.rows.same, self.rows.scores
        strong = same.strength >= np.float32(bounds.duplicates)
        edges = (same.a[strong], same.b[strong])
        best = np.arange(len(alone))
        if bounds.duplicate_rule == "paper":
            strength = scores["entailment_forward"] + np.nan_to_num(scores["entailment_backward"])
            return self._settle(best, np.flatnonzero(alone == _KEPT), strength, edges, sides=(0, 1))
        earlier = self._verdict(bounds.model_copy(update={"numbers": None, "rouge_l": None}))
        strength = -scores["entailment_backward"]
        rivals = np.flatnonzero(earlier == _KEPT)
        best = self._settle(best, rivals, strength, edges, sides=(0,))
        left = np.unique(best[rivals])
        by_target = self._settle(np.arange(len(alone)), left, strength, edges, sides=(1,))
        return by_target[best]

    def _settle(
        self,
        best: Ids,
        members: Ids,
        strength: NDArray[np.float32],
        edges: tuple[Ids, Ids],
        sides: Sequence[int],
    ) -> Ids:
        """Point each member at the strongest of its component; of equals at the first."""
        if not len(members):
            return best
        component = self._components(members, edges, sides)
        force = strength[members]
        _, first = np.unique(component, return_index=True)
        # a NaN beats nothing, but nothing beats one that comes first
        force = np.where(np.isnan(force), -np.inf, force)
        force[first[np.isnan(strength[members[first]])]] = np.inf
        order = np.lexsort((members, -force, component))
        starts = np.flatnonzero(np.diff(component[order], prepend=-1))
        winner = members[order[starts]]
        best = best.copy()
        best[members[order]] = np.repeat(winner, np.diff(starts, append=len(order)))
        return best

    def _components(self, members: Ids, edges: tuple[Ids, Ids], sides: Sequence[int]) -> Ids:
        """A number for each member, equal for those that hang together."""
        sentences = np.stack((self.rows.source[members], self.rows.target[members]))[list(sides)]
        count = int(max(sentences.max(), *(column.max(initial=0) for column in edges))) + 1
        nodes = (
            sentences + np.arange(len(sides))[:, None] * count
        )  # a sentence is another one on another side
        links = [(nodes[0], nodes[-1])]
        for side in range(len(sides)):
            present = np.zeros(count, bool)
            present[sentences[side]] = True
            both = present[edges[0]] & present[edges[1]]
            links.append((edges[0][both] + side * count, edges[1][both] + side * count))
        a, b = (np.concatenate(ends) for ends in zip(*links, strict=True))
        used = np.zeros(count * len(sides), bool)  # number what an edge touches from 0 on
        used[a] = used[b] = True
        compact = np.cumsum(used) - 1
        a, b = compact[a], compact[b]
        return roots(int(compact[-1]) + 1, a, b)[a[: len(members)]]


def roots(n: int, a: Ids, b: Ids) -> Ids:
    """Connected components of `n` nodes and edges `a`–`b`: for each node the smallest one that it hangs with.

    Every root takes the smallest root that an edge leads to, then paths are halved, until nothing changes.
    """
    root = np.arange(n)
    while True:
        low = np.minimum(root[a], root[b])
        new = root.copy()
        np.minimum.at(new, root[a], low)
        np.minimum.at(new, root[b], low)
        while not np.array_equal(new, shorter := new[new]):
            new = shorter
        if np.array_equal(new, root):
            return root
        root = new
