"""Every format, every mess, every error of a corpus; all files are made here."""

import gzip
import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impossible.errors import DataError
from impossible.generation.corpus import MAX_CHARS, CorpusReport, Document, Opening, openings, read_documents


def read(path: Path, field: str | None = None) -> tuple[list[tuple[int, str]], CorpusReport]:
    report = CorpusReport()
    found = [(d.row, d.text) for d in read_documents(path, field, report)]
    assert report.documents == len(found)
    return found, report


def made(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# --- formats ------------------------------------------------------------------------------------------------


def test_paragraphs(tmp_path: Path) -> None:
    path = made(tmp_path, "a.txt", "\n\nOne\nof two.\n \n\nThree.\n\n\nFour.")
    assert read(path)[0] == [(3, "One\nof two."), (7, "Three."), (10, "Four.")]


def test_a_document_a_line(tmp_path: Path) -> None:
    assert read(made(tmp_path, "a.txt", "One.\nTwo.\nThree.\n\n"))[0] == [
        (1, "One."),
        (2, "Two."),
        (3, "Three."),
    ]


def test_stray_blank_lines_do_not_make_paragraphs(tmp_path: Path) -> None:
    lines = ["A document a line."] * 200
    lines[100] = ""
    found, report = read(made(tmp_path, "a.txt", "\n".join(lines)))
    assert len(found) == 199
    assert report.lines() == ["1 × empty (row 101)"]


def test_jsonl(tmp_path: Path) -> None:
    rows = ['{"text": "One.", "id": 1}', "", '{"text": ""}', '{"id": 4}', '{"text": 5}', '{"text": "Six."}']
    for name, content in (
        ("a.jsonl", "\n".join(rows).encode()),
        ("a.jsonl.gz", gzip.compress("\n".join(rows).encode())),
    ):
        found, report = read(made(tmp_path, name, content))
        assert found == [(1, "One."), (6, "Six.")]
        assert report.lines() == [
            "2 × empty (rows 2, 3)",
            "1 × no 'text' (row 4)",
            "1 × 'text' is not text (row 5)",
        ]


@pytest.mark.parametrize(
    ("name", "separator"), [("a.csv", ","), ("b.csv", ";"), ("c.tsv", "\t"), ("C.TSV", "\t")]
)
def test_csv(tmp_path: Path, name: str, separator: str) -> None:
    rows = [["id", "body "], ["1", '"One,\nand; ""two""."'], [], ["3"], ["4", " "], ["5", "Five."]]
    path = made(tmp_path, name, "\r\n".join(separator.join(row) for row in rows))
    found, report = read(path, "body")
    assert found == [(1, 'One,\nand; "two".'), (5, "Five.")]
    assert report.counts == {"empty": 2, "no 'body'": 1}


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_parquet(tmp_path: Path, kind: pa.DataType) -> None:
    texts = ["One.", None, "", "Four."] + ["More."] * 600
    table = pa.table({"n": range(604), "text": pa.array(texts, pa.string()).cast(kind)})
    pq.write_table(table, tmp_path / "a.parquet")
    found, report = read(tmp_path / "a.parquet", "text")
    assert found[:2] == [(1, "One."), (4, "Four.")]
    assert found[-1] == (604, "More.")
    assert report.counts == {"no 'text'": 1, "empty": 1}


# --- messes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks(tmp_path: Path, encoding: str) -> None:
    text = "text\r\nCafé “open”.\r\nTwo.\r\n".encode(encoding)
    assert read(made(tmp_path, "a.csv", text), "text")[0] == [(1, "Café “open”."), (2, "Two.")]


def test_utf_16_big_endian(tmp_path: Path) -> None:
    path = made(tmp_path, "a.txt", b"\xfe\xff" + "Café.".encode("utf-16-be"))
    assert read(path)[0] == [(1, "Café.")]


def test_crlf(tmp_path: Path) -> None:
    assert read(made(tmp_path, "a.txt", "One\r\ntwo.\r\n\r\nThree.\r\n"))[0] == [
        (1, "One\ntwo."),
        (4, "Three."),
    ]


def test_invalid_utf_8_is_read_as_cp1252_line_by_line(tmp_path: Path) -> None:
    lines = ["Café.".encode(), "Café “here”.".encode("cp1252"), b"\x81\x9d ok", "Naïve.".encode()]
    found, report = read(made(tmp_path, "a.txt", b"\n".join(lines)))
    assert [text for _, text in found[:2]] == ["Café.", "Café “here”."]
    assert found[3] == (4, "Naïve.")
    assert report.rows == {"line not UTF-8, read as cp1252": [2, 3], "broken character": [3]}


def test_mojibake(tmp_path: Path) -> None:
    broken = "The cafÃ©â€™s owner left."
    found, report = read(made(tmp_path, "a.jsonl", json.dumps({"text": broken}) + '\n{"text": "It’s fine."}'))
    assert found == [(1, "The café’s owner left."), (2, "It’s fine.")]
    assert report.lines() == ["1 × mojibake (row 1)"]


def test_web_pages_are_mended(tmp_path: Path) -> None:
    lines = [
        "<div class='a'>The door is&nbsp;locked.</div><p>It was <b>open</b>.<br/>Go.",
        "Tom &amp;amp; Ann don&#39;t know if 3 < 4 &lt;b&gt;here&lt;/b&gt;.",
        "The la\u00admp is\u200b \u2066here\u2069.",
    ]
    found, report = read(made(tmp_path, "a.txt", "\n".join(lines)))
    assert found == [
        (1, "The door is\xa0locked.\n\n\n\nIt was open.\nGo."),
        (2, "Tom & Ann don't know if 3 < 4 here."),
        (3, "The lamp is here."),
    ]
    assert report.counts == {"markup": 2, "entities": 2, "invisible characters": 1}


@pytest.mark.parametrize("end", ["\r", "\r\n", "\u2028", "\x85"])
def test_line_ends_of_other_systems(tmp_path: Path, end: str) -> None:
    path = made(tmp_path, "a.txt", end.join(["The bus is late.", "My bike is old.", "I walk home."]))
    assert read(path)[0] == [(1, "The bus is late."), (2, "My bike is old."), (3, "I walk home.")]


def test_other_languages_are_passed_over(tmp_path: Path) -> None:
    lines = [
        "El perro duerme todo el día en la cocina.",
        "The dog sleeps all day in the kitchen.",
        "Le chien dort toute la journée dans la cuisine.",
        "Собака весь день спит на кухне.",
        "my dog sleeps in the kitchen",
    ]
    found, report = read(made(tmp_path, "a.txt", "\n".join(lines)))
    assert [row for row, _ in found] == [2, 5]
    assert report.rows == {"not English": [1, 3, 4]}
    with pytest.raises(DataError, match="has no English text: 1 × not English"):
        read(made(tmp_path, "b.txt", lines[0]))


def test_a_field_that_only_some_rows_have(tmp_path: Path) -> None:
    found, report = read(made(tmp_path, "a.jsonl", '{"id": 1}\n{"text": "The bus is late."}'))
    assert (found, report.counts) == ([(2, "The bus is late.")], {"no 'text'": 1})
    with pytest.raises(DataError, match=r"no field 'body' \(fields present: id, text\)"):
        read(tmp_path / "a.jsonl", "body")


def test_nuls_and_lone_surrogates(tmp_path: Path) -> None:
    found, report = read(
        made(tmp_path, "a.jsonl", '{"text": "a\\u0000b"}\n{"text": "a\\ud83d"}\n{"text": "\\u0000"}')
    )
    assert [row for row, _ in found] == [1, 2]
    assert found[0][1] == "ab"
    found[1][1].encode()  # can be stored
    assert report.counts == {"NUL": 2, "broken character": 1, "empty": 1}


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.csv"])
def test_ten_megabytes_in_a_line(tmp_path: Path, name: str) -> None:
    huge = "word " * 2_000_000
    content = {"a.txt": f"{huge}\nTwo.", "a.jsonl": f'{{"text": "{huge}"}}\n{{"text": "Two."}}'}
    found, report = read(made(tmp_path, name, content.get(name, f"text\n{huge}\nTwo.")))
    assert [len(text) for _, text in found] == [MAX_CHARS - 1, 4]
    assert report.lines() == ["1 × cut to 20,000 characters (row 1)"]


def test_a_huge_paragraph_of_short_lines(tmp_path: Path) -> None:
    found, report = read(made(tmp_path, "a.txt", "One.\n\n" * 3000 + "word\n" * 100_000 + "\nTwo."))
    assert len(found) == 3002
    assert report.counts == {"cut to 20,000 characters": 1}


def test_report_shows_the_first_rows_only() -> None:
    report = CorpusReport()
    for row in range(1, 9):
        report.note("empty", row)
    report.note("NUL", 3)
    assert report.lines() == ["8 × empty (rows 1, 2, 3, 4, 5, …)", "1 × NUL (row 3)"]


def test_reading_streams(tmp_path: Path) -> None:
    path = made(tmp_path, "a.jsonl", '{"text": "One."}\nnot JSON')
    assert next(iter(read_documents(path, "text"))) == Document(1, "One.")


# --- errors -------------------------------------------------------------------------------------------------

BAD = [
    ("a.pdf", b"x", None, "unknown extension '.pdf'; the name must end in .txt, .jsonl, .csv, .tsv"),
    ("a", b"x", None, "unknown extension ''"),
    ("a.parquet.gz", b"x", None, "unknown extension '.parquet.gz'"),
    ("a.txt", b"x", "text", "a text file has no fields"),
    ("a.txt", b"", None, "has no text"),
    ("a.txt", b"\n \n\0\n", None, "has no text: 3 × empty (rows 1, 2, 3); 1 × NUL (row 3)"),
    ("a.jsonl", b"", None, "has no text"),
    ("a.jsonl", b'{"text": 5}\n{"text": 6}', None, "has no text: 2 × 'text' is not text (rows 1, 2)"),
    (
        "a.jsonl",
        b'{"body": "x", "id": 1}',
        "boddy",
        "no field 'boddy'; did you mean 'body'? (fields present: body, id)",
    ),
    ("a.jsonl", b'{"body": "x"}', None, "no field 'text' (fields present: body)"),
    ("a.jsonl", b"{}", None, "(fields present: none)"),
    ("a.jsonl", b'{"text": "x"}\n\n{"text": ', None, "row 3: not valid JSON"),
    ("a.jsonl", b"[" * 100_000, None, "row 1: not valid JSON"),
    ("a.jsonl", b'["x"]', None, 'row 1: a JSON object is wanted, found ["x"]'),
    ("a.jsonl.gz", b'{"text": "x"}', None, "cannot be read: Not a gzipped file"),
    ("a.jsonl.gz", gzip.compress(b'{"text": "x"}' * 999)[:-20], None, "cannot be read"),
    ("a.csv", b"", "text", "no field 'text' (fields present: none)"),
    ("a.csv", b"id,body\n1,x", "text", "no field 'text' (fields present: id, body)"),
    ("a.parquet", b"PAR1 but not really", None, "not a readable Parquet file"),
    ("a.parquet", b"", None, "not a readable Parquet file"),
]


@pytest.mark.parametrize(("name", "content", "field", "message"), BAD, ids=[b[3] for b in BAD])
def test_bad_corpora(tmp_path: Path, name: str, content: bytes, field: str | None, message: str) -> None:
    path = made(tmp_path, name, content)
    with pytest.raises(DataError) as caught:
        read(path, field)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_and_folder_fail_before_reading(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        read_documents(tmp_path / "none.txt", None)
    with pytest.raises(DataError, match="is a folder"):
        read_documents(tmp_path, None)


def test_bad_parquet_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"body": ["x"], "n": [1]}), path)
    with pytest.raises(DataError, match=r"no field 'text' \(fields present: body, n\)"):
        read(path)
    with pytest.raises(DataError, match="has no text: 1 × 'n' is not text"):
        read(path, "n")


