from pathlib import Path

import pytest

from impossible.errors import DataError
from impossible.students.augmented import augmented, check_columns, texts_of
from impossible.students.student import Answer, Output

ROWS = [
    {"id": "7", "text": "Where is my new card?", "label": "card"},
    {"id": "8", "text": "I want to close the account that I opened here last year.", "label": "close"},
    {"id": "9", "text": "How much is it?", "label": "price"},
]


def answer(source: str, *texts: str, verdict: str = "kept") -> Answer:
    return Answer(source, tuple(Output(text, verdict, 0.5, {}, {}) for text in texts))


ANSWERS = [
    answer(ROWS[0]["text"], "Where's the new card?", "WHERE is my new card", "Is my new card here?"),
    answer(ROWS[1]["text"], "Last year I opened an account here that I want to close now.", "Close it."),
    answer(ROWS[2]["text"], "What does it cost?", verdict="judge"),
]


def test_only_accepted_texts_come_in_with_their_label_and_no_repeats() -> None:
    made = augmented(ROWS, ANSWERS, "text", 2)
    assert [(r["text"], r["label"], r["augmented_from"]) for r in made.rows] == [
        ("Where's the new card?", "card", 1),
        ("Is my new card here?", "card", 1),  # in place of the one that repeats its source
        ("Last year I opened an account here that I want to close now.", "close", 2),
        ("Close it.", "close", 2),
    ]
    assert (made.repeated, made.leaked, made.unanswered) == (1, 0, 1)
    assert made.rows[0]["id"] == "7" and made.rows[0]["quality"] == 0.5
    assert len(augmented(ROWS, ANSWERS, "text", 1).rows) == 2


def test_texts_of_a_test_do_not_leak_exact_or_nearly() -> None:
    test = ["close it", "Last year I opened an account here that I want to close today.", "Something else."]
    made = augmented(ROWS, ANSWERS, "text", 2, test)
    assert made.leaked == 2 and {r["label"] for r in made.rows} == {"card"}


def test_tables_and_lines_are_read_and_bad_columns_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,label\nOne.,a\nTwo.,b\n")
    (tmp_path / "t.txt").write_text("One.\nTwo.\n")
    assert texts_of(tmp_path / "t.csv", "text") == ["One.", "Two."]
    assert [t.strip() for t in texts_of(tmp_path / "t.txt", "text")] == ["One.", "Two."]
    with pytest.raises(DataError, match="no field 'words'"):
        texts_of(tmp_path / "t.csv", "words")
    with pytest.raises(DataError, match="row 1: no 'text' or no 'class'"):
        check_columns(ROWS, tmp_path / "t.csv", "text", "class")
    with pytest.raises(DataError, match="'quality', which augment writes"):
        check_columns([{**ROWS[0], "quality": 1}], tmp_path / "t.csv", "text", "label")
