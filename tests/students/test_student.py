from dataclasses import replace
from pathlib import Path

import pytest
import torch

from impossible.errors import DataError, ModelError, RecipeError
from impossible.recipe.critics import Bound, Filter, Score, TaskFilter
from impossible.recipe.execution import Execution
from impossible.recipe.teacher import Backend
from impossible.students import decode
from impossible.students.controls import Controls
from impossible.students.decode import default_backend, finished, open_sampler, open_student_tokens
from impossible.students.distil import make_student
from impossible.students.prompts import prompt
from impossible.students.reasons import reason
from impossible.students.student import Student
from impossible.teachers.base import Decoding
from impossible.teachers.ctranslate2 import CTranslate2Sampler
from impossible.teachers.transformers import TransformersSampler
from tests import tiny
from tests.students import models

SETTINGS = models.SETTINGS.model_copy(
    update={"epochs": 12.0, "save_steps": 40, "validation": 0.1, "lora_rank": 0, "max_tokens": 64}
)
# critics without a model, so that the tests are about the student
CHEAP = TaskFilter(numbers=Bound(min=1.0), rouge_l=Bound(max=0.95))
CHEAP_FILTER = Filter(paraphrase=CHEAP, summary=CHEAP)
WIDE = Decoding(1.0, 1.0, 0, 24, sentences=0, max_ratio=2)
TEXTS = ["The cat is new and it is quite big.", "My old house is very small.", "A phone is red and nice."]


