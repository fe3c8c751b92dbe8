import json
import re
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from impossible.errors import DataError
from impossible.evaluate.prompted import INSTRUCTIONS, SHOTS, Prompted, conversation, plain
from impossible.evaluate.systems import BestOf, OutputFile, StudentSystem, open_system, teacher_of
from impossible.metrics.models import Models
from impossible.metrics.table import BenchmarkRow, Rows
from impossible.recipe.critics import Bound, Filter, TaskFilter
from impossible.recipe.distil import Distil
from impossible.recipe.execution import Execution
from impossible.recipe.teacher import Teacher
from impossible.students.info import Info, write_info
from impossible.students.student import Student
from tests import tiny
from tests.students import models as tiny_students
from tests.teachers.misbehaving import serving, well

EXAMPLES = [BenchmarkRow("a", "The cat likes the old house ."), BenchmarkRow("b", "She has a new phone .")]
CHAT = "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>"


def outputs(spec: str) -> list[str]:
    system = open_system(spec, Teacher(), Execution())
    if isinstance(system, OutputFile):
        system.check(EXAMPLES, len(EXAMPLES))
    return system.outputs(EXAMPLES, "paraphrase")


def write(path: Path, rows: list[dict[str, object]]) -> str:
    path.write_text("\n".join(map(json.dumps, rows)))
    return str(path)


def test_copy_and_lead() -> None:
    assert outputs("copy") == [e.source for e in EXAMPLES]
    assert outputs("lead:2") == ["The cat", "She has"]
    assert outputs("lead:99") == [e.source for e in EXAMPLES]


def test_what_humans_wrote() -> None:
    system = open_system("reference", Teacher(), Execution())
    assert system.outputs([BenchmarkRow("a", "x", ("first", "second"))], "paraphrase") == ["first"]
    with pytest.raises(DataError, match="rows without references"):
        system.outputs(EXAMPLES, "paraphrase")


def test_outputs_made_elsewhere_by_id_or_by_order(tmp_path: Path) -> None:
    by_id = [{"id": "b", "output": "two"}, {"id": "x", "output": "none"}, {"id": "a", "output": "one"}]
    assert outputs(write(tmp_path / "ids.jsonl", by_id)) == ["one", "two"]
    (tmp_path / "order.csv").write_text("output\none\ntwo\n")
    assert outputs(str(tmp_path / "order.csv")) == ["one", "two"]
    more = OutputFile(Path(write(tmp_path / "more.jsonl", [{"output": word} for word in "abc"])))
    more.check(EXAMPLES, 3)  # --rows 2 of a benchmark of three
    assert more.outputs(EXAMPLES, "paraphrase") == ["a", "b"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([{"id": "a", "output": "x"}], "no output for 1 rows; the first has id 'b'"),
        ([{"output": "x"}], "1 rows without ids for 2 of the benchmark"),
        ([{"output": "x"}] * 5, "5 rows without ids for 2 of the benchmark"),
        ([{"id": "a", "output": "x"}, {"output": "y"}], "row 2: no 'id', which other rows have"),
        ([{"id": c, "output": "x"} for c in "aba"], "row 3: id 'a' is repeated"),
        ([{"text": "x"}], "row 1: no text in 'output'; columns are text"),
    ],
)
def test_outputs_that_do_not_fit(tmp_path: Path, rows: list[dict[str, object]], says: str) -> None:
    with pytest.raises(DataError, match=says):
        outputs(write(tmp_path / "outputs.jsonl", rows))


def test_a_student(tmp_path: Path) -> None:
    settings = Distil()
    info = Info(
        kind="causal",
        tasks=("paraphrase",),
        controls=("syntax",),
        max_tokens=64,
        base="tiny",
        pairs={},
        held_out=0,
        left_out=0,
        steps=0,
        validation_loss=None,
        settings=settings,
        seed=7,
    )
    write_info(tiny_students.llama(tmp_path), info)
    only_length = Filter(paraphrase=TaskFilter(length_ratio=Bound(min=0.0)))
    student = Student.load(tmp_path, only_length)
    examples = [BenchmarkRow(w, f"The {w} is old .", exemplar="She has a car .") for w in tiny.WORDS[18:24]]
    found = StudentSystem(student).outputs(examples, "paraphrase")
    best = [answer.outputs for answer in student.paraphrase([e.source for e in examples], 1)]
    assert found == [outputs[0].text if outputs else "" for outputs in best]
    assert len(StudentSystem(student, "exemplar").outputs(examples, "paraphrase")) == 6
    with pytest.raises(DataError, match="the benchmark has no reference"):
        StudentSystem(student, "reference").outputs(examples, "paraphrase")


