import pyarrow as pa

from impossible.data.schema import PROMPTS, Demonstration
from impossible.generation.demonstrations import attach, choose, turn
from impossible.recipe.restatement import Restatement

SETTINGS = Restatement(demonstrations=2, pool=3, first=1)


def row(number: int, source: str, **changes: object) -> dict[str, object]:
    target = " ".join(source.split()[::-1])
    return {
        "context_id": f"context {number}",
        "task": "summary",
        "source": source,
        "target": target,
        "anchored": False,
        "rouge_l": 0.55,
        "correct": 0.9,
        **changes,
    }


BRIDGE = "The city council closed the old iron bridge over the Severn on Monday."
BRIDGES = "The city council has closed the old iron bridge over the river Severn since Monday."
STORM = "A violent storm damaged forty houses along the coast of Kent on Friday night."
DOCTOR = "Doctors in Norwich tested a cheap vaccine against malaria on three hundred children."


def chosen(*rows: dict[str, object]) -> list[str]:
    return [one.source for one in choose([pa.Table.from_pylist(list(rows))], SETTINGS)]


def test_anchored_pairs_and_sure_ones_come_first() -> None:
    rows = (
        row(1, BRIDGE, correct=0.8),
        row(2, STORM, correct=0.95),
        row(3, DOCTOR, correct=0.8, anchored=True),
    )
    assert chosen(*rows) == chosen(*rows[::-1]) == [DOCTOR, STORM, BRIDGE]


def test_no_two_demonstrations_are_alike_or_of_one_context_and_none_is_likely_wrong() -> None:
    assert chosen(row(1, BRIDGE), row(2, BRIDGES)) == [BRIDGE]
    assert chosen(row(1, BRIDGE), row(2, STORM, context_id="context 1", correct=0.8)) == [BRIDGE]
    assert chosen(row(1, BRIDGE, correct=0.3), row(2, "It is so very nice here today.")) == []


def test_a_pair_that_hardly_differs_or_hardly_overlaps_comes_last() -> None:
    assert chosen(row(1, BRIDGE, rouge_l=0.95), row(2, STORM), row(3, DOCTOR, rouge_l=0.05))[0] == STORM


def test_demonstrations_take_turns_by_the_place_in_the_run() -> None:
    pool = [Demonstration("summary", name, name) for name in "abc"]
    assert ["".join(one.source for one in turn(pool, block, 2)) for block in range(3)] == ["ab", "ca", "bc"]
    prompts = [
        {"domain": "d", "context": "c", "origin": "o", "grow": 0, "index": i, "demonstrations": []}
        for i in range(17)
    ]
    table = pa.Table.from_pylist(prompts, PROMPTS)
    whole = attach(table, pool, SETTINGS)
    assert attach(table.slice(5, 9), pool, SETTINGS) == whole.slice(5, 9)
    assert len({str(shown) for shown in whole["demonstrations"].to_pylist()}) == 3
