import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from impossible.cli.app import app
from impossible.cli.tables.evaluate import interval, result_markdown, result_table
from impossible.errors import DataError
from impossible.evaluate.benchmark import evaluate, read_bench, write_results
from impossible.evaluate.systems import Copy, Lead, OutputFile
from impossible.metrics.models import Models
from impossible.metrics.statistics import Interval

ROWS = [
    {"id": "1", "source": "The cat likes the old house .", "references": ["A cat likes the house ."]},
    {"id": "2", "source": "She has a new phone and a big car .", "references": ["She has a phone ."]},
    {"id": "3", "source": "They sat in the small room .", "references": ["They sat in a room ."]},
]


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_systems_side_by_side(tmp_path: Path, models: Models) -> None:
    bench = write(tmp_path / "bench.jsonl", ROWS)
    systems = {"copy": Copy(), "lead:4": Lead(4)}
    result = evaluate(bench, "summary", systems, models, ("rouge1", "compression"))
    copy, lead = result.outcomes
    assert (result.bench, result.rows, list(result.settings)) == ("bench.jsonl", 3, ["rouge1", "compression"])
    # words: 6, 9, 6, of which four are kept
    assert copy.metrics["compression"] == Interval(1, 1, 1)
    assert lead.metrics["compression"].value == pytest.approx((4 / 6 + 4 / 9 + 4 / 6) / 3)
    assert copy.p == {} and set(lead.p) == {"rouge1", "compression"}
    # three rows that all changed alike: of 2³ swaps two are as extreme
    assert lead.p["compression"] == pytest.approx(0.25, abs=0.05)


def test_what_is_written_can_be_computed_again(tmp_path: Path, models: Models) -> None:
    bench = write(tmp_path / "bench.jsonl", ROWS)
    result = evaluate(bench, "paraphrase", {"lead:3": Lead(3)}, models, ("ibleu", "bertscore"), rows=2)
    write_results([result], models, 7, tmp_path / "out.json")
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["models"]["encoder"] == models.encoder and report["models"]["digests"][models.encoder]
    assert report["results"][0]["rows"] == 2
    assert "0.7·bleu" in report["results"][0]["settings"]["ibleu"]
    value = report["results"][0]["outcomes"][0]["metrics"]["ibleu"]["value"]
    assert value == pytest.approx(result.outcomes[0].metrics["ibleu"].value)


def test_the_table_has_a_row_a_metric(tmp_path: Path, models: Models) -> None:
    bench = write(tmp_path / "[bold]bench.jsonl", ROWS)
    result = evaluate(
        bench, "paraphrase", {"copy": Copy(), "lead:2": Lead(2)}, models, ("self_bleu", "words")
    )
    table = result_table(result)
    assert [c.header for c in table.columns] == ["metric", "copy", "lead:2"]
    assert list(table.columns[0].cells) == ["self_bleu ↓", "words", "seconds"]
    assert next(iter(table.columns[1].cells)).startswith("100.0 (100.0 to 100.0)")
    assert interval(Interval(0.12345, 0.1, 0.2)) == "0.123 (0.100 to 0.200)"
    assert interval(Interval(float("nan"), float("nan"), float("nan"))) == "–"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([{"src": "x"}], "row 1: no text in 'source'; columns are src"),
        ([{"source": " "}], "row 1: no text in 'source'"),
        ([{"source": "x", "references": "y"}], "'references' must be a list of texts"),
        ([{"source": "x", "references": [""]}], "'references' must be a list of texts"),
        ([{"source": "x", "exemplar": 3}], "'exemplar' must be a text"),
        ([{"source": "x", "references": ["y"]}, {"source": "x"}], "row 2: some rows have references, some"),
        ([{"id": 1, "source": "x"}, {"id": 1, "source": "y"}], "an id is repeated"),
    ],
)
def test_a_bad_benchmark_is_one_line(tmp_path: Path, rows: list[dict[str, object]], says: str) -> None:
    with pytest.raises(DataError, match=says) as caught:
        read_bench(write(tmp_path / "bench.jsonl", rows))
    assert "\n" not in str(caught.value)


def test_an_unknown_task_is_named(tmp_path: Path, models: Models) -> None:
    with pytest.raises(DataError, match="'translate' is unknown; allowed are paraphrase, summary"):
        evaluate(tmp_path / "bench.jsonl", "translate", {"copy": Copy()}, models)


def test_the_first_rows_only(tmp_path: Path, models: Models) -> None:
    (tmp_path / "theirs.jsonl").write_text('{"id": 1, "output": "One."}\n{"id": "2", "output": "Two."}\n')
    theirs = {"theirs": OutputFile(tmp_path / "theirs.jsonl")}
    bench = write(tmp_path / "bench.jsonl", ROWS)
    result = evaluate(bench, "summary", theirs, models, ("compression",), rows=2)
    assert (result.rows, len(read_bench(bench))) == (2, 3)
    with pytest.raises(DataError, match="has no output for 1 rows; the first has id '3'"):
        evaluate(bench, "summary", theirs, models, ("compression",))


def test_the_command(tmp_path: Path, models: Models) -> None:
    bench, out = write(tmp_path / "bench.jsonl", ROWS), tmp_path / "out.json"
    outputs = write(tmp_path / "theirs.jsonl", [{"id": r["id"], "output": "A house ."} for r in ROWS])
    chosen = ["--metric", "rouge1", "--metric", "bert_ibleu", "--encoder", models.encoder, "--out", str(out)]
    done = CliRunner(env={"COLUMNS": "250"}).invoke(
        app, ["evaluate", "copy", str(outputs), "--bench", str(bench), *chosen]
    )
    assert done.exit_code == 0, done.output
    assert "0.000 (0.000 to 0.000)" in done.output  # a copy's BERT-iBLEU
    (result,) = json.loads(out.read_text())["results"]
    assert [o["system"] for o in result["outcomes"]] == ["copy", str(outputs)]


def test_kept_outputs_are_a_system(tmp_path: Path, models: Models) -> None:
    bench = write(tmp_path / "bench.jsonl", ROWS)
    result = evaluate(bench, "summary", {"lead:4": Lead(4)}, models, ("rouge2",), keep=tmp_path / "kept")
    again = {"theirs": OutputFile(tmp_path / "kept" / "bench.lead-4.jsonl")}
    theirs = evaluate(bench, "summary", again, models, ("rouge2",))
    assert theirs.outcomes[0].metrics == result.outcomes[0].metrics


def test_markdown(tmp_path: Path, models: Models) -> None:
    bench = write(tmp_path / "bench.jsonl", ROWS)
    result = evaluate(bench, "summary", {"copy": Copy(), "a|b": Lead(4)}, models, ("rouge1", "compression"))
    lines = result_markdown([result], "impossible evaluate copy").splitlines()
    assert "    impossible evaluate copy" in lines
    assert "| metric | copy | a\\|b |" in lines
    assert any(line.startswith("| compression | 1.000 (1.000 to 1.000) | 0.593 (") for line in lines)
    assert lines[-2].startswith("- rouge1: ROUGE-1, F1")


def test_the_light_modules_load_no_model_library() -> None:
    light = "impossible.metrics.bleu, impossible.metrics.diversity, impossible.metrics.statistics"
    code = f"import sys, {light}; print({{'torch', 'spacy', 'transformers'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
