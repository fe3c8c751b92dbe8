from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from impossible.analysis.outcome import outcome
from impossible.cli.tables.outcome import advice, outcome_lines
from impossible.data import dataset
from impossible.data.schema import DATASET
from impossible.recipe.load import resolve

PAIRS = [
    ("paraphrase", "The bridge over the Severn was closed on Monday.", "On Monday the bridge was shut.", 0.9),
    ("paraphrase", "The museum bought forty paintings.", "Forty paintings went to the museum.", 0.7),
    ("summary", "The council approved a plan to build a library.", "A library will be built.", 0.5),
]


def made(folder: Path, sure: bool = True) -> Path:
    rows = [
        {"task": task, "source": source, "target": target, "correct": p if sure else None}
        for task, source, target, p in PAIRS
    ]
    folder.mkdir()
    dataset.write(pa.Table.from_pylist(rows, DATASET), folder)
    return next(folder.glob("*.parquet"))


def test_the_outcome_of_a_run(tmp_path: Path) -> None:
    found = outcome(made(tmp_path / "d"), Counter(contexts=10))
    assert found.pairs == {"paraphrase": 2, "summary": 1} and found.per_context == pytest.approx(0.3)
    assert found.precision == pytest.approx({"all": 0.7, "paraphrase": 0.8, "summary": 0.5}, abs=1e-6)
    assert found.richness.pairs == 3 and found.richness.with_name_or_number == pytest.approx(2 / 3)
    first, second, third = outcome_lines(found, restated=True, hours=0.5)
    assert first == "yield      3 pairs (2 paraphrase, 1 summary) of 10 sentences: 0.3 each, 6 an hour"
    assert second.startswith("richness   ") and second.endswith("67% of the pairs have a name or number")
    assert third.startswith("precision  about 0.70 (paraphrase 0.80, summary 0.50)")


def test_precision_needs_its_critic(tmp_path: Path) -> None:
    found = outcome(made(tmp_path / "d", sure=False), Counter(contexts=1))
    assert found.precision == {}
    *_, last = outcome_lines(found, restated=False, hours=0)
    assert last == "precision  not estimated: the critic correct was not run"


CONTINUED = {"preset": "continuation", "sampling": {"min_logprob": -16.0}}


def counts(**more: int) -> Counter[str]:
    few = Counter({"contexts": 10, "continuations": 1000, "paraphrase: kept": 1, "paraphrase: scored": 100})
    return few + Counter({name.replace("_", ": ", 1): n for name, n in more.items()})


@pytest.mark.parametrize(
    ("settings", "found", "says"),
    [
        (CONTINUED, counts(improbable=501), ["50% of the continuations are improbable", "min_logprob=-20"]),
        (
            CONTINUED,
            counts(paraphrase_judge=60),
            ["judge rejected most, 60% of the paraphrase", "per_context"],
        ),
        (CONTINUED, counts(paraphrase_kept=8), ["only 0.9 pairs a context"]),
        ({}, counts(paraphrase_judge=9, summary_prefix=8), ["0.1 pairs a sentence", "per_cue=80", "e.judge"]),
        ({}, counts(), ["hardly any pairs"]),
        ({}, counts(malformed=700), ["70% of the continuations are no well-formed sentences"]),
    ],
)
def test_a_small_yield_comes_with_why_and_what_to_try(
    settings: dict[str, object], found: Counter[str], says: list[str]
) -> None:
    hint = advice(found, resolve(settings))
    assert hint is not None
    for words in says:
        assert words in hint


def test_enough_pairs_need_no_advice() -> None:
    assert advice(counts(paraphrase_kept=9), resolve(CONTINUED)) is None  # one a context
    assert advice(counts(paraphrase_kept=1), resolve({})) is None  # 0.2 a sentence
