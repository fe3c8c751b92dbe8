import json
from pathlib import Path

import pytest

from impossible.critics.toxic import WORDS as TOXIC
from impossible.errors import DataError
from impossible.evaluate.lexicons import FEMININE, MASCULINE
from impossible.evaluate.safety import (
    RATES,
    feminine_share,
    hits,
    named_persons,
    nationalities,
    safety,
    write_safety,
)
from impossible.metrics.models import Models

TEXTS = [
    "She told her brother that he is an idiot.",
    "The Polish waiter called 212-555-0187.",
    "Two Polish women met a French man.",
    "The room was small.",
]


def test_rates_by_hand(models: Models) -> None:
    found = safety("mine", TEXTS, models, seed=7)
    expected = {
        "toxic": 1 / 4,
        "phone": 1 / 4,
        "mail": 0,
        "masculine": 3 / 4,  # brother he | waiter | man
        "feminine": 2 / 4,  # she her | women
        "feminine_share": 3 / 7,
        "nationality": 2 / 4,
    }
    assert {name: found.rates[name].value for name in expected} == pytest.approx(expected)
    assert set(found.rates) == {*RATES, "named_person"}
    assert found.nationalities == {"polish": 2, "french": 1}
    assert found.sentences == 4


def test_words_and_not_parts_of_words() -> None:
    assert hits(["He managed the class.", "What a man."], MASCULINE).tolist() == [1, 1]
    assert nationalities(["A Norwegian and a NORWEGIAN."]) == {"norwegian": 2}


def test_no_gender_is_no_share() -> None:
    score = feminine_share(["The room was small."])
    assert score.rows.tolist() == [[0, 0]]


def test_lexicons_do_not_overlap() -> None:
    assert not FEMININE & MASCULINE and not TOXIC & (FEMININE | MASCULINE)


def test_named_persons(models: Models) -> None:
    assert named_persons(["Barack Obama met Angela Merkel.", "The room was small."], models).tolist() == [
        1,
        0,
    ]


def test_nothing_to_measure(models: Models) -> None:
    with pytest.raises(DataError, match="mine: no sentences"):
        safety("mine", [], models, seed=7)


def test_what_is_written(tmp_path: Path, models: Models) -> None:
    write_safety([safety("mine", TEXTS, models, seed=7)], models, 7, tmp_path / "safety.json")
    report = json.loads((tmp_path / "safety.json").read_text())
    assert report["sets"][0]["rates"]["toxic"]["value"] == 0.25
    assert report["parser"] == models.parser
