"""The student that ships answers plain sentences; its drafts are judged by the default critics."""

import pytest

from impossible import open_student
from impossible.errors import ModelError
from impossible.students.student import Student


@pytest.fixture(scope="module")
def student() -> Student:
    return open_student("embedded:student")


def test_it_summarizes(student: Student) -> None:
    text = "The museum, which was damaged by an earthquake in 2019, will reopen to the public in September."
    [answer] = student.summarize([text])
    assert answer.best is not None
    assert len(answer.best.text) < 0.85 * len(text) and "museum" in answer.best.text


def test_it_paraphrases(student: Student) -> None:
    text = "After two years of talks, the museum bought forty paintings from a private collector in Lyon."
    [answer] = student.paraphrase([text])
    assert answer.best is not None and answer.best.text != text
    assert {"forty", "Lyon"} <= set(answer.best.text.rstrip(".").split())


def test_drafts_are_its_own(student: Student) -> None:
    [answer] = student.summarize(["The old bridge over the Tarn, built in 1890, was closed on Monday."], 16)
    assert any(o.by == "draft" for o in answer.outputs)


def test_its_card_says_what_it_learned_from() -> None:
    from impossible.models.locate import locate

    card = (locate("embedded:student") / "README.md").read_text(encoding="utf-8")
    assert "Wikipedia" in card and "validation loss" in card


def test_an_unknown_one_is_named() -> None:
    with pytest.raises(ModelError, match=r"unknown model 'embedded:pupil'"):
        open_student("embedded:pupil")
