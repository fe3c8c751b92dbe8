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
    sides: Sequence[int] = (0, 1),
) -> list[int]:
    """For each pair of one group and task, the index of the pair that it loses to (its own if it stays).

    `pairs` are (source, target), `strength` (n,) is what the best of a component has most of, and `same`
    holds the sentence pairs that entail each other, in either order. Two pairs hang together if on one of
    the `sides` (0 source, 1 target) they have the same sentence, in words or in meaning. Ties go to the
    earlier pair.
    """
    equal = {frozenset(pair) for pair in same}

    def says_the_same(a: str, b: str) -> bool:
        return a == b or frozenset((a, b)) in equal

    edges = [
        (i, j)
        for i in range(len(pairs))
        for j in range(i + 1, len(pairs))
        if any(says_the_same(pairs[i][side], pairs[j][side]) for side in sides)
    ]
    component = components(len(pairs), edges)
    best: dict[int, int] = {}
    for i, c in enumerate(component):
        if c not in best or strength[i] > strength[best[c]]:
            best[c] = i
    return [best[c] for c in component]


def winners_in_turn(
    pairs: Sequence[tuple[str, str]], strength: NDArray[np.float32], same: Collection[tuple[str, str]]
) -> list[int]:
    """As `winners`, but first among pairs of like sources, then, of what is left, among like targets."""
    by_source = winners(pairs, strength, same, sides=(0,))
    left = sorted(set(by_source))
    by_target = winners([pairs[i] for i in left], strength[left], same, sides=(1,))
    final = {i: left[best] for i, best in zip(left, by_target, strict=True)}
    return [final[i] for i in by_source]