@pytest.mark.parametrize(
    "spec", ["lead:0", "lead:x", "teacher:one-shot", "teacher:few-shot:4", "copy+3", "nothing"]
)
def test_an_unknown_system_is_named(spec: str) -> None:
    with pytest.raises(DataError, match=f"system '{re.escape(spec)}' is unknown; give copy"):
        outputs(spec)


def test_the_embedded_teacher_answers_in_its_template() -> None:
    system = open_system("teacher:few-shot:2", Teacher(), Execution())
    found = system.outputs(EXAMPLES, "paraphrase")
    assert len(found) == 2 and all(len(output.split()) > 2 for output in found)
    assert found == system.outputs(EXAMPLES, "paraphrase")


def test_the_cascade_chooses_among_several_answers() -> None:
    system = open_system("teacher:zero-shot+6", Teacher(), Execution())
    assert isinstance(system, BestOf)
    examples = [
        BenchmarkRow("a", "I am going to be with my son."),
        BenchmarkRow("b", "Can you help me fix it?"),
    ]
    drafts = system._prompted.drafts(examples, "paraphrase", 6)
    chosen = system.outputs(examples, "paraphrase")
    assert all(output in found for output, found in zip(chosen, drafts, strict=True))
    models = Models()
    kept = [
        bool(Rows([e], [o], models).accepted("default")[0]) for e, o in zip(examples, chosen, strict=True)
    ]
    some = [Rows([e] * 6, d, models).accepted("default").any() for e, d in zip(examples, drafts, strict=True)]
    assert kept == some


def test_any_causal_model_is_a_teacher(tmp_path: Path) -> None:
    teacher = teacher_of(str(tiny.gpt2(tmp_path)), "transformers")
    assert teacher.compute_type == "float32"
    assert len(open_system("teacher:zero-shot", teacher, Execution()).outputs(EXAMPLES, "summary")) == 2


def test_a_server_is_asked_in_plain_text_and_greedily(tmp_path: Path) -> None:
    (tmp_path / "ask.txt").write_text("Rewrite <{source}> as\n")
    with serving(well) as server:
        teacher = teacher_of("m", "ctranslate2", server.url)
        for spec in ("teacher:few-shot", f"prompt:{tmp_path / 'ask.txt'}"):
            found = open_system(spec, teacher, Execution()).outputs(EXAMPLES, "paraphrase")
            assert all(re.fullmatch(r"The \d+ dogs barked 0 times\.", output) for output in found)
        few, own = server.requests[:2], server.requests[2:]  # each in whatever order
    assert {r["prompt"] for r in own} == {f"Rewrite <{e.source}> as" for e in EXAMPLES}
    assert all(SHOTS["paraphrase"][0][0] in r["prompt"] for r in few)
    # nothing that OpenAI's own server would refuse
    expected = {"model", "prompt", "n", "seed", "max_tokens", "temperature", "top_p"}
    assert all(set(r) == expected and r["temperature"] == 0 and r["n"] == 1 for r in few + own)


def test_a_prompt_of_ones_own_in_the_models_template(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path / "model")
    words = AutoTokenizer.from_pretrained(folder)
    words.chat_template = CHAT
    words.save_pretrained(folder)
    teacher = teacher_of(str(folder), "transformers")
    prompted = Prompted(teacher, Execution(), False, "Say {source} twice: {source}")
    assert prompted._prompt("It.", "summary") == "<s><user>Say It. twice: It.<assistant>"


@pytest.mark.parametrize(("text", "says"), [("Say it.", "has no {source}"), (None, "cannot be read")])
def test_a_prompt_that_cannot_be_used(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "ask.txt").write_text(text)
    with pytest.raises(DataError, match=re.escape(says)):
        outputs(f"prompt:{tmp_path / 'ask.txt'}")


def test_a_plain_prompt() -> None:
    text = plain(INSTRUCTIONS["summary"][0], "Shorter", SHOTS["summary"][:1], "It is red.")
    question, answer = SHOTS["summary"][0]
    assert text.splitlines() == [
        INSTRUCTIONS["summary"][0],
        "",
        f"Sentence: {question}",
        f"Shorter: {answer}",
        "",
        "Sentence: It is red.",
        "Shorter:",
    ]


def test_a_conversation_in_the_models_own_template(tmp_path: Path) -> None:
    words = tiny.tokenizer()
    words.chat_template = CHAT
    words.save_pretrained(tmp_path)
    ask = "Say it."
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    text = conversation(loaded, ask, [("Q.", "A.")], "It is red.")
    assert text == f"<s><user>{ask}\n\nQ.<assistant>A.<user>{ask}\n\nIt is red.<assistant>"
