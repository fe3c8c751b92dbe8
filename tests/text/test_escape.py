"""Escape sequences in what a language model wrote never reach a terminal."""

import io
import json
import math
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from rich.console import Console

from impossible.analysis.why import Rival, Sentence, Story
from impossible.cli.app import main
from impossible.cli.tables.pair import story
from impossible.cli.tables.run import sample_table
from impossible.cli.texts import as_json, as_text
from impossible.data import dataset
from impossible.data.run_folder import DATASET_FILE
from impossible.data.schema import DATASET
from impossible.data.state import State
from impossible.recipe.critics import Bound
from impossible.students.student import Answer
from impossible.text.escape import json_value, plain, plain_json, visible

# clears the screen, sets the title, moves up, C1 control sequence, right-to-left, markup of rich
EVIL = "A \x1b[2J\x1b]0;owned\x07 \x1b[1A\r \x9b31m \u202e [bold red]dog\x08."


def shown(*parts: object) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=200, color_system=None)
    for part in parts:
        console.print(part)
    return out.getvalue()


def is_harmless(text: str) -> bool:
    return all(c.isprintable() or c == "\n" for c in text) and "owned" in text


def test_tables_and_stories(tmp_path: Path) -> None:
    row = {**dict.fromkeys(DATASET.names), "task": "summary", "source": EVIL, "target": EVIL}
    dataset.write(pa.Table.from_pylist([row], DATASET), tmp_path)
    state = State(tmp_path, 1, 1, file=tmp_path / DATASET_FILE)
    said = Sentence(EVIL, 1, -1.0)
    told = Story("id", "summary", EVIL, EVIL, EVIL, said, said, (), "duplicate", None, Rival("a", EVIL, EVIL), (Rival("b", EVIL, EVIL),))  # fmt: skip
    for text in (shown(sample_table(state, 1, 7)), shown(*story(told))):
        # rich's own styling is the only thing that may be left
        bare = (
            text.replace("\x1b[1m", "").replace("\x1b[0m", "").replace("\x1b[3m", "").replace("\x1b[2m", "")
        )
        assert is_harmless(bare) and "[bold red]dog" in bare


def test_what_a_student_says() -> None:
    from impossible.students.student import Output

    output = Output(EVIL, "kept", 1.0, {}, {})
    answer = Answer(EVIL, (output,), "")
    assert is_harmless(as_text(answer, "\n")) and is_harmless(as_json(answer))
    assert json.loads(as_json(answer))["outputs"][0]["text"] == EVIL


def test_errors_that_repeat_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    path = tmp_path / "evil.toml"
    path.write_text(f"preset = {json.dumps(EVIL)}\n")
    monkeypatch.setattr(sys, "argv", ["impossible", "run", str(path)])
    with pytest.raises(SystemExit):
        main()
    assert is_harmless(capsys.readouterr().err)


def test_plain_text_is_left_as_it_is() -> None:
    assert plain("Größe “5” – naïve 漢字 😀") == "Größe “5” – naïve 漢字 😀"
    assert json.loads(plain_json([EVIL, 1.5])) == [EVIL, 1.5]


def test_json_has_null_for_what_it_cannot_say_and_settings_as_their_fields() -> None:
    value = {"a": (1, math.nan), "b": [{"c": -math.inf}], "bound": Bound(min=0.5), "text": "x"}
    wanted = {"a": [1, None], "b": [{"c": None}], "bound": {"min": 0.5, "max": None}, "text": "x"}
    assert json_value(value) == json.loads(plain_json(value)) == wanted


def test_white_space_is_seen_as_a_space_and_what_is_invisible_is_spelt() -> None:
    assert visible("a\tb\nc\xa0d \x1b[2J") == "a b c d \\x1b[2J"
