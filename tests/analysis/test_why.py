import io
from pathlib import Path

import pytest
from rich.console import Console

from impossible.analysis import why
from impossible.analysis.whatif import what_if
from impossible.cli.tables.pair import change_table, example_lines, story
from impossible.data.run_folder import RunFolder
from impossible.errors import DataError, StoreError
from tests.planted import GATES, plant, recipe, row, write

ROWS = [
    row("One.", "Alpha beta gamma.", "Alpha delta \x1b[31m.", 0.5, 0.9, 0.8),
    row("One.", "Alpha beta gamma.", "Alpha epsilon.", 0.6, 0.8, 0.8),
    row("Two.", "Eta theta.", "Eta [bold]iota.", 0.4, 0.6, 0.9),
]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant(tmp_path_factory.mktemp("ledger") / "run", ROWS, recipe(), per_shard=1)


def test_a_pair_is_found_by_its_id_the_beginning_of_it_or_its_text(planted: Path) -> None:
    (told,), total = why.why(planted, "IOTA")
    assert total == 1 and told.context == "Two." and told.target.count == 2
    for wanted in (told.pair_id, told.pair_id[:8]):
        assert why.why(planted, wanted)[0] == [told]
    _, total = why.why(planted, "alpha", limit=1)
    assert total == 2


def test_the_story_has_every_score_against_its_bound(planted: Path) -> None:
    (told,), _ = why.why(planted, "iota")
    assert told.verdict == "entailment" and told.margin == pytest.approx(0.15)
    checks = {check.critic: check for check in told.checks}
    assert checks["entailment"].scores == pytest.approx(
        {"entailment_forward": 0.6, "entailment_backward": 0.9}
    )
    assert checks["entailment"].outside == pytest.approx(0.15)
    assert checks["rouge_l"].outside == 0 and checks["similarity"].bound is None
    assert checks["entailment"].gate is not None and checks["entailment"].gate.min == 0.5


def test_a_duplicate_and_the_pair_that_it_lost_to_know_each_other(planted: Path) -> None:
    (kept, lost), _ = why.why(planted, "alpha")
    assert (kept.verdict, lost.verdict) == ("kept", "duplicate")
    assert lost.lost_to is not None and lost.lost_to.pair_id == kept.pair_id
    assert [rival.pair_id for rival in kept.beat] == [lost.pair_id]


def test_what_cannot_be_found_is_said_plainly(planted: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a context has it; pairs are made of"):
        why.why(planted, "two.")
    with pytest.raises(DataError, match="no sentence has this text"):
        why.why(planted, "omega")
    with pytest.raises(StoreError, match="has no run"):
        why.why(tmp_path, "alpha")


def test_a_sentence_without_a_scored_pair_is_said_to_be_one(tmp_path: Path) -> None:
    run = plant(tmp_path / "run", ROWS[2:], recipe())
    write(run, "filter", 0, RunFolder(run).rows("filter").slice(0, 0), {})
    with pytest.raises(DataError, match="a cheap critic rejected all"):
        why.why(run, "theta")


def test_a_pair_is_found_by_text_of_both_its_sentences_in_any_order(planted: Path) -> None:
    for wanted, other in (("alpha beta", "epsilon"), ("EPSILON", "gamma")):
        (told,), total = why.why(planted, wanted, other=other)
        assert total == 1 and told.target.text == "Alpha epsilon."
    with pytest.raises(DataError, match="do not continue the same context"):
        why.why(planted, "alpha", other="iota")


def test_kept_pairs_can_be_left_out(planted: Path) -> None:
    (told,), total = why.why(planted, "alpha", rejected=True)
    assert total == 1 and told.verdict == "duplicate"
    with pytest.raises(DataError, match="were kept"):
        why.why(planted, "delta", rejected=True)


def test_a_pair_that_a_cheap_critic_rejected_is_scored_anew(tmp_path: Path) -> None:
    critics = ("length_ratio", "rouge_l", "entailment")
    said = [
        row("One.", "So it was then.", "Alpha.", 0.5, 0.9, 0.8),
        row("One.", "So it was then!", "Beta.", 0.5, 0.9, 0.8),
    ]
    run = plant(tmp_path / "run", said, recipe(score={**GATES, "critics": list(critics)}))
    (told,), _ = why.why(run, "was then.", other="was then!")
    assert told.verdict == "rouge_l" and told.margin == pytest.approx(0.2)
    assert {check.critic for check in told.checks} == set(critics)


def test_answers_are_safe_to_print(planted: Path) -> None:
    console = Console(width=100, record=True, file=io.StringIO())
    for told in why.why(planted, "alpha")[0] + why.why(planted, "iota")[0]:
        for part in story(told):
            console.print(part)
    changes = what_if(planted, ["filter.paraphrase.entailment.min=0.6"])
    console.print(change_table(changes))
    for part in example_lines(changes):
        console.print(part)
    text = console.export_text()
    assert "\\x1b[31m" in text and "\x1b" not in text and "[bold]iota" in text
    assert "rejected by entailment: outside its bound by 0.15" in text
    assert "kept after" in text and "entailment → kept" in text
