"""The command line of students: what it prints, and what bad input gets."""

import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from impossible.cli.app import main
from impossible.data.tables import read_rows
from impossible.recipe.critic_table import CRITICS
from impossible.students.reasons import REASONS
from impossible.students.student import Student
from tests.students import models


def command(*arguments: str, stdin: bytes = b"", screen: io.StringIO | None = None) -> tuple[int, str, str]:
    """Run a command in this process: exit code, standard output, standard error."""
    out, err = screen or io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["impossible", *arguments])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as end:
                return int(end.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


# without a critic that has a model
CHEAP = """
[score]
paraphrase = false
summary = false
[filter]
paraphrase = {length_ratio = {min = 0.1}, numbers = false, persons = false, similarity = false, entities = false,
  entailment = false, well_formed = false, clause = false, judge = false, grounded = false, support = false,
  correct = false}
summary = {length_ratio = {max = 0.9}, numbers = false, persons = false, similarity = false, entities = false,
  entailment = false, well_formed = false, clause = false, judge = false, grounded = false, support = false,
  correct = false}
""".replace(",\n ", ",")


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPOSSIBLE_CACHE", str(folder / "cache"))
        base = models.llama(folder / "base")
        pq.write_table(models.pairs(8), folder / "pairs.parquet")
        sets = ("epochs=1", "batch=8", "precision=float32", 'controls=["length"]', "save_steps=2")
        flags = [word for s in sets for word in ("--set", s)]
        code, said, told = command(
            "distil",
            str(folder / "pairs.parquet"),
            "--out",
            str(folder / "student"),
            "--base",
            str(base),
            *flags,
        )
        assert code == 0 and "student of" in said and "training: step" in told, told
        (folder / "cheap.toml").write_text(CHEAP)
        yield folder / "student"


def test_a_finished_student_is_not_trained_again(student: Path) -> None:
    before = (student / "model.safetensors").stat().st_mtime_ns
    folder = student.parent
    sets = ("epochs=1", "batch=8", "precision=float32", 'controls=["length"]', "save_steps=2")
    flags = [word for s in sets for word in ("--set", s)]
    arguments = [
        "distil",
        str(folder / "pairs.parquet"),
        "--out",
        str(student),
        "--base",
        str(folder / "base"),
    ]
    assert command(*arguments, *flags)[0] == 0
    assert (student / "model.safetensors").stat().st_mtime_ns == before
    assert not student.with_name("student.training").exists()


def test_lines_in_lines_out(student: Path) -> None:
    code, said, told = command(
        *(
            "paraphrase",
            "--student",
            str(student),
            "--draws",
            "1",
            "--recipe",
            str(student.with_name("cheap.toml")),
        ),
        stdin="\n👍\nThe cat is big.\n".encode(),
    )
    assert code == 0 and said.count("\n") == 3 and said.startswith("\n\n")
    assert "nothing good enough for" in told


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_the_best_draft_and_why_it_was_rejected(student: Path, tmp_path: Path) -> None:
    (tmp_path / "none.toml").write_text(CHEAP.replace("{max = 0.9}", "{max = 0.0001}"))
    how = ("--student", str(student), "--recipe", str(tmp_path / "none.toml"), "--edits", "0")
    arguments = ("summarize", "The cat is big and red.", *how)
    _, piped, told = command(*arguments)
    assert piped == "" and "nothing good enough" in told
    _, seen, _ = command(*arguments, screen=_Screen())
    assert seen.startswith("[rejected: too long or too short for its source] ")
    _, seen, _ = command(*arguments, "--strict", screen=_Screen())
    assert seen == ""


def test_every_critic_has_a_reason_in_words() -> None:
    assert list(REASONS) == list(CRITICS)


def test_terms_are_protected_by_name_and_from_a_file(student: Path, tmp_path: Path) -> None:
    (tmp_path / "terms.txt").write_text("big\n\nAcme Router\n")
    cheap = str(student.with_name("cheap.toml"))
    how = ("--student", str(student), "--json", "--edits", "0", "--recipe", cheap)
    named = ("--protect", "cat", "--protect-file", str(tmp_path / "terms.txt"))
    _, said, _ = command("paraphrase", "The cat is big, {owner}.", *how, *named)
    answer = json.loads(said)
    assert answer["protected"] == ["cat", "big", "{owner}"]
    assert all(o["verdict"] == "protected" and "{owner}" in o["reason"] for o in answer["outputs"])
    _, said, _ = command("paraphrase", "The cat is big, {owner}.", *how, "--no-protect")
    assert json.loads(said)["protected"] == []


def test_json_has_what_was_rejected_and_why(student: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("body\nThe cat is big and red.\n这是。\n")
    arguments = ["summarize", str(tmp_path / "a.csv"), "--column", "body", "--length", "short", "-n", "2"]
    how = [
        "--student",
        str(student),
        "--json",
        "--draws",
        "4",
        "--recipe",
        str(student.with_name("cheap.toml")),
    ]
    code, said, _ = command(*arguments, *how)
    first, second = [json.loads(line) for line in said.splitlines()]
    assert code == 0 and first["source"] == "The cat is big and red." and "Latin" in second["note"]
    for output in first["outputs"]:
        assert output["accepted"] == (output["verdict"] == "kept") and "length_ratio" in output["scores"]
        assert output["accepted"] == (output["reason"] == "")


def test_a_file_of_rows_keeps_its_columns_and_its_order(student: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,body\n1,"The cat is big, and red."\n2,\n3,\u2028👍\n4,这是。\n')
    for end in ("csv", "jsonl", "parquet"):
        out = tmp_path / f"out.{end}"
        how = ["--student", str(student), "--recipe", str(student.with_name("cheap.toml")), "--draws", "4"]
        files = [str(tmp_path / "a.csv"), "--column", "body", "-n", "2", "--out", str(out)]
        code, said, told = command("paraphrase", *files, *how)
        assert code == 0 and said == f"4 texts -> {out}\n", told
        rows = read_rows(out)
        assert [row["id"] for row in rows] == ["1", "2", "3", "4"] and rows[0][
            "body"
        ] == "The cat is big, and red."
        assert {"paraphrase_1", "quality_2", "note"} < rows[0].keys()
        assert "no words" in rows[1]["note"] and "Latin" in rows[3]["note"] and not rows[1]["paraphrase_1"]


def test_ctrl_c_keeps_what_is_finished(
    student: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the second of the chunks that are answered together."""
    real, calls = Student._draw, []

    def draw(self: Student, *arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(self, *arguments)

    monkeypatch.setattr(Student, "_draw", draw)
    how = ["--student", str(student), "--recipe", str(student.with_name("cheap.toml")), "--draws", "1"]
    lines = b"The cat is big.\n" * 100
    code, said, told = command("paraphrase", "--out", str(tmp_path / "a.jsonl"), *how, stdin=lines)
    assert code == 130 and told.endswith("interrupted after 32 of 100 texts\n")
    assert said.startswith("32 texts") and len(read_rows(tmp_path / "a.jsonl")) == 32


def test_bytes_of_another_encoding_are_named_with_their_line(student: Path, tmp_path: Path) -> None:
    broken = "The cat.\nDas Café.\n".encode("latin-1")
    (tmp_path / "a.txt").write_bytes(broken)
    how = ("--student", str(student), "--json", "--recipe", str(student.with_name("cheap.toml")))
    for code, said, told in (
        command("paraphrase", *how, stdin=broken),
        command("paraphrase", str(tmp_path / "a.txt"), *how),
    ):
        assert code == 0 and "note: 1 × line not UTF-8, read as cp1252 (row 2)\n" in told
        assert [json.loads(line)["source"] for line in said.splitlines()] == ["The cat.", "Das Café."]
    (tmp_path / "b.jsonl").write_text('{"text": "cut \\ud83d in half"}\n')
    code, said, _ = command("paraphrase", str(tmp_path / "b.jsonl"), *how)
    assert code == 0 and json.loads(said)["source"] == "cut \ufffd in half"


def test_a_slash_makes_no_file_of_a_sentence(student: Path) -> None:
    how = ("--student", str(student), "--json", "--recipe", str(student.with_name("cheap.toml")))
    code, said, _ = command("paraphrase", "Tea and/or coffee is fine.", *how)
    assert code == 0 and json.loads(said)["source"] == "Tea and/or coffee is fine."


def test_one_text_that_gets_nothing(student: Path) -> None:
    code, said, told = command("paraphrase", "42", "--student", str(student))
    assert (code, said) == (0, "") and told == "nothing good enough: it has no words\n"


BAD = [
    (["paraphrase", "Hello there.", "--student", "FOLDER"], "is not a student"),
    (["paraphrase", "Hello there.", "--student", "STUDENT", "--length", "short"], "allowed are shorter"),
    (["paraphrase", "Hello there.", "--student", "STUDENT", "--wording", "far"], "its controls: length"),
    (
        ["paraphrase", "Hello there.", "--student", "STUDENT", "--syntax", "root", "--like", "x"],
        "give only one",
    ),
    (["paraphrase", "missing.jsonl", "--student", "STUDENT"], "missing.jsonl does not exist"),
    (["paraphrase", "my notse.TXT", "--student", "STUDENT"], "my notse.TXT does not exist"),
    (["paraphrase", "texts/mine", "--student", "STUDENT"], "texts/mine does not exist"),
    (["paraphrase", "./my file", "--student", "STUDENT"], "file does not exist"),
    (["paraphrase", "FOLDER", "--student", "STUDENT"], "is a folder"),
    (["paraphrase", "FOLDER/cheap.toml", "--student", "STUDENT"], "unknown extension '.toml'"),
    (["summarize", "FOLDER/pairs.parquet", "--student", "STUDENT"], "no text in 'text'; columns are task"),
    (["summarize", "Hello there.", "-n", "9", "--draws", "3", "--student", "STUDENT"], "1 ≤ n ≤ draws"),
    (["paraphrase", "Hello there.", "--out", "a.txt", "--student", "STUDENT"], "must end in .jsonl, .csv"),
    (["paraphrase", "Hi there.", "--protect", " ", "--student", "STUDENT"], "' ' is no term"),
    (["paraphrase", "Hi there.", "--protect-file", "FOLDER/none.txt", "--student", "STUDENT"], "not exist"),
    (["paraphrase", "Hi there.", "--protect", "a", "--no-protect", "--student", "STUDENT"], "--no-protect"),
    (["distil", "FOLDER/none.parquet", "--out", "FOLDER/new"], "does not exist"),
    (["distil", "FOLDER", "--out", "FOLDER/new"], "has no dataset"),
    (["distil", "FOLDER/pairs.parquet", "--out", "FOLDER/base"], "exists and is not a student"),
    (["distil", "FOLDER/pairs.parquet", "--out", "FOLDER/new", "--set", "epoch=3"], "did you mean epochs?"),
    (["distil", "FOLDER/pairs.parquet", "--out", "FOLDER/new", "--base", "./none"], "is not a folder"),
    (["control-accuracy", "STUDENT", "--data", "FOLDER/none.txt"], "does not exist"),
]


@pytest.mark.parametrize(("arguments", "says"), BAD, ids=[says for _, says in BAD])
def test_bad_input_gets_one_line_and_exit_code_2(student: Path, arguments: list[str], says: str) -> None:
    folder = str(student.parent)
    given = [a.replace("FOLDER", folder).replace("STUDENT", str(student)) for a in arguments]
    code, _, told = command(*given)
    assert code == 2 and told.startswith("error: ") and told.count("\n") == 1 and says in told, told
