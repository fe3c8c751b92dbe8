"""Syntactic distance: edits between dependency trees, raw and relative to the trees' size."""

from collections.abc import Sequence

import numpy as np

from ..critics.distinct import distinct
from ..critics.parser import ParsedSentences
from ..critics.tree_distance import Tree, dependency_brackets, distance, parse_tree
from .statistics import Float64s


class Syntax:
    """Tree edit distance (Zhang and Shasha 1989) between spaCy's dependency trees, labels only."""

    def __init__(self, parsed: ParsedSentences):
        self._brackets = dependency_brackets(parsed)
        self._edits: dict[tuple[Tree, Tree], int] = {}

    def edits(self, a: Sequence[str], b: Sequence[str], layers: int | None = None) -> Float64s:
        """Edits, and the total nodes of both trees, (n, 2); `layers` compares the top layers only.

        The raw distance grows with length; edits / nodes is from 0 (same tree) to 1 (one tree is empty).
        """
        texts, left, right = distinct(a, b)
        trees = [parse_tree(text, layers) for text in self._brackets(texts)]
        pairs = [(trees[i], trees[j]) for i, j in zip(left.tolist(), right.tolist(), strict=True)]
        rows = [(self._distance(x, y), len(x.labels) + len(y.labels)) for x, y in pairs]
        return np.array(rows, np.float64).reshape(-1, 2)

    def _distance(self, a: Tree, b: Tree) -> int:
        if (a, b) not in self._edits:
            self._edits[a, b] = self._edits[b, a] = 0 if a == b else distance(a, b)
        return self._edits[a, b]