def test_parquet_with_text_that_is_not_utf_8(tmp_path: Path) -> None:
    array = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff\xfe"]).buffers())
    pq.write_table(pa.table({"text": array}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match="not a readable Parquet file"):
        read(tmp_path / "a.parquet")


# --- openings -----------------------------------------------------------------------------------------------

STORY = (
    "A Heading\n\nThe cat number {n} sat there. It was grey. It slept. It ate a lot. It left. It came back."
)


def stories(count: int) -> list[Document]:
    return [Document(n, STORY.format(n=n)) for n in range(1, count + 1)]


def test_openings_are_a_sample_in_order_of_row() -> None:
    found = openings(stories(300), (1, 5), 40, seed=7)
    assert len(found) == 40
    assert [o.row for o in found] == sorted(o.row for o in found)
    assert {o.text.count(".") for o in found} == {1, 2, 3, 4, 5}
    assert all(o.text.startswith(f"The cat number {o.row} sat there.") for o in found)


def test_openings_depend_on_the_seed_and_not_on_the_order() -> None:
    documents = stories(300)
    found = openings(documents, (1, 5), 40, seed=7)
    random.Random(1).shuffle(documents)
    assert openings(iter(documents), (1, 5), 40, seed=7) == found
    assert openings(documents, (1, 5), 40, seed=8) != found


def test_a_larger_sample_holds_the_smaller() -> None:
    small, large = (openings(stories(100), (2, 2), count, seed=7) for count in (10, 30))
    assert set(small) <= set(large)


def test_equal_openings_come_once() -> None:
    documents = [Document(n, f"The cat sat there. Then came number {n}.") for n in range(1, 50)]
    assert openings(documents, (1, 1), 10, seed=7) == [Opening(1, "The cat sat there.")]


def test_documents_without_a_sentence_are_left_out() -> None:
    texts = [
        "No sentence here",
        "<b>It</b> is markup.",
        "Title\n\nHello. <b>It</b> is bad. The end.",
        "1.\n2.\n3.",
    ]
    documents, report = [Document(n, text) for n, text in enumerate(texts, 1)], CorpusReport()
    assert openings(documents, (5, 5), 10, seed=7, report=report) == [Opening(3, "Hello.")]
    assert report.lines() == [
        "1 × no well-formed sentence at the beginning: unterminated (row 1)",
        "1 × no well-formed sentence at the beginning: bad start (row 2)",
        "1 × no well-formed sentence at the beginning: list item (row 4)",
    ]
    assert openings([], (1, 5), 10, seed=7) == []


def test_documents_in_lower_case_get_the_capitals_of_their_sentences() -> None:
    documents, report = (
        [Document(1, "it broke. so i sent it back."), Document(2, "It is so.")],
        CorpusReport(),
    )
    found = openings(documents, (2, 2), 10, seed=7, report=report)
    assert [one.text for one in found] == ["It broke. So I sent it back.", "It is so."]
    assert report.lines() == ["1 × in lower case: capitals were put at the start of sentences (row 1)"]
