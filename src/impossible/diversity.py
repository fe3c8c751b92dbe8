"""Entailment graph → what stays: of a group's pairs that say the same, the best (paper, section 3.2)."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray


def components(n: int, edges: Collection[tuple[int, int]]) -> list[int]:
    """Connected components by union-find with path halving: for each node the smallest node it hangs with."""
    parent = list(range(n))

    def root(x: int) -> int:
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for a, b in edges:
        a, b = sorted((root(a), root(b)))
        parent[b] = a
    return [root(x) for x in range(n)]


def winners(
    pairs: Sequence[tuple[str, str]],
    strength: NDArray[np.float32],
    same: Collection[tuple[str, str]],
) -> list[int]:
    """For each pair of one group and task, the index of the pair that it loses to (its own if it stays).

    `pairs` are (source, target), `strength` (n,) is p(source ⇒ target) + p(target ⇒ source), and `same`
    holds the sentence pairs that entail each other, in either order. Two pairs hang together if their
    sources are the same, in words or in meaning, or their targets are. Ties go to the earlier pair.
    """
    equal = {frozenset(pair) for pair in same}

    def says_the_same(a: str, b: str) -> bool:
        return a == b or frozenset((a, b)) in equal

    edges = [
        (i, j)
        for i in range(len(pairs))
        for j in range(i + 1, len(pairs))
        if says_the_same(pairs[i][0], pairs[j][0]) or says_the_same(pairs[i][1], pairs[j][1])
    ]
    component = components(len(pairs), edges)
    best: dict[int, int] = {}
    for i, c in enumerate(component):
        if c not in best or strength[i] > strength[best[c]]:
            best[c] = i
    return [best[c] for c in component]
