import random
from collections.abc import Iterator

import pytest

from impossible.critics.parser import ParsedSentences, load_parser
from impossible.edits.compose import editable, rewordings, shortenings

NEWS = "Police arrested two men in Leeds on Monday after a fire destroyed the library, officials said."


@pytest.fixture(scope="module")
def parse() -> ParsedSentences:
    return ParsedSentences(load_parser(lemmas=True))


def test_shortenings_leave_out_up_to_three_things(parse: ParsedSentences) -> None:
    found = shortenings(parse([NEWS])[0], parse)
    assert "Police arrested two men in Leeds." in found
    assert len(found) <= 12 and NEWS not in found and all(len(rules) <= 4 for rules in found.values())


@pytest.mark.parametrize(
    ("sentence", "after"),
    [
        (NEWS, f"According to officials, police {NEWS[7:].removesuffix(', officials said.')}."),
        ("The council will build a bridge to help the farmers.",
         "To help the farmers, the council will build a bridge."),
        ("The museum gave the school a painting.", "The museum gave a painting to the school."),
        ("The council closed the school on Monday.", "On Monday, the council closed the school."),
        ("The council bought a film in May.", "In May, the council bought a movie."),
    ],
)  # fmt: skip
def test_rewordings_say_the_same(parse: ParsedSentences, sentence: str, after: str) -> None:
    assert after in rewordings(parse([sentence])[0], parse)


def test_a_changed_word_alone_is_no_rewording(parse: ParsedSentences) -> None:
    assert rewordings(parse(["The big film was not a success."])[0], parse) == {}


@pytest.mark.parametrize(
    "sentence",
    ["Was the school closed on Monday by the council?", "A school in the north of the country.", "Closed.",
     'The man said: "The council closed the school."'],
)  # fmt: skip
def test_only_plain_statements_are_edited(parse: ParsedSentences, sentence: str) -> None:
    assert not editable(parse([sentence])[0])


def _odd(count: int) -> Iterator[str]:
    """Sentences with pieces repeated, cut and put in a wrong place."""
    chance, pieces = (
        random.Random(3),
        NEWS[:-1].split() + "( ) , ; - — ' “ . in of and that who 3 (WHO) said".split(),
    )
    for _ in range(count):
        yield f"{' '.join(chance.choices(pieces, k=chance.randrange(1, 25))).capitalize()}."


def test_odd_input_gives_the_same_twice_and_never_fails(parse: ParsedSentences) -> None:
    for doc in parse(list(_odd(1000))):
        for edit in (rewordings, shortenings):
            found = edit(doc, parse)
            assert found == edit(doc, parse) and all(text[0] == text[0].upper() for text in found)
