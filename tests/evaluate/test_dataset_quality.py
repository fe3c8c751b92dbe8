import json
from collections import Counter
from pathlib import Path

import pytest

from impossible.cli.tables.evaluate import number, quality_table
from impossible.errors import DataError
from impossible.evaluate.dataset_quality import (
    PAIR_MEASURES,
    SET_MEASURES,
    DatasetPairs,
    described,
    drawn,
    equal,
    matched,
    quality,
    read_pairs,
    views,
    write_report,
)
from impossible.metrics.models import Models
from impossible.text.words import words
from tests.tiny import WORDS


def made(name: str, lengths: list[int]) -> DatasetPairs:
    sources = [" ".join(WORDS[(i + k) % len(WORDS)] for k in range(n)) + " ." for i, n in enumerate(lengths)]
    return DatasetPairs(name, sources, [f"{WORDS[i % 9]} {s}" for i, s in enumerate(sources)])


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_every_measure_has_a_value_and_a_description(models: Models) -> None:
    found = quality(made("mine", [8] * 30), models, "paraphrase", seed=7, sample=10)
    assert list(found.of_set) == list(SET_MEASURES)
    assert list(found.of_pairs) == [*PAIR_MEASURES, "fidelity"]
    assert set(found.of_set) | set(found.of_pairs) == set(described(models))
    assert (found.of_set["pairs"], found.sample) == (30, 10)
    assert (found.of_set["source_words"], found.of_set["target_words"]) == (8, 9)
    assert found.of_pairs["compression"].value == pytest.approx(9 / 8)
    assert 0 <= found.of_pairs["rougeL_source"].low <= found.of_pairs["rougeL_source"].high <= 1


def test_the_same_sentence_again_and_again_is_not_diverse(models: Models) -> None:
    same = DatasetPairs("same", ["The cat is old ."] * 20, ["A cat is old ."] * 20)
    found = quality(same, models, None, seed=7).of_set
    assert found["distinct_sources"] == 1 and found["vocabulary"] == 4
    assert found["largest_template"] == found["ten_templates"] == 1
    assert found["content_words"] == 2 and found["with_name_or_number"] == 0  # cat, old
    assert found["self_bleu"] == pytest.approx(100)
    assert found["embedding_distance"] == pytest.approx(0, abs=1e-5)
    assert found["topics"] == pytest.approx(1, abs=1e-3)


def test_equal_sizes_are_of_random_pairs() -> None:
    small, large = equal([made("small", [5] * 10), made("large", [5] * 40)], seed=7)
    assert len(small.sources) == len(large.sources) == 10
    assert large.sources != made("large", [5] * 40).sources[:10]
    assert [len(d.sources) for d in equal([small, large], seed=7, size=4)] == [4, 4]


def test_drawn_pairs_stay_pairs() -> None:
    pairs = made("mine", list(range(3, 20)))
    some = drawn(pairs, 6, seed=1)
    whole = set(zip(pairs.sources, pairs.targets, strict=True))
    assert len(some.sources) == 6 and set(zip(some.sources, some.targets, strict=True)) <= whole


def test_matched_sets_have_the_same_lengths() -> None:
    short, long = made("short", [4] * 20 + [12] * 5), made("long", [4] * 3 + [12] * 30 + [22] * 9)
    found = matched([short, long], seed=7)
    lengths = [Counter(len(words(s)) for s in d.sources) for d in found]
    assert lengths == [Counter({4: 3, 12: 5})] * 2


def test_views(models: Models) -> None:
    few, many = made("few", [5] * 6), made("many", [5] * 20)
    assert list(views([few], models, None, 7)) == ["as they are"]
    found = views([few, many], models, None, 7)
    assert [q.of_set["pairs"] for q in found["as they are"]] == [6, 20]
    assert [q.of_set["pairs"] for q in found["equal size"]] == [6, 6]
    assert "equal size and lengths" in views([few, many], models, None, 7, match_lengths=True)
    with pytest.raises(DataError, match="--fidelity needs --task"):
        views([few], models, None, 7, fidelity_model=True)


def test_nothing_to_match() -> None:
    with pytest.raises(DataError, match="no source lengths in common"):
        matched([made("a", [3]), made("b", [30])], seed=7)


def test_pairs_of_one_task(tmp_path: Path) -> None:
    rows = [
        {"task": "paraphrase", "source": "a", "target": "b"},
        {"task": "summary", "source": "c", "target": "d"},
    ]
    path = write(tmp_path / "pairs.jsonl", rows)
    assert read_pairs(path, "summary").sources == ["c"]
    with pytest.raises(DataError, match="several tasks; choose one with --task"):
        read_pairs(path, None)


def test_other_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "pairs.jsonl", [{"a": "x", "b": "y"}])
    assert read_pairs(path, None, "a", "b") == DatasetPairs("pairs", ["x"], ["y"])
    with pytest.raises(DataError, match="row 1: no text in 'source'; columns are a, b"):
        read_pairs(path, None)


def test_report_and_table(tmp_path: Path, models: Models) -> None:
    found = [quality(made(n, [6] * 12), models, None, seed=7, sample=5) for n in ("mine", "[b]theirs")]
    write_report({"equal": found}, models, 7, tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["views"]["equal"][1]["of_set"]["pairs"] == 12
    assert models.encoder in report["settings"]["topics"]
    table = quality_table("equal size", found)
    assert len(table.rows) == len(SET_MEASURES) + len(PAIR_MEASURES)
    assert [number(x) for x in (1234.0, 0.5, 33.333, float("nan"), 0.0)] == [
        "1,234",
        "0.500",
        "33.3",
        "–",
        "0.000",
    ]
