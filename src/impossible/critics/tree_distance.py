"""Tree distance: the number of edits between the syntax trees of source and target."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc, Token

from ..errors import DataError
from .distinct import distinct
from .parser import ParsedSentences, brackets_of, share

# Sentences → one Penn-bracketed tree per sentence, "(S (NP (DT The) (NN cat)) (VP (VBZ sits)))".
Brackets = Callable[[Sequence[str]], list[str]]
_BRACKET = re.compile(r"\(\s*[^\s()]*|\)|[^\s()]+")


@dataclass(frozen=True, slots=True)
class Tree:
    """An ordered labelled tree, its nodes in postorder (Zhang and Shasha 1989).

    `leftmost[i]` is the first leaf under node i.
    """

    labels: tuple[str, ...]
    leftmost: tuple[int, ...]

    @property
    def keyroots(self) -> list[int]:
        """The topmost node of each leftmost path, ascending (the keyroots of Zhang and Shasha)."""
        return sorted({leaf: node for node, leaf in enumerate(self.leftmost)}.values())


class TreeDistance:
    """Node edits (insert, delete, relabel: 1 each) between the trees of two sentences.

    `parser` is a spaCy pipeline, for dependency trees, or a function that returns Penn-bracketed trees.
    `layers` compares the top layers only: the paper reports 3 and all.
    """

    def __init__(self, parser: Language | ParsedSentences | Brackets, layers: int | None = None):
        spacy_parser = isinstance(parser, Language | ParsedSentences)
        self._brackets: Brackets = dependency_brackets(parser) if spacy_parser else parser
        self._layers = layers

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """Edits, (n,). Raises DataError if the lists differ in length or the parser gives broken trees."""
        sentences, s, t = distinct(sources, targets)
        texts = self._brackets(sentences)
        if len(texts) != len(sentences):
            raise DataError(f"the parser gave {len(texts)} trees for {len(sentences)} sentences")
        trees = [parse_tree(text, self._layers) for text in texts]
        edits: dict[tuple[Tree, Tree], int] = {}
        scores = np.empty(len(s), np.float32)
        for n, (i, j) in enumerate(zip(s.tolist(), t.tolist(), strict=True)):
            pair = trees[min(i, j)], trees[max(i, j)]
            if pair not in edits:
                edits[pair] = distance(*pair)
            scores[n] = edits[pair]
        return scores


def dependency_brackets(parser: Language | ParsedSentences) -> Brackets:
    """spaCy's dependency trees: one node per token, labelled with its relation, children in text order.

    A pipeline with a constituency parser (see `parser.load_parser`) gives constituency trees instead.
    """
    parsed = share(parser)
    constituents = brackets_of(parsed.nlp)
    if constituents is not None:
        return lambda sentences: [_joined(constituents(doc)) for doc in parsed(sentences)]
    return lambda sentences: [_bracket(doc) for doc in parsed(sentences)]


def parse_tree(bracketed: str, layers: int | None = None) -> Tree:
    """Parse a Penn bracketing into a tree of its labels, without words, cut below `layers`.

    An empty string is the empty tree. Raises DataError for unbalanced brackets or more than one tree.
    """
    labels: list[str] = []
    leftmost: list[int] = []
    open_nodes: list[tuple[str, int]] = []
    for token in _BRACKET.findall(bracketed):
        if token.startswith("("):
            if not open_nodes and labels:
                raise DataError(f"more than one tree: {bracketed!r}")
            open_nodes.append((token[1:].strip(), len(labels)))
        elif token == ")" and open_nodes:
            label, first = open_nodes.pop()
            if layers is None or len(open_nodes) < layers:
                labels.append(label)
                leftmost.append(first)
        elif not open_nodes:
            raise DataError(f"{token!r} outside of any bracket: {bracketed!r}")
    if open_nodes:
        raise DataError(f"{len(open_nodes)} brackets are never closed: {bracketed!r}")
    return Tree(tuple(labels), tuple(leftmost))


def distance(a: Tree, b: Tree) -> int:
    """The minimum number of node edits between two ordered trees (Zhang and Shasha 1989)."""
    if not a.labels or not b.labels:
        return len(a.labels) + len(b.labels)
    subtrees = [[0] * len(b.labels) for _ in a.labels]
    roots_b = b.keyroots
    for i in a.keyroots:
        for j in roots_b:
            _forests(a, b, i, j, subtrees)
    return subtrees[-1][-1]


def _forests(a: Tree, b: Tree, i: int, j: int, subtrees: list[list[int]]) -> None:
    """Fill in the distances of all subtrees on the leftmost paths of node i and node j.

    rows[x][y] is the distance between the first x nodes under i and the first y under j.
    """
    first_a, first_b = a.leftmost[i], b.leftmost[j]
    left_b, labels_b = b.leftmost[first_b : j + 1], b.labels[first_b : j + 1]
    rows = [list(range(j - first_b + 2))]
    for x in range(first_a, i + 1):
        above, row, known = rows[-1], [x - first_a + 1], subtrees[x]
        before, whole, label = rows[a.leftmost[x] - first_a], a.leftmost[x] == first_a, a.labels[x]
        for y, left in enumerate(left_b):
            edits = 1 + (above[y + 1] if above[y + 1] < row[y] else row[y])
            if whole and left == first_b:
                edits = min(edits, above[y] + (label != labels_b[y]))
                known[first_b + y] = edits
            else:
                edits = min(edits, before[left - first_b] + known[first_b + y])
            row.append(edits)
        rows.append(row)


def _bracket(doc: Doc) -> str:
    """A Doc as a bracketing; several sentences get a common root.

    Uses a stack, since a long enumeration nests deeper than Python's recursion limit.
    """
    roots = [token for token in doc if token.head.i == token.i and not token.is_space]
    parts: list[str] = []
    stack: list[Token | str] = list(reversed(roots))
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            parts.append(item)
        else:
            parts.append(f"({item.dep_}")
            stack.append(")")
            stack.extend(child for child in reversed(list(item.children)) if not child.is_space)
    return "".join(parts) if len(roots) < 2 else f"(TEXT{''.join(parts)})"


def _joined(trees: Sequence[str]) -> str:
    """Join the trees of a text's sentences under a common root."""
    return "".join(trees) if len(trees) < 2 else f"(TEXT{''.join(trees)})"
