"""Entailment graph → the best pair of each set of duplicates within a group (paper, section 3.2).

Nodes are sentences, edges mutual entailment. Two pairs are connected on a side (source or target) if their
sentences on that side are the same node or share an edge.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Edges = tuple[Ids, Ids]


@dataclass(frozen=True, slots=True)
class Graph:
    """The sentences of pairs as node numbers; a number is one sentence of one context.

    `source` and `target`, (pairs,), are the sentences of each pair. `a` and `b`, (edges,), are sentences that
    were compared: `strength` is the lower p(entailment) of both directions, `overlap` their ROUGE-L; NaN if
    unknown.
    """

    source: Ids
    target: Ids
    a: Ids
    b: Ids
    strength: NDArray[np.float32]
    overlap: NDArray[np.float32]

    def edges(self, bound: float) -> Edges:
        """The edges with a p(entailment) of at least `bound`."""
        strong = self.strength >= np.float32(bound)
        return self.a[strong], self.b[strong]

    def alike(self, bound: float) -> Edges:
        """The edges between sentences of nearly the same wording, with a ROUGE-L of at least `bound`."""
        near = self.overlap >= np.float32(bound)
        return self.a[near], self.b[near]

    def of(self, some: Ids) -> "Graph":
        """The graph with a subset of the pairs and all edges."""
        return replace(self, source=self.source[some], target=self.target[some])


def winners(pairs: Ids, strength: NDArray[np.float32], edges: Edges, sides: Sequence[int] = (0, 1)) -> Ids:
    """For each pair the index of the strongest pair in its component (its own if it wins), (n,).

    `pairs` are the nodes of source and target, (2, n); `strength` is (n,). Two pairs are connected if they
    have the same or equivalent sentences on one of the `sides` (0 source, 1 target). Of equal strength the
    earlier pair wins.
    """
    n = pairs.shape[1]
    if not n:
        return np.arange(0)
    component = _components(pairs[list(sides)], edges)
    _, first = np.unique(component, return_index=True)
    # a NaN loses to every number, except in the first pair of a component, which then wins
    adjusted = np.where(np.isnan(strength), -np.inf, strength)
    adjusted[first[np.isnan(strength[first])]] = np.inf
    order = np.lexsort((np.arange(n), -adjusted, component))
    starts = np.flatnonzero(np.diff(component[order], prepend=-1))
    best = np.empty(n, np.int64)
    best[order] = np.repeat(order[starts], np.diff(starts, append=n))
    return best


def winners_in_turn(pairs: Ids, strength: NDArray[np.float32], edges: Edges) -> Ids:
    """As `winners`, first among pairs with equivalent sources, then with equivalent targets."""
    by_source = winners(pairs, strength, edges, sides=(0,))
    left = np.unique(by_source)
    final = np.arange(len(by_source))
    final[left] = left[winners(pairs[:, left], strength[left], edges, sides=(1,))]
    return final[by_source]


def several_winners(pairs: Ids, strength: NDArray[np.float32], edges: Edges, alike: Edges, limit: int) -> Ids:
    """As `winners`, but of each component up to `limit` pairs win, the strongest first, no two alike.

    Two pairs are alike if each sentence of one has nearly the wording of a sentence of the other. A pair
    loses to the first winner that it is like, else to the strongest.
    """
    n = pairs.shape[1]
    if not n:
        return np.arange(0)
    near = {*zip(*(ends.tolist() for ends in alike), strict=True)}
    component = _components(pairs, edges)
    best, chosen = np.arange(n), dict[int, list[int]]()
    for i in np.lexsort((best, -np.nan_to_num(strength, nan=-np.inf), component)).tolist():
        stronger = chosen.setdefault(int(component[i]), [])
        like = (k for k in stronger if _pairs_alike(pairs[:, i].tolist(), pairs[:, k].tolist(), near))
        winner = next(like, stronger[0] if len(stronger) == limit else i)
        best[i] = winner
        if winner == i:
            stronger.append(i)
    return best


def _pairs_alike(one: Sequence[int], other: Sequence[int], near: set[tuple[int, int]]) -> bool:
    def alike(a: int, b: int) -> bool:
        return a == b or (a, b) in near or (b, a) in near

    (a, b), (c, d) = one, other
    return (alike(a, c) and alike(b, d)) or (alike(a, d) and alike(b, c))


def _components(sentences: Ids, edges: Edges) -> Ids:
    """The component of each pair, (n,); `sentences` is (sides, n)."""
    sides = len(sentences)
    count = int(max(sentences.max(), *(ends.max(initial=0) for ends in edges))) + 1
    nodes = (
        sentences + np.arange(sides)[:, None] * count
    )  # the same sentence is a different node on each side
    links = [(nodes[0], nodes[-1])]
    for side in range(sides):
        present = np.zeros(count, bool)
        present[sentences[side]] = True
        both = present[edges[0]] & present[edges[1]]
        links.append((edges[0][both] + side * count, edges[1][both] + side * count))
    a, b = (np.concatenate(ends) for ends in zip(*links, strict=True))
    used = np.zeros(count * sides, bool)  # renumber the connected nodes from 0
    used[a] = used[b] = True
    compact = np.cumsum(used) - 1
    a, b = compact[a], compact[b]
    return components(int(compact[-1]) + 1, a, b)[a[: sentences.shape[1]]]


def components(n: int, a: Ids, b: Ids) -> Ids:
    """Connected components of `n` nodes and edges `a`–`b`: for each node the smallest node of its component.

    Hooks each root to the smallest root across an edge, then shortens paths, until nothing changes.
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
