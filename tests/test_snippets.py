"""Commands and Python of README and docs: all are parsed, and what takes seconds is run on a small run."""

import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from impossible.cli.app import app
from impossible.recipe.layers import parse_override
from impossible.recipe.load import distil_settings, load, resolve

from .test_docs import EXAMPLES, FENCE, PAGES, ROOT, blocks

SHELL = ("", "bash", "console")
MEANT = ("--help", "--install-completion")  # end the program while they are parsed

# Commands that are only parsed, and why.
NOT_RUN = {
    "run": "minutes; `small_run` runs one",
    "plan": "a minute",
    "calibrate": "waits for keys: tests/cli",
    "explore": "a server: tests/explore",
    "serve": "a server: tests/serving",
    "publish": "scores with all models again: tests/publish",
    "verify": "makes groups again: tests/pipeline/test_verify.py",
    "safety": "a minute",
    "compare": "two runs: tests/cli",
    "distil": "trains: tests/students",
    "paraphrase": "needs a student: tests/cli",
    "summarize": "needs a student: tests/cli",
    "augment": "needs a student: tests/serving",
    "control-accuracy": "needs a student: tests/students",
    "export-student": "needs a student: tests/serving",
    "export-preferences": "rejected pairs of the right kind: tests/cli",
    "evaluate": "a minute, and a benchmark: tests/evaluate",
    "dataset-report": "a minute: tests/evaluate",
    "proximity": "minutes: tests/evaluate",
    "score": "a file of pairs: tests/cli",
    "critic": "trains: tests/critic_training",
}
# Words of Python blocks that are not run, and why.
NOT_EXECUTED = {
    "OpenAI(": "a server: tests/serving",
    "open_student": "needs a student: tests/students",
    "class Critic(Protocol)": "a fragment of the source",
    "CriticSpec(": "a fragment of the source",
}


def commands_of(text: str) -> Iterator[str]:
    """The arguments of each call of impossible in a block."""
    for line in text.replace("\\\n", " ").splitlines():
        found = re.search(r"(?:^|[\s/;&])impossible ([^#]*.*)", line)
        if found and not line.lstrip().startswith("#"):
            yield re.split(r"\s(?:\||>|&&|&$)", found[1])[0]


def in_blocks() -> list[tuple[str, str]]:
    return [
        (page, line)
        for kind in SHELL
        for page, text in blocks(kind)
        for line in commands_of(text)
        if "…" not in line
    ]


def in_prose() -> list[tuple[str, str]]:
    """Commands between backticks, which may leave out what is needed."""
    found = []
    for page in PAGES:
        for span in re.findall(r"`impossible\s([^`]*)`", FENCE.sub("", page.read_text(encoding="utf-8"))):
            line = " ".join(span.replace("…", "").split())
            if line and not line.startswith("COMMAND"):
                found.append((page.name, line))
    return found


def command_of(line: str) -> tuple[TyperCommand | TyperGroup, list[str]]:
    """The command that a line calls, and its arguments."""
    words = shlex.split(line, comments=True)
    command: Any = get_command(app)
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        command = command.commands[words.pop(0)]
    return command, words


@pytest.mark.parametrize(("page", "line"), in_blocks())
def test_commands_are_understood(page: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the program parses them: types, what is needed, and the settings behind --set."""
    monkeypatch.setenv("IMPOSSIBLE_STUDENT", "students/first")
    monkeypatch.chdir(ROOT)
    command, words = command_of(line)
    if any(word in MEANT for word in words):
        return
    command.make_context(command.name, list(words)).close()
    given = [value for flag, value in zip(words, words[1:], strict=False) if flag == "--set"]
    if command.name == "distil":
        distil_settings(given)
    elif words and words[0].endswith(".toml") and Path(words[0]).exists():
        load(Path(words[0]), given)
    else:
        resolve({"distil": {}}, "--set", [parse_override(one) for one in given])


@pytest.mark.parametrize(("page", "line"), in_prose())
def test_commands_in_the_text_are_understood(page: str, line: str) -> None:
    command, words = command_of(line)
    _, left, _ = command.make_parser(typer.Context(command)).parse_args(words)
    assert not left


@pytest.fixture(scope="module")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `mine.toml` and a run of it, under every name that the pages give to runs."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(EXAMPLES, folder / "examples")
    (folder / "recipes").symlink_to(ROOT / "recipes")
    shutil.copy(EXAMPLES / "tickets.csv", folder)
    (folder / "mine.toml").write_text(
        '[contexts]\ncorpus = "tickets.csv"\nfield = "body"\ncount = 4\n'
        "[restatement]\nper_cue = 6\n[filter]\ntemplate_share = false\n"
    )
    done = call(folder, ["run", "mine.toml", "--out", "runs/mine"])
    assert done.exit_code == 0, done.output
    for name in ("tickets", "first", "demo", "a", "b"):
        (folder / "runs" / name).symlink_to(folder / "runs" / "mine")
    return folder


def call(folder: Path, words: list[str]) -> Any:
    before = Path.cwd()
    os.chdir(folder)
    try:
        return CliRunner().invoke(app, words)
    finally:
        os.chdir(before)


def quick() -> Iterator[tuple[str, str]]:
    for page, line in in_blocks():
        words = shlex.split(line, comments=True)
        if page not in ("cli.md", "recipe.md") and words[0] not in NOT_RUN and words[0] not in MEANT:
            yield page, line


@pytest.mark.parametrize(("page", "line"), list(quick()))
def test_commands_run(page: str, line: str, small_run: Path) -> None:
    words = shlex.split(line, comments=True)
    if words[0] == "why":  # the sentences of a page are not those of the small run
        words = ["why", words[1], "the"]
    if words[0] == "export":
        words.append("--force")  # pages write to one name
    if words[0] == "init":
        words[words.index("--out") + 1] = "new.toml"  # the run has a recipe of the name in the pages
    done = call(small_run, words)
    assert done.exit_code == 0, done.output


def python() -> Iterator[tuple[str, str]]:
    for page, text in blocks("python"):
        if not any(mark in text for mark in NOT_EXECUTED):
            yield page, text


@pytest.mark.parametrize(("page", "text"), list(python()))
def test_python_runs(page: str, text: str, small_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(small_run)
    exec(compile(text, page, "exec"), {})


def test_the_list_of_what_is_not_run_is_current() -> None:
    commands = get_command(app)
    assert isinstance(commands, TyperGroup)
    assert set(NOT_RUN) <= set(commands.commands)
    texts = [text for _, text in blocks("python")]
    assert all(any(mark in text for text in texts) for mark in NOT_EXECUTED)
