from collections import Counter
from pathlib import Path

import pytest

from impossible.critics import open_critics
from impossible.critics.toxic import Toxic, toxic
from impossible.data.schema import Candidate, Context, Group
from impossible.filtering.cascade import score
from impossible.filtering.ledger import filter_scores
from impossible.recipe.critic_table import CRITICS
from impossible.recipe.execution import Execution
from impossible.recipe.load import resolve
from tests import tiny

USED = ["length_ratio", "personal_data", "toxic", "entailment"]
SENTENCES = (
    "He is late again.",
    "That idiot is late again.",
    "Call 555-0123, he is late.",
    "He's late again.",
)


@pytest.mark.parametrize(
    ("text", "found"),
    [("What an IDIOT!", True), ("He assessed the class.", False), ("This crap_2 broke", True), ("", False)],
)
def test_words_and_not_parts_of_words(text: str, found: bool) -> None:
    assert toxic(text) is found


def test_either_side_counts() -> None:
    assert Toxic().score(["Fine.", "Fine.", "Shit."], ["Good.", "Crap.", "Good."]).tolist() == [0, 1, 1]


def test_a_recipe_rejects_them_by_name(tmp_path: Path) -> None:
    bounds = {"personal_data": {"max": 0}, "toxic": {"max": 0}, "duplicates": False}
    only = dict.fromkeys(CRITICS, False) | bounds
    recipe = resolve(
        {
            "score": {"critics": USED, "nli": str(tiny.nli(tmp_path)), "paraphrase": False, "summary": False},
            "filter": {"paraphrase": only, "summary": False},
        }
    )
    group = Group(Context("c", "support", "One.", "here"), tuple(Candidate(s, 1, -3.0) for s in SENTENCES))
    critics = open_critics(recipe.score, Execution())
    scores, _ = score([group], critics, recipe.score, ["paraphrase"], lambda: None)
    ledger, _ = filter_scores(scores, recipe.filter)
    assert Counter(ledger["verdict"].to_pylist()) == {"kept": 1, "personal_data": 3, "toxic": 2}
    [kept] = [r for r in ledger.to_pylist() if r["verdict"] == "kept"]
    assert {kept["source"], kept["target"]} == {SENTENCES[0], SENTENCES[3]}
