from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language

from impossible.critics.parser import ParsedSentences
from impossible.critics.tree_distance import Tree, TreeDistance, dependency_brackets, distance, parse_tree
from impossible.errors import DataError

TREES = st.recursive(
    st.sampled_from(["(a)", "(b)"]),
    lambda inner: st.builds(
        lambda label, children: f"({label}{''.join(children)})",
        st.sampled_from("abc"),
        st.lists(inner, max_size=3),
    ),
    max_leaves=5,
).map(parse_tree)


def brute_force(a: Tree, b: Tree) -> int:
    """The definition: the last root of either forest is deleted, inserted, or matched with the other's."""

    @cache
    def forests(x: tuple[int, int], y: tuple[int, int]) -> int:
        # nodes first ≤ n < end in postorder
        (i, m), (j, n) = x, y
        if i == m or j == n:
            return m - i + n - j
        left_a, left_b = a.leftmost[m - 1], b.leftmost[n - 1]
        matched = forests((i, left_a), (j, left_b)) + forests((left_a, m - 1), (left_b, n - 1))
        return min(
            forests((i, m - 1), y) + 1,
            forests(x, (j, n - 1)) + 1,
            matched + (a.labels[m - 1] != b.labels[n - 1]),
        )

    return forests((0, len(a.labels)), (0, len(b.labels)))


@given(TREES, TREES)
def test_equals_the_definition(a: Tree, b: Tree) -> None:
    assert distance(a, b) == distance(b, a) == brute_force(a, b)


@given(TREES, TREES, TREES)
def test_is_a_metric(a: Tree, b: Tree, c: Tree) -> None:
    assert (distance(a, b) == 0) == (a == b)
    assert distance(a, c) <= distance(a, b) + distance(b, c)


def test_the_papers_example() -> None:
    # Zhang and Shasha 1989, figure 4
    assert distance(parse_tree("(f(d(a)(c(b)))(e))"), parse_tree("(f(c(d(a)(b)))(e))")) == 2


def test_words_are_dropped_and_layers_cut() -> None:
    text = "(S (NP (DT The) (NN cat)) (VP (VBZ sits)))"
    assert parse_tree(text) == Tree(("DT", "NN", "NP", "VBZ", "VP", "S"), (0, 1, 0, 3, 3, 0))
    assert parse_tree(text, layers=2) == Tree(("NP", "VP", "S"), (0, 1, 0))
    assert parse_tree(text, layers=0) == parse_tree("") == Tree((), ())
    assert parse_tree("( (S (NP x)))").labels == ("NP", "S", "")


@pytest.mark.parametrize("broken", ["(S", "(S))", "word", "(S) (S)", ")", "(S) word"])
def test_broken_brackets_are_refused(broken: str) -> None:
    with pytest.raises(DataError):
        parse_tree(broken)


def test_distance_to_the_empty_tree_is_the_number_of_nodes() -> None:
    assert distance(parse_tree(""), parse_tree("(a(b)(c))")) == 3


def test_trees_of_the_users_own_parser() -> None:
    trees = {"a": "(S (NP x) (VP y))", "b": "(S (VP y))", "": ""}

    def brackets(sentences: Sequence[str]) -> list[str]:
        return [trees[sentence] for sentence in sentences]

    scores = TreeDistance(brackets).score(["a", "b", "a", "a"], ["b", "a", "a", ""])
    assert scores.tolist() == [1, 1, 0, 3]
    assert TreeDistance(brackets, layers=1).score(["a"], ["b"]).tolist() == [0]
    with pytest.raises(DataError, match="0 trees for 1 sentences"):
        TreeDistance(lambda sentences: []).score(["a"], ["a"])


def test_dependency_trees(nlp: Language) -> None:
    brackets = dependency_brackets(nlp)
    assert brackets(["The cat  sat.", "Go. Stop.", "", " "]) == [
        "(ROOT(nsubj(det))(punct))",
        "(TEXT(ROOT(punct))(ROOT(punct)))",
        "",
        "",
    ]


def test_a_very_long_enumeration(nlp: Language) -> None:
    text = "He bought " + ", ".join(["apples and pears"] * 150) + "."
    tree = parse_tree(dependency_brackets(nlp)([text])[0])
    assert len(tree.labels) >= len(nlp(text))


def test_syntax_not_words_makes_the_distance(nlp: Language) -> None:
    sentences = ["The cat chased the dog.", "The man bought the car.", "The dog was chased by the cat."]
    parsed = ParsedSentences(nlp)
    forward = TreeDistance(parsed).score([sentences[0]] * 3, sentences)
    backward = TreeDistance(parsed).score(sentences, [sentences[0]] * 3)
    assert forward[:2].tolist() == [0, 0]
    assert forward[2] > 2
    np.testing.assert_array_equal(forward, backward)
