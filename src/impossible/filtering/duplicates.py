"""Entailment graph → what stays: of a group's pairs that say the same, the best (paper, section 3.2).

The graph is one of sentences: two pairs hang together on a side if their sentences there are one node, or two
nodes with an edge.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Edges = tuple[Ids, Ids]


@dataclass(frozen=True, slots=True)
class Graph:
    """The sentences of the pairs, numbered: equal numbers are equal sentences of one context.

    `source` and `target`, (pairs,), are the ends of each pair; sentences `a` and `b`, (edges,), entail each
    other, with `strength` as the lower p(entailment).
    """

    source: Ids
    target: Ids
    a: Ids
    b: Ids
    strength: NDArray[np.float32]

    def edges(self, threshold: float) -> Edges:
        """Sentences that say the same from this p(entailment) on."""
        strong = self.strength >= np.float32(threshold)
        return self.a[strong], self.b[strong]

    def of(self, some: Ids) -> "Graph":
        """The graph with some of the pairs, and all edges."""
        return Graph(self.source[some], self.target[some], self.a, self.b, self.strength)


def winners(pairs: Ids, strength: NDArray[np.float32], edges: Edges, sides: Sequence[int] = (0, 1)) -> Ids:
    """For each pair the index of the pair that it loses to (its own if it stays), (n,).

    `pairs` are numbers of source and target, (2, n), `strength` (n,) is what the best of a component has most
    of. Two pairs hang together if on one of the `sides` (0 source, 1 target) they have the same sentence, in
    words or in meaning. Ties go to the earlier pair.
    """
    n = pairs.shape[1]
    if not n:
        return np.arange(0)
    component = _components(pairs[list(sides)], edges)
    _, first = np.unique(component, return_index=True)
    # a NaN beats nothing, but nothing beats one that comes first
    force = np.where(np.isnan(strength), -np.inf, strength)
    force[first[np.isnan(strength[first])]] = np.inf
    order = np.lexsort((np.arange(n), -force, component))
    starts = np.flatnonzero(np.diff(component[order], prepend=-1))
    best = np.empty(n, np.int64)
    best[order] = np.repeat(order[starts], np.diff(starts, append=n))
    return best


def winners_in_turn(pairs: Ids, strength: NDArray[np.float32], edges: Edges) -> Ids:
    """As `winners`, but first among pairs of like sources, then, of what is left, among like targets."""
    by_source = winners(pairs, strength, edges, sides=(0,))
    left = np.unique(by_source)
    final = np.arange(len(by_source))
    final[left] = left[winners(pairs[:, left], strength[left], edges, sides=(1,))]
    return final[by_source]


def _components(sentences: Ids, edges: Edges) -> Ids:
    """A number for each pair, equal for those that hang together; `sentences` are (sides, n)."""
    sides = len(sentences)
    count = int(max(sentences.max(), *(ends.max(initial=0) for ends in edges))) + 1
    nodes = sentences + np.arange(sides)[:, None] * count  # a sentence is another one on another side
    links = [(nodes[0], nodes[-1])]
    for side in range(sides):
        present = np.zeros(count, bool)
        present[sentences[side]] = True
        both = present[edges[0]] & present[edges[1]]
        links.append((edges[0][both] + side * count, edges[1][both] + side * count))
    a, b = (np.concatenate(ends) for ends in zip(*links, strict=True))
    used = np.zeros(count * sides, bool)  # number what an edge touches from 0 on
    used[a] = used[b] = True
    compact = np.cumsum(used) - 1
    a, b = compact[a], compact[b]
    return components(int(compact[-1]) + 1, a, b)[a[: sentences.shape[1]]]


def components(n: int, a: Ids, b: Ids) -> Ids:
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
