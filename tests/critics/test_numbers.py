import pytest
from hypothesis import given
from hypothesis import strategies as st

from impossible.critics.numbers import Numbers
from impossible.text.numbers import numbers

SENTENCES = st.lists(
    st.sampled_from(["25", "twenty-five", "2.5%", "third", "May 3", "people", ","]), max_size=5
).map(" ".join)


@pytest.mark.parametrize(
    ("source", "target", "share"),
    [
        ("It rose 25 points.", "It rose twenty-five points.", 1),
        ("It rose 2.5%.", "It rose 2%.", 0),
        ("It rose 2.5%.", "It rose 2.5 per cent in May.", 0.5),
        ("It rose on May 3, 2020.", "It rose in May.", 1),
        ("5 and 6.", "5 and 5.", 0.5),
        ("He came 3rd.", "He took 3.", 0),
        ("Nothing.", "Nothing at all.", 1),
        ("", "Five.", 0),
    ],
)
def test_share_of_the_targets_numbers(source: str, target: str, share: float) -> None:
    assert Numbers().score([source], [target]).tolist() == [share]


@given(SENTENCES, SENTENCES)
def test_full_shares_both_ways_are_equal_numbers(a: str, b: str) -> None:
    forward, backward, same = Numbers().score([a, b, a], [b, a, a])
    assert same == 1
    assert (forward == backward == 1) == (numbers(a) == numbers(b))
