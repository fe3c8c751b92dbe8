from pathlib import Path

import pytest
from datasets import load_dataset

from impossible.data.run_folder import RunFolder
from impossible.errors import DataError
from impossible.publish.preferences import preferences, write_preferences
from tests.planted import ROWS, plant, recipe, row

# one sentence with two kept rewritings of different quality, and three rejected ones
ONE = [
    row("One.", "a b c", "d e f", 0.2, 0.9, 0.95),
    row("Two.", "a b c", "a b d", 0.1, 0.6, 0.9),
    row("Two.", "a b c", "a x d", 0.2, 0.55, 0.9),
    row("Two.", "a b c", "kept", 0.3, 0.8, 0.95),
]


def test_datasets_and_trl_read_what_the_ledger_says(tmp_path: Path) -> None:
    run, out = plant(tmp_path / "run", ONE, recipe()), tmp_path / "preferences"
    assert write_preferences(run, out) == {"train": 1}
    loaded = load_dataset(str(out), cache_dir=str(tmp_path / "cache"))["train"]
    [one] = loaded.to_list()
    assert one["prompt"] == [{"role": "user", "content": "paraphrase: a b c"}]
    assert one["chosen"] == [{"role": "assistant", "content": "kept"}]
    assert one["rejected"][0]["content"] in ("a b d", "a x d")
    assert one["rejected_by"] == "entailment" and one["margin"] > 0
    assert 0 < one["score_chosen"] <= 1 and one["score_rejected"] == 0
    assert one["scores_chosen"]["entailment_forward"] == pytest.approx(0.8)
    assert one["scores_rejected"]["entailment_backward"] == pytest.approx(0.9)
    card = (out / "README.md").read_text()
    assert card.startswith("---\n") and "| kept |" in card and "- split: train" in card


def test_either_side_of_a_paraphrase_is_a_rewriting_and_duplicates_are_neither(planted: Path) -> None:
    found = list(preferences(RunFolder(planted).rows("filter"), 5))
    said = [
        (p["prompt"][0]["content"], p["chosen"][0]["content"], p["rejected"][0]["content"]) for p in found
    ]
    assert said == []  # in `planted` no sentence has both
    rows = [*ROWS, row("Four.", "u v", "u w", 0.2, 0.9, 0.8), row("Four.", "x w", "u w", 0.2, 0.9, 0.6)]
    run = plant(planted.parent / "other", rows, recipe())
    [one] = preferences(RunFolder(run).rows("filter"), 5)
    assert (one["prompt"][0]["content"], one["chosen"][0]["content"]) == ("paraphrase: u w", "u v")
    assert one["rejected"][0]["content"] == "x w"
    assert one["scores_rejected"]["entailment_forward"] == pytest.approx(0.6)  # turned round


def test_nothing_to_prefer_and_a_taken_folder_are_one_clear_line(planted: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="both a kept and a rejected"):
        write_preferences(planted, tmp_path / "new")
    with pytest.raises(DataError, match="not empty"):
        write_preferences(planted, planted)
    assert not (tmp_path / "new").exists()
