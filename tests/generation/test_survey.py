import json
from pathlib import Path

import pytest

from impossible.errors import DataError
from impossible.generation.survey import survey, text_columns
from impossible.recipe.load import resolve

SETTINGS = resolve({}).restatement
assert SETTINGS is not None
ROWS = [
    {
        "id": 1,
        "subject": "A slow phone here",
        "body": "My old phone has been very slow since the last update.",
    },
    {
        "id": 2,
        "subject": "A lost parcel now",
        "body": "the parcel was lost on its way to the north of spain.",
    },
    {"id": 3, "subject": "Nothing but thanks", "body": "Thanks!"},
    {
        "id": 4,
        "subject": "Une lettre en plus",
        "body": "Le colis que nous avons commandé est perdu depuis lundi.",
    },
]


def made(folder: Path, rows: object = ROWS) -> Path:
    path = folder / "tickets.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")  # type: ignore[attr-defined]
    return path


def test_the_column_of_the_longest_texts_is_read(tmp_path: Path) -> None:
    path = made(tmp_path)
    assert text_columns(path) == ("body", "subject")
    found = survey(path, None, SETTINGS)
    assert (found.field, found.usable, found.whole) == ("body", 2, True)
    assert found.report.documents == 3
    assert found.report.counts["not English"] == 1
    assert found.report.counts["in lower case: capitals were put at the start of sentences"] == 1
    assert found.report.unfit == {"under 7 words": 1}


def test_a_long_corpus_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text(
        "".join(f"The old phone number {n} is slow since the last update.\n" for n in range(2100))
    )
    found = survey(path, None, SETTINGS)
    assert (found.field, found.usable, found.whole, found.report.documents) == (None, 2000, False, 2000)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"id": 1, "grade": "good"}], "no column of texts; give one with --field"),
        ([{"text": "Not long. Not short."}], "no sentence that can be restated: 1 document; 0 of 2"),
        ([{"text": "Le colis que nous avons commandé est perdu depuis lundi."}], "no English text"),
    ],
)
def test_a_corpus_without_sentences_is_refused(tmp_path: Path, rows: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        survey(made(tmp_path, rows), None, SETTINGS)