@pytest.fixture(scope="module", params=["llama", "t5", "bart"])
def student(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Student:
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPOSSIBLE_CACHE", str(folder / "cache"))
        base = models.KINDS[request.param](folder / "base")
        settings = SETTINGS.model_copy(update={"base": str(base)})
        make_student(models.pairs(), folder / "student", settings, 7)
        return Student.load(folder / "student", CHEAP_FILTER)


def folder_of(student: Student) -> Path:
    return Path(student.tokens.tokenizer.name_or_path)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPOSSIBLE_CACHE", str(tmp_path / "cache"))


def test_both_kinds_run_on_ctranslate2(student: Student) -> None:
    assert isinstance(student.sampler, CTranslate2Sampler)


def test_others_in_the_call_change_nothing(student: Student) -> None:
    # more than one crowd, and in another order
    many = [
        *TEXTS,
        *[f"The car is {w} and old." for w in ("red", "new", "big", "small", "nice") for _ in "xyz"],
    ]
    alone = [student.paraphrase([text], 3)[0] for text in TEXTS]
    assert student.paraphrase(many, 3)[:3] == alone
    assert student.paraphrase(many[::-1], 3)[-3:] == alone[::-1]


def test_torch_keeps_its_threads(student: Student) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        student.paraphrase(TEXTS[:1], 1)  # opens a model of CTranslate2, which sets OpenMP's number
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_the_seed_decides(student: Student) -> None:
    drawn = [student.paraphrase(TEXTS, 8, seed=seed) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_outputs_are_distinct_and_the_best_come_first(student: Student) -> None:
    [answer] = student.summarize(TEXTS[:1], 8, length="short", draws=32)
    texts = [o.text for o in answer.outputs]
    assert texts and len(texts) == len(set(texts)) <= 8
    keys = [(o.accepted, o.obeys["length"], o.quality) for o in answer.outputs]
    assert keys == sorted(keys, reverse=True)
    assert all(o.obeys == {"length": len(o.text) < 0.5 * len(TEXTS[0])} for o in answer.outputs)
    assert all({"numbers_forward", "numbers_backward"} & o.scores.keys() for o in answer.outputs)


def test_nothing_good_enough_is_an_answer(student: Student) -> None:
    never = TaskFilter(rouge_l=Bound(max=0.0), numbers=Bound(min=1.0))
    strict = Student(student.info, student.sampler, student.tokens, Filter(paraphrase=never))
    [answer] = strict.paraphrase(TEXTS[:1], 2)
    assert answer.best is None
    assert all(o.verdict == "rouge_l" and o.quality == 0 for o in answer.outputs if not o.accepted)


def test_edits_by_grammar_are_judged_beside_the_drafts(student: Student) -> None:
    text = "The mayor opened the new bridge in May."
    edited = Student(student.info, student.sampler, student.tokens, CHEAP_FILTER, edits=4)
    [answer] = edited.paraphrase([text], 20, draws=20)
    edits = [o for o in answer.outputs if o.by == "edit"]
    assert 1 <= len(edits) <= 4
    assert "In May, the mayor opened the new bridge." in {o.text for o in edits if o.accepted}
    assert all(o.by == "draft" for o in student.paraphrase([text], 20, draws=20)[0].outputs)


def test_what_lost_a_protected_term_is_shown_and_never_accepted(student: Student) -> None:
    text = "The cat is old and it is very small."
    [free] = student.paraphrase([text], 20, draws=20)
    [held] = student.paraphrase([text], 20, draws=20, protect=["very"])
    assert free.protected == () and held.protected == ("very",)
    assert {o.text for o in held.outputs} == {o.text for o in free.outputs}
    gone = [o for o in held.outputs if "very" not in o.text]
    assert gone and all(o.verdict == "protected" and o.lost == ("very",) for o in gone)
    assert all(o.lost == () and o.verdict != "protected" for o in held.outputs if o not in gone)
    assert [o.accepted for o in held.outputs] == sorted((o.accepted for o in held.outputs), reverse=True)
    assert reason(gone[0]) == "it lost or changed very"


def test_slots_are_protected_unless_let_go_and_terms_get_twice_the_drafts(student: Student) -> None:
    [held, free] = (student.paraphrase(["The {cat} is old."], 8, protect=p)[0] for p in ((), None))
    assert held.protected == ("{cat}",) and held.best is None  # no token of the tiny student has a brace
    assert all(o.verdict == "protected" for o in held.outputs) and free.protected == ()
    named = student.paraphrase(TEXTS, 1, protect=["cat"])
    assert named == student.paraphrase(TEXTS, 1, protect=["cat"], draws=16)


def test_a_critic_is_loaded_when_an_output_gets_that_far(student: Student) -> None:
    score = Score(parser="./no/such/parser")

    def ask(bound: Bound) -> None:
        bounds = TaskFilter(length_ratio=bound, entities=Bound(min=0.5))
        strict = Student(student.info, student.sampler, student.tokens, Filter(paraphrase=bounds), score)
        strict.paraphrase(TEXTS[:1], 2)

    ask(Bound(max=0.0))
    with pytest.raises(ModelError, match="no/such/parser"):
        ask(Bound(min=0.0))


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("", "no words"),
        (" \n\t", "no words"),
        ("👍 42 :-)", "no words"),
        ("这是一个句子。", "not in the Latin alphabet"),
        ("Это большой красный дом.", "not in the Latin alphabet (Russian?)"),
        ("Das Haus ist très größer.", "it is in German"),
        ("Le chat est grand et rouge.", "it is in French"),
        ("def f(x): return x + 1", "it is code"),
        ("The cat is big. " * 30, "too long"),
    ],
)
def test_what_is_not_tried_says_why(student: Student, text: str, note: str) -> None:
    before, odd, after = student.paraphrase([TEXTS[0], text, TEXTS[1]], 2)
    assert odd.source == text and note in odd.note and not odd.outputs and odd.best is None
    assert [before, after] == student.paraphrase(TEXTS[:2], 2)


def test_emoji_and_names_from_elsewhere_go_through(student: Student) -> None:
    for answer in student.paraphrase(["The cat is big 👍.", "The cat José is in Düsseldorf."], 2):
        assert not answer.note or answer.outputs == ()


def test_one_string_is_one_text(student: Student) -> None:
    assert student.paraphrase(TEXTS[0], 2) == student.paraphrase(TEXTS[:1], 2)  # type: ignore[arg-type]
    assert student.paraphrase([], 2) == []


def test_what_cannot_be_asked_is_named(student: Student) -> None:
    with pytest.raises(RecipeError, match="was not trained on control syntax"):
        student.paraphrase(TEXTS, like="The cat is red.")
    with pytest.raises(RecipeError, match="allowed are shorter, similar, longer"):
        student.paraphrase(TEXTS, length="short")
    with pytest.raises(RecipeError, match="1 ≤ n ≤ draws"):
        student.paraphrase(TEXTS, 9, draws=8)
    with pytest.raises(DataError, match="text 1 is None"):
        student.paraphrase(["a", None])  # type: ignore[list-item]


