import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from impossible.cli.app import app
from impossible.cli.make import try_report
from impossible.errors import DataError
from tests.planted import plant, recipe, row

ROWS = [
    row("One.", "Alpha beta gamma.", "Alpha delta.", 0.5, 0.9, 0.8),
    row("Two.", "Eta theta.", "Eta iota.", 0.4, 0.6, 0.9),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(plant(tmp_path_factory.mktemp("commands") / "run", ROWS, recipe()))


def said(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_scripts_get_json(run: str) -> None:
    status = json.loads(said("status", run, "--json"))
    assert (status["done"], status["counts"]["paraphrase: kept"]) == (1, 1)
    (change,) = json.loads(said("whatif", run, "--set", "filter.paraphrase.entailment.min=0.6", "--json"))
    assert (change["before"], change["after"]) == (1, 2)
    assert change["variety_before"]["msttr"] is None  # too few words: not NaN, which is no JSON
    (story,) = json.loads(said("why", run, "iota", "--json"))
    checks = {check["critic"]: check for check in story["checks"]}
    assert checks["entailment"]["bound"] == {"min": 0.75, "max": None}


def test_people_get_text(run: str, tmp_path: Path) -> None:
    assert "kept after" in said("whatif", run, "--set", "filter.paraphrase.entailment.min=0.6")
    assert "rejected by entailment" in said("why", run, "iota")
    assert "report ->" in said("report", run, "--out", str(tmp_path / "r.html"))
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    options = ("--licence", "dataset=mit", "--licence", "a/model=mit")
    assert "1 train" in said("publish", run, "--to", str(tmp_path / "out"), *options)
    assert (tmp_path / "out" / "data" / "paraphrase-train.parquet").exists()


def test_no_file_is_overwritten_unasked(run: str, tmp_path: Path) -> None:
    bench, outputs, table = tmp_path / "bench.jsonl", tmp_path / "outputs.jsonl", tmp_path / "p.csv"
    bench.write_text('{"source": "a b c", "references": ["a b"]}\n')
    outputs.write_text('{"output": "a b"}\n')
    table.write_text("source,target\na,b\n")
    keep = tmp_path / "keep"
    evaluated = ["evaluate", "copy", str(outputs), "--bench", str(bench), "--metric", "rougeL"]
    student = ["--student", str(tmp_path / "none")]
    commands: dict[Path, list[str]] = {
        tmp_path / "pairs.jsonl": ["export", run, str(tmp_path / "pairs.jsonl")],
        tmp_path / "r.html": ["report", run, "--out", str(tmp_path / "r.html")],
        tmp_path / "r.md": [*evaluated, "--out", str(tmp_path / "r.md")],
        keep / "bench.copy.jsonl": [*evaluated, "--keep", str(keep)],
        tmp_path / "d.json": ["dataset-report", run, "--out", str(tmp_path / "d.json")],
        tmp_path / "c.json": ["compare", run, "--out", str(tmp_path / "c.json")],
        tmp_path / "s.json": ["safety", run, "--out", str(tmp_path / "s.json")],
        tmp_path / "p.scored.csv": ["score", str(table)],
        tmp_path / "a.csv": ["paraphrase", "Hello there.", "--out", str(tmp_path / "a.csv"), *student],
        tmp_path / "x.svg": ["proximity", str(tmp_path / "x.toml"), "--picture", str(tmp_path / "x.svg")],
    }
    keep.mkdir()
    for file, command in commands.items():
        file.write_text("mine")
        with pytest.raises(DataError, match=f"{file.name}: it exists; .* --force"):
            CliRunner().invoke(app, command, catch_exceptions=False)
        assert file.read_text() == "mine"
    for file, command in list(commands.items())[:4]:  # the others run models
        said(*command, "--force")
        assert "mine" not in file.read_text()
    said("report", run)
    said("report", run)  # its own file in the run


def test_no_command_overwrites_what_it_reads(run: str, tmp_path: Path) -> None:
    table, link = tmp_path / "p.csv", tmp_path / "link.csv"
    table.write_text("source,target\na,b\n")
    link.symlink_to(table)
    for command in (
        ["score", str(table), "--out", str(link)],
        ["report", run, "--out", f"{run}/manifest.json"],
        ["export", run, f"{run}/round-0/dataset/pairs.parquet"],
    ):
        with pytest.raises(DataError, match="it is what the command reads"):
            CliRunner().invoke(app, [*command, "--force"], catch_exceptions=False)
    assert table.read_text() == "source,target\na,b\n"


def test_files_of_outputs_that_would_have_one_name(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "test.jsonl").write_text('{"source": "a b c", "references": ["a b"]}\n')
    benches = [f"--bench={tmp_path / folder / 'test.jsonl'}" for folder in ("a", "b")]
    with pytest.raises(DataError, match="for two benchmarks or systems"):
        CliRunner().invoke(
            app, ["evaluate", "copy", *benches, f"--keep={tmp_path / 'keep'}"], catch_exceptions=False
        )


def test_a_malformed_licence_is_refused(run: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="OF=NAME"):
        CliRunner().invoke(
            app, ("publish", run, "--to", str(tmp_path / "out"), "--licence", "mit"), catch_exceptions=False
        )


def test_a_report_that_fails_is_said_and_spoils_nothing(tmp_path: Path) -> None:
    console = Console(record=True, quiet=False)
    try_report(console, tmp_path)
    assert "could not be written" in console.export_text()
