from pathlib import Path

import pytest
import torch

from impossible.errors import DataError, ModelError, RecipeError
from impossible.recipe.critics import Bound, Filter, Score, TaskFilter
from impossible.students.decode import CTranslate2, Drawing, Transformers, open_decoder
from impossible.students.distil import make_student
from impossible.students.student import Student
from tests import tiny
from tests.students import models

SETTINGS = models.SETTINGS.model_copy(
    update={"epochs": 12.0, "save_steps": 40, "validation": 0.1, "lora_rank": 0, "max_tokens": 64}
)
# critics without a model, so that the tests are about the student
CHEAP = TaskFilter(numbers=Bound(min=1.0), rouge_l=Bound(max=0.95))
CHEAP_FILTER = Filter(paraphrase=CHEAP, summary=CHEAP)
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


def test_both_kinds_run_on_ctranslate2(student: Student) -> None:
    assert isinstance(student.decoder, CTranslate2)


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
    strict = Student(student.info, student.decoder, Filter(paraphrase=never))
    [answer] = strict.paraphrase(TEXTS[:1], 2)
    assert answer.best is None
    assert all(o.verdict == "rouge_l" and o.quality == 0 for o in answer.outputs if not o.accepted)


def test_a_critic_is_loaded_when_an_output_gets_that_far(student: Student) -> None:
    score = Score(parser="./no/such/parser")

    def ask(bound: Bound) -> None:
        bounds = TaskFilter(length_ratio=bound, entities=Bound(min=0.5))
        Student(student.info, student.decoder, Filter(paraphrase=bounds), score).paraphrase(TEXTS[:1], 2)

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
        ("The cat is big. " * 30, "too long"),
    ],
)
def test_what_is_not_tried_says_why(student: Student, text: str, note: str) -> None:
    before, odd, after = student.paraphrase([TEXTS[0], text, TEXTS[1]], 2)
    assert odd.source == text and note in odd.note and not odd.outputs and odd.best is None
    assert [before, after] == student.paraphrase(TEXTS[:2], 2)


def test_emoji_and_other_languages_go_through(student: Student) -> None:
    for answer in student.paraphrase(["The cat is big 👍.", "Das Haus ist très größer."], 2):
        assert not answer.note or answer.outputs == ()


def test_one_string_is_one_text(student: Student) -> None:
    assert student.paraphrase(TEXTS[0], 2) == student.paraphrase(TEXTS[:1], 2)  # type: ignore[arg-type]
    assert student.paraphrase([], 2) == []


def test_what_cannot_be_asked_is_named(student: Student) -> None:
    with pytest.raises(RecipeError, match="has not learned to be asked for syntax"):
        student.paraphrase(TEXTS, like="The cat is red.")
    with pytest.raises(RecipeError, match="allowed are shorter, similar, longer"):
        student.paraphrase(TEXTS, length="short")
    with pytest.raises(RecipeError, match="1 ≤ n ≤ draws"):
        student.paraphrase(TEXTS, 9, draws=8)
    with pytest.raises(DataError, match="text 1 is None"):
        student.paraphrase(["a", None])  # type: ignore[list-item]


def test_a_student_of_one_task(student: Student) -> None:
    one = Student(student.info.model_copy(update={"tasks": ("summary",)}), student.decoder, CHEAP_FILTER)
    with pytest.raises(RecipeError, match="has not learned paraphrase; it has learned summary"):
        one.paraphrase(TEXTS)


def test_a_family_that_ctranslate2_lacks_runs_on_transformers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPOSSIBLE_CACHE", str(tmp_path / "cache"))
    decoder = open_decoder(tiny.biogpt(tmp_path / "base"), "causal", 24)
    assert isinstance(decoder, Transformers)
    prompts = ["The cat is big .\n", "My old house .\n"]
    drawn = list(decoder.draw(prompts, 20, [1, 2], Drawing(temperature=1.0, top_p=1.0, top_k=0)))
    assert drawn[1:] == list(decoder.draw(prompts[1:], 20, [2], Drawing(1.0, 1.0, 0)))
    assert len(drawn) == 2 and all(isinstance(text, str) for texts in drawn for text in texts)


def test_no_student(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is no student .*impossible distil"):
        Student.load(tmp_path)
    (tmp_path / "student.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot be read"):
        Student.load(tmp_path)
