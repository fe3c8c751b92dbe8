import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from impossible import DataError, score_pairs
from impossible.data.schema import SCORE_FIELDS
from impossible.filtering.score_pairs import score_file
from impossible.recipe.critic_table import CRITICS

SOURCES = ["Thank you for your help.", "He paid 2.5% in May.", "The dog bit the man in Paris."]
TARGETS = ["Thanks for your help.", "He paid 2% in May.", "The dog bit the man in London."]


@pytest.fixture(scope="module")
def scores() -> dict[str, np.ndarray]:
    return score_pairs(SOURCES, TARGETS)


def test_one_array_a_score_and_the_lower_direction(scores: dict[str, np.ndarray]) -> None:
    assert all(column.shape == (3,) and column.dtype == np.float32 for column in scores.values())
    np.testing.assert_array_equal(
        scores["entailment_min"], np.minimum(scores["entailment_forward"], scores["entailment_backward"])
    )
    np.testing.assert_array_equal(scores["retention"], scores["judge_backward"])
    assert not {"retention_forward", "retention_min"} & set(scores)
    assert {"length_ratio", "rouge_l", "similarity", "tree_distance", "numbers_min", "entities_min"} <= set(
        scores
    )


def test_every_critic_gives_its_columns_within_its_range(scores: dict[str, np.ndarray]) -> None:
    assert {name for name, _, _ in SCORE_FIELDS} == {name for name in scores if not name.endswith("_min")}
    for spec in CRITICS.values():
        high = np.inf if spec.name == "length_ratio" else spec.high  # in a run the source is the longer one
        for column in spec.columns:
            known = scores[column.name][~np.isnan(scores[column.name])]
            assert ((spec.low <= known) & (known <= high)).all(), column.name
            assert len(known) or spec.name == "fluency"  # which only a teacher knows


def test_what_the_table_calls_symmetric_is(scores: dict[str, np.ndarray]) -> None:
    exchanged = score_pairs(TARGETS, SOURCES)
    for spec in CRITICS.values():
        if spec.symmetric:
            np.testing.assert_allclose(exchanged[spec.name], scores[spec.name], atol=1e-6)
        elif len(spec.columns) == 2:
            forward, backward = spec.columns
            np.testing.assert_allclose(exchanged[forward.name], scores[backward.name], atol=1e-5)


def test_the_embedded_critics_tell_these_apart(scores: dict[str, np.ndarray]) -> None:
    assert scores["entailment_min"][0] > 0.8 and scores["similarity"][0] > 0.8
    assert scores["numbers_min"].tolist() == [1.0, 0.5, 1.0]
    assert scores["entities_min"].tolist() == [1.0, 1.0, 0.0]


def test_a_score_does_not_depend_on_what_is_scored_with_it(scores: dict[str, np.ndarray]) -> None:
    alone = score_pairs(SOURCES[:1], TARGETS[:1])
    assert alone["entailment_forward"][0] == scores["entailment_forward"][0]


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".parquet"])
def test_files_keep_their_columns_and_gain_scores(tmp_path: Path, ending: str) -> None:
    frame = pd.DataFrame({"id": [1, 2], "source": SOURCES[:2], "target": TARGETS[:2]})
    path = tmp_path / f"p{ending}"
    write = {
        ".jsonl": lambda: frame.to_json(path, orient="records", lines=True),
        ".csv": lambda: frame.to_csv(path, index=False),
        ".parquet": lambda: frame.to_parquet(path),
    }
    write[ending]()
    out = tmp_path / f"out{ending}"
    rows = score_file(path, out, "summary", "source", "target")
    read = {
        ".jsonl": lambda: pd.DataFrame(map(json.loads, out.read_text().splitlines())),
        ".csv": lambda: pd.read_csv(out),
        ".parquet": lambda: pd.read_parquet(out),
    }[ending]()
    assert rows == 2
    assert list(read["source"]) == SOURCES[:2] and {"id", "entailment_min", "rouge_l"} <= set(read.columns)


@pytest.mark.parametrize(
    ("sources", "targets", "task", "says"),
    [
        (["a"], [], "paraphrase", "1 sources but 0 targets"),
        (["a"], [None], "paraphrase", "target 0 is None"),
        (["a"], ["b"], "nonsense", "unknown"),
    ],
)
def test_bad_lists_are_refused(sources: list, targets: list, task: str, says: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(DataError, match=says):
        score_pairs(sources, targets, task)