def test_a_student_of_one_task(student: Student) -> None:
    info = student.info.model_copy(update={"tasks": ("summary",)})
    one = Student(info, student.sampler, student.tokens, CHEAP_FILTER)
    with pytest.raises(RecipeError, match="has not learned paraphrase; it has learned summary"):
        one.paraphrase(TEXTS)


def test_a_family_that_ctranslate2_lacks_runs_on_transformers(tmp_path: Path) -> None:
    folder = tiny.biogpt(tmp_path / "base")
    sampler = open_sampler(folder, open_student_tokens(folder, "causal"), Execution())
    assert isinstance(sampler, TransformersSampler)
    prompts = ["The cat is big .\n", "My old house .\n"]
    drawn = list(sampler.sample(prompts, 20, [1, 2], WIDE))
    assert drawn[1:] == list(sampler.sample(prompts[1:], 20, [2], WIDE))
    assert len(drawn) == 2 and all(isinstance(one.text, str) for found in drawn for one in found)


def test_where_sums_of_bytes_are_cut_off_a_llama_runs_on_the_tree(
    student: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(student)
    llama = student.info.kind == "causal"
    assert default_backend(folder, student.tokens.seq2seq, Execution()) == "ctranslate2"
    assert default_backend(folder, student.tokens.seq2seq, Execution(device="cuda")) == "transformers"
    monkeypatch.setattr(decode, "exact_int8", lambda: False)
    assert default_backend(folder, student.tokens.seq2seq, Execution()) == (
        "tree" if llama else "ctranslate2"
    )


BACKENDS: tuple[Backend, ...] = ("ctranslate2", "transformers", "tree")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_student_is_a_sampler_on_the_teachers_backends(
    student: Student, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    if backend == "tree" and student.tokens.seq2seq:
        pytest.skip("the tree knows causal models only")
    sampler = open_sampler(folder_of(student), student.tokens, Execution(), backend)
    prompts = [prompt("paraphrase", text, Controls(), not student.tokens.seq2seq) for text in TEXTS]
    how = student.decoding(8)
    together = list(sampler.sample(prompts, 8, [1, 2, 3], how))
    assert together == [
        next(sampler.sample([p], 8, [s], how)) for p, s in zip(prompts, [1, 2, 3], strict=True)
    ]
    for asked, found in zip(prompts, together, strict=True):
        assert len(found) == 8 and len(finished(found)) > 4
        limit = how.limit(len(student.tokens.prompt(asked)))
        lengths = [len(student.tokens.continuation(one.text)) for one in found]
        assert all(length <= limit for length in lengths)
        # as the model was trained to read a prompt, so it scores what it wrote behind it
        scored = sampler.logprobs(asked, [one.text for one in found])
        assert [one.logprob for one in found] == pytest.approx(scored, rel=0.02, abs=0.1)


def test_what_has_no_end_token_is_no_draft(student: Student) -> None:
    prompts = [prompt("paraphrase", text, Controls(), not student.tokens.seq2seq) for text in TEXTS]
    short = replace(student.decoding(8), max_tokens=3)
    for backend in BACKENDS[: 2 if student.tokens.seq2seq else 3]:
        sampler = open_sampler(folder_of(student), student.tokens, Execution(), backend)
        drawn = [one for found in sampler.sample(prompts, 8, [1, 2, 3], short) for one in found]
        assert any(not one.ended for one in drawn)
        assert all(len(student.tokens.continuation(one.text)) < 3 for one in drawn if one.ended)


def test_who_has_had_enough_leaves_no_thread_waiting(student: Student) -> None:
    prompts = [prompt("paraphrase", text, Controls(), not student.tokens.seq2seq) for text in TEXTS]
    drawn = student.sampler.sample(prompts, 8, [1, 2, 3], student.decoding(8))
    first = next(drawn)
    del drawn  # held workers must end, or this test would hang here
    assert next(student.sampler.sample(prompts, 8, [1, 2, 3], student.decoding(8))) == first


def test_no_student(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not a student .*impossible distil"):
        Student.load(tmp_path)
    (tmp_path / "student.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot be read"):
        Student.load(tmp_path)
