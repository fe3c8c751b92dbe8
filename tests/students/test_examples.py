from collections import Counter

import pyarrow as pa
import pytest

from impossible.errors import DataError
from impossible.recipe.base import TASKS
from impossible.recipe.distil import Distil
from impossible.students.controls import Controls
from impossible.students.examples import make_examples, split_examples, tagged
from tests.students import models


def table(*rows: dict[str, str]) -> pa.Table:
    return pa.Table.from_pylist(list(rows))


def test_paraphrases_are_learned_both_ways_and_summaries_one_way() -> None:
    found = make_examples(models.pairs(8), TASKS)
    assert Counter(e.task for e in found) == {"paraphrase": 16, "summary": 8}
    both = {(e.source, e.target) for e in found if e.task == "paraphrase"}
    assert both == {(t, s) for s, t in both}
    assert all(len(e.source) > len(e.target) for e in found if e.task == "summary")


def test_tags_say_what_the_pair_is() -> None:
    settings = Distil(control_dropout=0.0)
    row = {
        "task": "paraphrase",
        "source": "The club cancelled it.",
        "target": "It was cancelled by the club.",
    }
    forth, back = tagged(make_examples(table(row), TASKS), settings, 7)
    assert forth.controls == Controls("longer", "middle", "nsubjpass auxpass root agent")
    assert back.controls == Controls("shorter", "middle", "nsubj root dobj")


def test_only_the_tasks_that_are_wanted() -> None:
    found = make_examples(models.pairs(4), ("summary",))
    assert {e.task for e in found} == {"summary"}
    plain = Distil(controls=())
    assert tagged(found, plain, 7) == found and all(e.controls == Controls() for e in found)


def test_no_context_and_no_sentence_is_on_both_sides() -> None:
    examples = make_examples(models.pairs(32), TASKS)
    train, held_out = split_examples(examples, 0.3)
    assert held_out and len(train) > len(held_out)
    assert not {e.context_id for e in train} & {e.context_id for e in held_out}
    texts = [{t for e in side for t in (e.source, e.target)} for side in (train, held_out)]
    assert not texts[0] & texts[1]


def test_more_data_moves_no_context_to_the_other_side() -> None:
    few, many = (split_examples(make_examples(models.pairs(n), TASKS), 0.3) for n in (16, 32))
    before = {e.context_id for e in few[0]}
    assert not before & {e.context_id for e in many[1]}


def test_without_validation_nothing_is_held_out() -> None:
    examples = make_examples(models.pairs(8), TASKS)
    assert split_examples(examples, 0.0) == (examples, [])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (table({"task": "summary", "source": "a"}), "no column 'target'"),
        (table({"task": "translation", "source": "a", "target": "b"}), "it has 1 of translation"),
        (table({"task": "summary", "source": "a", "target": " "}), "row 0 .* empty"),
    ],
)
def test_unusable_data_is_named(rows: pa.Table, message: str) -> None:
    with pytest.raises(DataError, match=message):
        make_examples(rows, TASKS)
