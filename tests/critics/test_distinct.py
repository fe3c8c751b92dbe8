import pytest
from hypothesis import given
from hypothesis import strategies as st

from impossible.critics.distinct import distinct
from impossible.errors import DataError


@given(st.lists(st.tuples(st.text(max_size=2), st.text(max_size=2))))
def test_the_indices_give_the_pairs_back(pairs: list[tuple[str, str]]) -> None:
    sources, targets = [a for a, _ in pairs], [b for _, b in pairs]
    sentences, s, t = distinct(sources, targets)
    assert len(set(sentences)) == len(sentences)
    assert [sentences[i] for i in s] == sources
    assert [sentences[i] for i in t] == targets


def test_unequal_lists_are_refused() -> None:
    with pytest.raises(DataError, match="2 sources but 1 targets"):
        distinct(["a", "b"], ["a"])
