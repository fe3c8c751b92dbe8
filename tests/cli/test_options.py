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


def test_a_malformed_licence_is_refused(run: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="OF=NAME"):
        CliRunner().invoke(
            app, ("publish", run, "--to", str(tmp_path / "out"), "--licence", "mit"), catch_exceptions=False
        )


def test_a_report_that_fails_is_said_and_spoils_nothing(tmp_path: Path) -> None:
    console = Console(record=True, quiet=False)
    try_report(console, tmp_path)
    assert "could not be written" in console.export_text()
