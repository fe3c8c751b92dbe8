from pathlib import Path

import numpy as np
import pytest

from impossible.report.facts import Facts
from impossible.report.gather import gather
from impossible.report.task_facts import pareto
from tests.planted import ROWS, plant, plant_rounds, recipe, row


@pytest.fixture(scope="module")
def facts(planted: Path) -> Facts:
    return gather(planted)


def test_the_funnel_ends_with_what_was_kept(facts: Facts) -> None:
    (task,) = facts.tasks
    assert [(s.name, s.lost) for s in task.funnel] == [
        ("pairs", 0), ("rouge_l", 21), ("entailment", 2), ("duplicate", 1),
    ]  # fmt: skip
    assert task.funnel[-1].left == task.kept == facts.dataset == 2
    assert facts.pairs == 26 and (facts.shards, facts.done) == (2, 2)


def test_pairs_come_with_context_reason_and_rival(facts: Facts) -> None:
    (task,) = facts.tasks
    assert {(p.source, p.target, p.context) for p in task.sample} == {
        ("a b c", "a b d", "One."),
        ("o p q", "o r q", "Three."),
    }
    assert [(r.critic, r.count) for r in task.reasons] == [("rouge_l", 1), ("entailment", 2)]
    near = next(pair for pair in task.reasons[1].pairs if pair.target == "g h j")
    assert near.scores["entailment"] == pytest.approx(0.6)  # the weaker direction
    assert near.margin == pytest.approx(0.15)
    (lost,) = task.lost_to
    assert lost.target == "a e f" and lost.rival == ("a b c", "a b d")


def test_histograms_count_every_pair(facts: Facts) -> None:
    (task,) = facts.tasks
    for distribution in task.distributions:
        assert sum(distribution.histogram.series["all"]) + distribution.missing == len(ROWS)
        assert sum(distribution.histogram.series["kept"]) == task.kept
    assert {d.critic: (d.low, d.high, d.gate_low, d.gate_high) for d in task.distributions} == {
        "rouge_l": (None, 0.8, None, 0.9),
        "entailment": (0.75, None, 0.5, None),
    }
    assert facts.per_context.series["contexts"] == (1, 2)  # "Two." gave nothing
    assert [(d.name, d.contexts, d.productive) for d in facts.domains] == [("support", 3, 2)]


def test_the_frontier_has_pairs_that_no_other_beats(facts: Facts) -> None:
    (task,) = facts.tasks
    assert task.frontier is not None
    assert [p.context for p in task.frontier.best] == ["Three."]  # differently worded, and surer


def test_pareto_keeps_what_is_not_beaten() -> None:
    wording = np.array([0.2, 0.3, 0.4, 0.4, 0.9], np.float32)
    meaning = np.array([0.8, 0.7, 0.9, 0.95, 0.95], np.float32)
    assert pareto(wording, meaning, np.arange(5)) == [0, 3]


def test_the_report_tells_why_kept_pairs_are_not_in_the_dataset_and_how_rich_it_is(tmp_path: Path) -> None:
    from impossible.report.page import page

    talk = [row(f"{i}.", f"I'm not sure about {i}.", f"I do not know {i}.", 0.5, 0.9, 0.9) for i in range(4)]
    again = talk[0] | {"context": "4."}
    others = [row("5.", "a b c", "a b d", 0.5, 0.9, 0.9), row("6.", "o p q", "o r q", 0.3, 0.9, 0.9)]
    facts = gather(plant(tmp_path / "run", [*talk, again, *others], recipe()))
    (task,) = facts.tasks
    assert [(s.name, s.lost, s.left) for s in task.into_dataset] == [
        ("repeats across contexts", 1, 6),
        ("template cap", 2, 4),
    ]
    assert (task.kept, facts.dataset, task.richness.pairs) == (7, 4, 4)
    assert (task.richness.largest_template, task.richness.template) == (0.5, "i am not sure → i do not know")
    text = page(facts)
    for part in ("template cap", "Richness", "i am not sure → i do not know", "content words a sentence"):
        assert part in text, part


def test_a_run_that_kept_nothing_has_a_report(tmp_path: Path) -> None:
    from impossible.report.page import page

    rejected = [row("One.", "a b", "a c", 0.5, 0.6, 0.6)]
    assert "None was kept." in page(gather(plant(tmp_path / "run", rejected, recipe())))


def test_rounds_losses_and_comparisons_are_told(tmp_path: Path) -> None:
    from impossible.report.page import page

    facts = gather(plant_rounds(plant(tmp_path / "run", ROWS, recipe())))
    first, second = facts.rounds
    assert (second.sources, second.kept, second.quality) == (8, 1, 0.4)
    assert first.wording["paraphrase"] == pytest.approx(0.4) and not first.sample and len(second.sample) == 1
    assert first.curve is not None
    assert first.curve.training == ((10, 2), (20, 1.5)) and first.curve.validation == ((20, 1.75),)
    (compared,) = facts.comparisons
    assert compared.systems == ("teacher, prompted", "student")
    assert [f.value for f in compared.figures["accepted"]] == [0.2, 0.5]
    assert np.isnan(compared.figures["accepted"][0].p) and compared.figures["accepted"][1].p == 0.01
    text = page(facts)
    for part in (
        "Rounds compared",
        "Teacher against student",
        "0.5*",
        "no answer",
        "a <ins>&lt;b&gt;</ins> c",
    ):
        assert part in text, part


def test_judgements_of_the_sample_are_weighted_and_others_are_not(tmp_path: Path) -> None:
    from impossible.analysis.calibrate import population, record_judgement
    from impossible.data.judgements import label

    run = plant(tmp_path / "run", ROWS, recipe())
    assert gather(run).precision == ()
    people = population(run, "paraphrase", "entailment", 100)
    for i in people.drawn():
        record_judgement(run, people, i, bool(people.score[i] > 0.82))
    (one,) = gather(run).precision
    within = people.score >= np.float32(0.75)
    assert one.drawn and one.judged == within.sum() and one.right == (people.score > 0.82).sum()
    assert one.low < one.share < one.high
    for pair in people.pair_id:
        label(run, "paraphrase", pair, "", "", None)
    assert gather(run).precision == ()
