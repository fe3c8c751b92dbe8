"""What the command line teaches: panels, examples that hold, completion, JSON, widths and colours."""

import json
import math
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from impossible.cli.app import PANELS, app
from impossible.cli.terminal import WIDEST, open_console, prepare
from impossible.data.json_report import STDOUT, check_report, write_json
from impossible.errors import DataError

EXAMPLE = re.compile(r"Example: \[bold\](.+?)\[/bold\]")


def commands() -> Iterator[tuple[str, TyperCommand]]:
    root = get_command(app)
    assert isinstance(root, TyperGroup)
    for name, command in root.commands.items():
        if isinstance(command, TyperGroup):
            yield from ((f"{name} {n}", c) for n, c in command.commands.items())
        else:
            yield name, command


COMMANDS = dict(commands())


def test_every_command_stands_in_one_panel() -> None:
    placed = [name for names in PANELS.values() for name in names]
    assert sorted(placed) == sorted({name.split()[0] for name in COMMANDS})
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "100"}).stdout
    places = [shown.index(f"─ {panel} ─") for panel in PANELS]
    assert places == sorted(places)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_that_it_understands(name: str) -> None:
    command = COMMANDS[name]
    (example,) = EXAMPLE.findall(command.help or "")
    words = shlex.split(example)
    depth = len(name.split())
    assert words[: depth + 1] == ["impossible", *name.split()]
    parser = command.make_parser(typer.Context(command))  # unlike the command it asks for no file
    _, left, _ = parser.parse_args(words[depth + 1 :])
    assert not left


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is(name: str) -> None:
    silent = [p.name for p in COMMANDS[name].params if not getattr(p, "help", None)]
    assert not silent


def completed(line: str) -> str:
    words = shlex.split(line)
    env = {"_IMPOSSIBLE_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    return CliRunner().invoke(app, [], prog_name="impossible", env=env).stdout


def test_a_shell_completes_commands_settings_and_values() -> None:
    assert "whatif" in completed("impossible wh").split()
    assert completed("impossible run a.toml --set sampling.temp").strip() == "sampling.temperature="
    assert "filter.summary.judge.min=" in completed("impossible whatif r --set filter.summary.j").split()
    assert completed("impossible distil r --set learning").strip() == "learning_rate="
    assert completed("impossible run a.toml --until gen").strip() == "generate"
    assert completed("impossible export r f --task p").strip() == "paraphrase"


def test_settings_are_listed_and_found() -> None:
    found = json.loads(CliRunner().invoke(app, ["settings", "min_logprob", "--json"]).stdout)
    assert [one["key"] for one in found] == ["sampling.min_logprob"]
    assert found[0]["presets"]["default"] == "-20.0"
    assert "sampling.temperature" in CliRunner().invoke(app, ["settings", "temperature"]).stdout


def test_doctor_needs_no_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    machine = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)["machine"]
    assert machine["embedded"]["embedded:smollm2-135m"] == "" and "explore" in machine["extras"]
    said = CliRunner().invoke(app, ["doctor"])
    assert said.exit_code == 0 and "lacks" in said.stdout


def test_evaluations_go_to_standard_output_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    write_json(STDOUT, {"score": math.nan, "text": "\x9b31m"})
    said = capsys.readouterr().out
    found = json.loads(said)
    assert (found["score"], found["text"]) == (None, "\x9b31m") and "\x9b" not in said


def test_what_a_script_reads_comes_as_json() -> None:
    takers = {name for name, command in COMMANDS.items() if any("--json" in p.opts for p in command.params)}
    files = {
        "augment", "critic train", "distil", "export", "export-preferences", "export-student", "init", "report",
        "score",
    }  # they write a file, and say where  # fmt: skip
    others = {"explore", "calibrate", "serve", "setup"}  # they talk to a person, or to programs by HTTP
    assert COMMANDS.keys() - takers == files | others


def test_as_wide_as_one_can_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert open_console().width == WIDEST  # no terminal
    monkeypatch.setenv("COLUMNS", "60")
    assert open_console().width == 60
    monkeypatch.setenv("COLUMNS", "500")
    assert open_console().width == WIDEST
    for none in ("0", "", "wide"):
        monkeypatch.setenv("COLUMNS", none)
        prepare()
        assert open_console().width == WIDEST


def test_ctrl_c_during_the_imports_leaves_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text(
        "import os, signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a background job ignores it
        "os.kill(os.getpid(), signal.SIGINT)\n"
    )
    command = [sys.executable, "-m", "impossible", "settings"]
    path = os.pathsep.join([str(tmp_path), *sys.path])
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_report_is_named_as_what_it_is(tmp_path: Path) -> None:
    for path, endings in ((tmp_path / "r.csv", (".json", ".md")), (tmp_path / "r.md", (".json",))):
        with pytest.raises(DataError, match=f"must end in {' or '.join(endings)}"):
            check_report(path, endings)
    check_report(STDOUT)
    check_report(tmp_path / "r.JSON")


def test_no_colours_where_none_are_wanted(planted: Path) -> None:
    def coloured(**env: str) -> bool:
        said = CliRunner().invoke(app, ["status", str(planted)], env=env, color=True).stdout
        assert "kept" in said
        return re.search(r"\x1b\[[\d;]*3\d", said) is not None

    assert coloured(FORCE_COLOR="1", TERM="xterm-256color")
    assert not coloured(FORCE_COLOR="1", TERM="xterm-256color", NO_COLOR="1")
    assert not coloured()


def test_help_loads_no_model_library() -> None:
    ask = "import sys; import impossible.cli.app; print([m for m in HEAVY if m in sys.modules])"
    heavy = ("torch", "transformers", "pyarrow", "duckdb", "spacy", "numpy", "matplotlib")
    code = f"HEAVY = {heavy}; {ask}"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
