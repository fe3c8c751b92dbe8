import networkx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from impossible.filtering.duplicates import Edges, components, winners, winners_in_turn

GRAPHS = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        st.just(n), st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=20)
    )
)


@given(GRAPHS)
def test_components_are_those_of_networkx(graph: tuple[int, set[tuple[int, int]]]) -> None:
    n, edges = graph
    reference = networkx.Graph(edges)
    reference.add_nodes_from(range(n))
    expected = {node: min(part) for part in networkx.connected_components(reference) for node in part}
    ends = np.array(sorted(edges), np.int64).reshape(-1, 2)
    assert components(n, ends[:, 0], ends[:, 1]).tolist() == [expected[i] for i in range(n)]


def numbered(pairs: list[tuple[str, str]]) -> np.ndarray:
    """Sources and targets, of one letter each, as numbers."""
    return np.array([[ord(text) for text in side] for side in zip(*pairs, strict=True)]).reshape(2, -1)


def edges(same: list[tuple[str, str]]) -> Edges:
    a, b = numbered(same).astype(np.int64)
    return a, b


def by_hand(
    pairs: list[tuple[str, str]], strength: np.ndarray, same: list[tuple[str, str]], sides: tuple[int, ...]
) -> list[int]:
    """The rule as it reads: pair against pair."""
    equal = {frozenset(ends) for ends in same}
    graph = networkx.empty_graph(len(pairs))
    graph.add_edges_from(
        (i, j)
        for i, one in enumerate(pairs)
        for j, other in enumerate(pairs[:i])
        if any(one[k] == other[k] or frozenset((one[k], other[k])) in equal for k in sides)
    )
    best = list(range(len(pairs)))
    for part in networkx.connected_components(graph):
        first, *others = sorted(part)
        for i in others:  # of equals the first stays; a NaN beats nothing, and nothing beats a NaN
            first = i if strength[i] > strength[first] else first
        for i in part:
            best[i] = first
    return best


LETTERS = st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef"))
STRENGTHS = st.sampled_from([0.0, 0.5, 1.0, 1.5, float("nan")])  # often equal


@given(
    st.lists(st.tuples(LETTERS, STRENGTHS), max_size=12),
    st.lists(LETTERS, max_size=5),
    st.sampled_from([(0,), (1,), (0, 1)]),
)
def test_winners_are_those_of_the_rule_pair_against_pair(
    rows: list[tuple[tuple[str, str], float]], same: list[tuple[str, str]], sides: tuple[int, ...]
) -> None:
    pairs, strength = [pair for pair, _ in rows], np.array([force for _, force in rows], np.float32)
    found = winners(numbered(pairs), strength, edges(same), sides).tolist()
    assert found == by_hand(pairs, strength, same, sides)


def test_of_a_component_the_strongest_pair_stays() -> None:
    pairs = [("a", "b"), ("a", "c"), ("d", "e"), ("f", "g")]
    strength = np.array([1.6, 1.9, 1.7, 1.5], dtype=np.float32)
    # a-b and a-c share a source; d-e hangs with f-g because e and g say the same
    assert winners(numbered(pairs), strength, edges([("g", "e")])).tolist() == [1, 1, 2, 2]


def test_a_tie_goes_to_the_earlier_pair() -> None:
    strength = np.array([1.5, 1.5], dtype=np.float32)
    assert winners(numbered([("a", "b"), ("a", "c")]), strength, edges([])).tolist() == [0, 0]


def test_a_source_that_says_what_a_target_says_is_no_edge() -> None:
    strength = np.array([1.5, 1.6], dtype=np.float32)
    assert winners(numbered([("a", "b"), ("b", "c")]), strength, edges([])).tolist() == [0, 1]


@given(st.integers(0, 8), st.data())
def test_a_winner_stays_itself(n: int, data: st.DataObject) -> None:
    sentence = st.sampled_from("abcdef")
    pairs = data.draw(st.lists(st.tuples(sentence, sentence), min_size=n, max_size=n))
    strength = np.array(data.draw(st.lists(st.floats(0, 2), min_size=n, max_size=n)), dtype=np.float32)
    same = data.draw(st.lists(st.tuples(sentence, sentence), max_size=5))
    best = winners(numbered(pairs), strength, edges(same)).tolist()
    assert all(best[b] == b for b in best)
    assert all(strength[b] >= strength[i] for i, b in enumerate(best))


def test_in_turn_a_pair_that_lost_by_its_source_beats_nobody() -> None:
    pairs = [("a", "x"), ("a", "y"), ("b", "y")]
    strength = np.array([1.9, 1.8, 1.7], dtype=np.float32)
    assert winners(numbered(pairs), strength, edges([])).tolist() == [0, 0, 0]
    assert winners_in_turn(numbered(pairs), strength, edges([])).tolist() == [0, 0, 2]


def test_in_turn_the_last_winner_is_named() -> None:
    pairs = [("a", "x"), ("a", "y"), ("b", "y")]
    strength = np.array([1.7, 1.8, 1.9], dtype=np.float32)
    assert winners_in_turn(numbered(pairs), strength, edges([])).tolist() == [2, 2, 2]
