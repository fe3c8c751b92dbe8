from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impossible.data.template_cap import SMALLEST, Templates, largest


def pairs(*sides: tuple[str, str]) -> pa.Table:
    return pa.table({"source": [s for s, _ in sides], "target": [t for _, t in sides]})


@pytest.mark.parametrize(
    ("counts", "share", "limit"),
    [
        ([], 0.02, SMALLEST),
        ([50], 0.02, SMALLEST),  # the only template: the share cannot hold
        ([1] * 99, 0.02, SMALLEST),
        ([100, *[1] * 95], 0.05, 5),  # 5 of 100
        ([100, *[1] * 94], 0.05, 4),  # 4 of 98; 5 of 99 would be too many
        ([100, 100, *[1] * 90], 0.05, 5),  # 5 of 100: the others are capped too
        ([10, *[1] * 90], 0.5, 10),
        ([30, 20], 1.0, 30),
    ],
)
def test_the_largest_limit_that_is_at_most_the_share_of_what_it_keeps(
    counts: list[int], share: float, limit: int
) -> None:
    assert largest(counts, share) == limit


@given(st.lists(st.integers(1, 40), max_size=60), st.sampled_from([0.0, 0.01, 0.02, 0.1, 0.3, 1.0]))
def test_no_larger_limit_keeps_the_promise(counts: list[int], share: float) -> None:
    found = largest(counts, share)
    right = [c for c in range(1, 42) if c <= share * sum(min(n, c) for n in counts)]
    assert found == max([SMALLEST, *(c for c in right if c <= max(counts, default=0))])


def test_the_first_pairs_of_each_template_stay_in_order() -> None:
    talk = [(f"I'm not sure how to fix the {x}.", "I do not know.") for x in "abcd"]
    news = [(f"Police arrested {x} men in Leeds.", f"Leeds police arrested {x} men.") for x in "abcd"]
    mixed = [pair for two in zip(talk, news, strict=True) for pair in two]
    templates = Templates()
    templates.add(pairs(*mixed))
    cap = templates.cap(0.02)
    assert (cap.limit, cap.kept, cap.left_out) == (2, 6, 2)
    first = Templates()
    parts = [first.first(pairs(*mixed[:3]), cap.limit), first.first(pairs(*mixed[3:]), cap.limit)]
    found = [(row["source"], row["target"]) for part in parts for row in part.to_pylist()]
    assert found == [pair for pair in mixed if pair not in talk[2:]]
    assert Counter(found).most_common(1)[0][1] == 1
