import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from impossible.cli.app import app
from impossible.cli.tables.evaluate import runs_table, safety_table
from impossible.data.run_folder import RunFolder
from impossible.data.state import read_state
from impossible.errors import DataError, StoreError
from impossible.evaluate.compare_runs import compare, write_comparison
from impossible.evaluate.safety import of_run
from impossible.metrics.models import Models
from impossible.pipeline.run import run
from impossible.recipe.critic_table import CRITICS
from impossible.recipe.layers import merge
from impossible.recipe.load import resolve
from tests import tiny


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two runs of random models that keep what they make; the second draws half as much."""
    folder = tmp_path_factory.mktemp("runs")
    os.environ["IMPOSSIBLE_CACHE"] = str(folder / "cache")
    (folder / "posts.txt").write_text(
        "My old cat was really small today.\nMy old dog was really big today.\n"
    )
    settings: dict[str, Any] = {
        "preset": "continuation",
        "contexts": {"corpus": str(folder / "posts.txt"), "count": 2, "sentences": [1, 1]},
        "teacher": {"model": str(tiny.llama(folder / "llama")), "compute_type": "float32"},
        "sampling": {
            "per_context": 400,
            "max_tokens": 14,
            "top_k": 0,
            "temperature": 1.0,
            "min_words": 1,
            "min_logprob": False,
        },
        "score": {
            "nli": str(tiny.nli(folder / "nli")),
            "critics": ["length_ratio", "entailment"],
            "paraphrase": {"length_ratio": {"min": 0.1}, "entailment": {"min": 0.0}},
        },
    }
    others = dict.fromkeys((c for c in CRITICS if c not in settings["score"]["critics"]), False)
    settings["score"]["paraphrase"] |= others
    settings["filter"] = {
        "paraphrase": settings["score"]["paraphrase"] | {"duplicates": False},
        "summary": False,
    }
    settings["score"]["summary"] = False
    settings["filter"]["template_share"] = False
    for name, per_context in (("large", 400), ("small", 200)):
        run(resolve(merge(settings, {"sampling": {"per_context": per_context}})), folder / name)
    return [folder / "large", folder / "small"]


def test_runs_side_by_side(runs: list[Path], tmp_path: Path) -> None:
    large, small = found = compare(runs, "paraphrase")
    assert (large.run, large.settings["per_context"], small.settings["per_context"]) == (
        "large",
        "400",
        "200",
    )
    assert (large.continuations, small.continuations) == (800, 400)
    assert large.kept == read_state(runs[0]).counts["paraphrase: kept"] > small.kept >= 2
    assert large.kept_a_context == large.kept / 2
    assert large.kept_a_thousand_continuations == pytest.approx(1000 * large.kept / 800)
    assert large.seconds_a_pair * large.kept == pytest.approx(large.seconds, abs=0.051)  # shown to a tenth
    assert large.equal_size == small.equal_size == small.kept
    assert 0 < large.entailment.low <= large.entailment.value <= large.entailment.high < 1
    assert large.judged == 0
    write_comparison(found, 7, tmp_path / "runs.json")
    assert [r["run"] for r in json.loads((tmp_path / "runs.json").read_text())["runs"]] == ["large", "small"]
    assert large.richness.pairs == small.richness.pairs == small.kept and large.richness.words >= 4
    table = runs_table(found)
    assert [c.header for c in table.columns] == ["", "large", "small"]
    assert {"content_words", "largest_template"} <= set(table.columns[0].cells)


def test_judgements_count(runs: list[Path]) -> None:
    path = RunFolder(runs[1]).judgements_file("paraphrase")
    path.parent.mkdir()
    lines = [{"pair_id": str(i), "right": right} for i, right in enumerate([True, True, False, None])]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (small,) = compare(runs[1:], "paraphrase")
    assert small.judged == 3
    assert small.judged_right.value == pytest.approx(2 / 3)


def test_the_corpus_may_be_gone(runs: list[Path]) -> None:
    corpus = runs[0].parent / "posts.txt"
    text = corpus.read_text()
    corpus.unlink()
    try:
        assert compare(runs[:1], "paraphrase")[0].settings["sentences"] == "1–1"
    finally:
        corpus.write_text(text)


def test_no_run_and_no_task(tmp_path: Path, runs: list[Path]) -> None:
    with pytest.raises(StoreError, match="has no dataset"):
        compare([tmp_path], "paraphrase")
    with pytest.raises(DataError, match="'translation' is unknown; allowed are paraphrase, summary"):
        compare(runs, "translation")


def test_what_the_teacher_wrote_against_what_was_kept(runs: list[Path], models: Models) -> None:
    teacher, kept = found = of_run(runs[0], models, seed=7)
    assert (teacher.name, kept.name) == ("teacher", "kept")
    assert teacher.sentences >= kept.sentences > 0
    assert len(safety_table(found).rows) == len(teacher.rates) + 2


def test_the_commands(runs: list[Path], models: Models, tmp_path: Path) -> None:
    run_names = [str(run) for run in runs]
    done = CliRunner(env={"COLUMNS": "250"}).invoke(
        app, ["compare", *run_names, "--out", str(tmp_path / "compare.json")]
    )
    assert done.exit_code == 0 and "kept_a_context" in done.output
    done = CliRunner(env={"COLUMNS": "250"}).invoke(
        app, ["safety", run_names[0], "--out", str(tmp_path / "safety.json")]
    )
    assert done.exit_code == 0 and "feminine_share" in done.output
    assert {p.name for p in tmp_path.iterdir()} == {"compare.json", "safety.json"}
    done = CliRunner(env={"COLUMNS": "250"}).invoke(
        app, ["dataset-report", *run_names, "--encoder", models.encoder, "--size", "5"]
    )
    assert done.exit_code == 0 and "equal size" in done.output and "topics" in done.output
