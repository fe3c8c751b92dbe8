import importlib.util
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from impossible.cli.app import app
from impossible.critics.parser import load_parser
from impossible.errors import ModelError
from impossible.models.extras import MODULES, Extra, install_command, require_extra
from impossible.pipeline.engines import open_engine
from impossible.pipeline.run import run
from impossible.recipe.execution import Execution
from impossible.recipe.load import resolve
from impossible.recipe.teacher import Endpoint, Teacher
from impossible.teachers import open_teacher

EACH = [(extra, module) for extra, modules in MODULES.items() for module in modules]


def hide(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """As if it were not installed: Python takes None for that."""
    monkeypatch.setitem(sys.modules, module, None)


def test_extras_are_those_of_the_distribution() -> None:
    pyproject = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    extras = pyproject["project"]["optional-dependencies"]
    named = {extra: [line.partition(">")[0] for line in lines] for extra, lines in extras.items()}
    assert {extra: list(modules) for extra, modules in MODULES.items()} == {
        extra: lines for extra, lines in named.items() if extra not in ("dev", "docs")
    }


@pytest.mark.parametrize(("extra", "module"), EACH)
def test_a_missing_module_is_one_line_with_the_command(
    monkeypatch: pytest.MonkeyPatch, extra: Extra, module: str
) -> None:
    hide(monkeypatch, module)
    with pytest.raises(ModelError) as caught:
        require_extra(extra, "this")
    assert (
        str(caught.value) == f"this needs the extra {extra}: pip install 'impossible-distillation[{extra}]'"
    )


def test_what_is_installed_is_not_asked_for() -> None:
    there = [extra for extra, modules in MODULES.items() if all(map(importlib.util.find_spec, modules))]
    assert "train" in there and all(install_command(extra) == "" for extra in there)
    for extra in there:
        require_extra(extra, "this")


def test_who_needs_an_extra_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for _, module in EACH:
        hide(monkeypatch, module)
    with pytest.raises(ModelError, match=r'execution.engine = "ray" .*\[ray\]'):
        open_engine(Execution(engine="ray"))
    server = Teacher(backend="endpoint", endpoint=Endpoint(url="http://localhost:1/v1"))
    with pytest.raises(ModelError, match=r"endpoint\]"):
        open_teacher(server, Execution())
    with pytest.raises(ModelError, match=r"constituency\]"):
        load_parser("benepar:benepar_en3")


@pytest.mark.parametrize("module", MODULES["train"])
def test_critics_are_not_trained_for_an_export_that_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    hide(monkeypatch, module)
    (tmp_path / "nli.jsonl").write_text('{"premise": "a", "hypothesis": "b", "label": "neutral"}\n')
    arguments = ["--data", str(tmp_path / "nli.jsonl"), "--base", "none", "--out", str(tmp_path / "critic")]
    with pytest.raises(ModelError, match=r"impossible critic train needs the extra train: pip install .*n\]"):
        CliRunner().invoke(app, ["critic", "train", *arguments], catch_exceptions=False)
    assert not (tmp_path / "critic").exists()


def test_a_run_asks_for_its_students_parser_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "benepar")
    recipe = resolve({"distil": {"parser": "benepar:benepar_en3"}})
    with pytest.raises(ModelError, match=r"parser benepar:benepar_en3 needs the extra constituency: "):
        run(recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()
