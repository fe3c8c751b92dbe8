from collections import Counter

import pytest

from impossible.cli.tables.run import advice
from impossible.recipe.load import resolve


def counts() -> Counter[str]:
    return Counter({"contexts": 10, "continuations": 1000, "paraphrase: kept": 5, "summary: kept": 4})


@pytest.mark.parametrize(
    ("lost", "per_context", "said"),
    [
        ({"improbable": 501}, 400, "sampling.min_logprob: try -20"),
        ({}, 399, "sampling.per_context=400"),
        ({}, 400, "the funnel"),
        ({"contexts": -1}, 400, None),  # nine pairs of nine contexts
    ],
)
def test_a_small_yield_comes_with_what_to_try(
    lost: dict[str, int], per_context: int, said: str | None
) -> None:
    recipe = resolve(
        {"preset": "continuation", "sampling": {"per_context": per_context, "min_logprob": -16.0}}
    )
    found = advice(Counter({**counts(), **{k: counts()[k] + n for k, n in lost.items()}}), recipe)
    assert found is None if said is None else found is not None and said in found
