import random

import pytest
from spacy.language import Language

from impossible.critics.parser import load_parser
from impossible.edits.compose import editable
from impossible.edits.drops import (
    adjective,
    adjunct,
    adverb,
    aside,
    attributed,
    bracketed,
    leading,
    restriction,
    second_clause,
)
from impossible.edits.grammar import Draw, Rule


@pytest.fixture(scope="module")
def nlp() -> Language:
    return load_parser(lemmas=True)


def _made(nlp: Language, rule: Rule, sentence: str) -> list[str]:
    doc = nlp(sentence)
    assert editable(doc)
    return [edit.after for edit in rule(doc, Draw(random.Random(0), {}))]


@pytest.mark.parametrize(
    ("rule", "sentence", "after"),
    [
        (leading, "After the storm, the council closed two schools.", "The council closed two schools."),
        (leading, "However, the council closed two schools.", "The council closed two schools."),
        (adjunct, "The council closed two schools in Leeds on Monday.", "The council closed two schools in Leeds."),
        (adjunct, "The council closed the school because the roof leaked.", "The council closed the school."),
        (adjunct, "The army on Tuesday attacked the village.", "The army attacked the village."),
        (adjunct, "Ann Wein was born on June 12, 1948, in New York City, and was raised in a Jewish household.", "Ann Wein was born in New York City, and was raised in a Jewish household."),
        (aside, "Ann Smith, a teacher from Leeds, wrote the report.", "Ann Smith wrote the report."),
        (aside, "The council, which owns the school, sold the field.", "The council sold the field."),
        (aside, "The council sold the field, ending a long dispute.", "The council sold the field."),
        (bracketed, "The World Health Organization (WHO) published a report.",
         "The World Health Organization published a report."),
        (attributed, "The council closed two schools, police said.", "The council closed two schools."),
        (attributed, "The study found that the drug reduced pain.", "The drug reduced pain."),
        (attributed, "According to police, the man stole a car.", "The man stole a car."),
        (adverb, "The council quickly closed two schools.", "The council closed two schools."),
        (adjective, "The council opened a large school.", "The council opened a school."),
        (restriction, "A man who lived in Leeds has won the prize.", "A man has won the prize."),
        (second_clause, "The council sold the field and bought a farm.", "The council sold the field."),
    ],
)  # fmt: skip
def test_what_may_go(nlp: Language, rule: Rule, sentence: str, after: str) -> None:
    assert after in _made(nlp, rule, sentence)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (leading, "If it rains, the council closes two schools."),
        (leading, "In theory, the council closes two schools."),
        (adjunct, "The council did not close the school on Monday."),
        (adjunct, "The council closed the largest school in Leeds in 1999."),
        (adjunct, "The trial of the teacher is set for Monday."),
        (adjunct, "The council treats the school as if it were a field."),
        (aside, "The council sold a field, a farm, and a school."),
        (bracketed, "The council closed the school (not the library) in May."),
        (attributed, "The farmer believes that the man stole a car."),
        (attributed, "The company said that it would build a school."),
        (adverb, "The man allegedly stole a car from a farm."),
        (adjective, "The police found a fake gun."),
        (adjective, "The council did not open a large school."),
        (restriction, "Every man who lived in Leeds has won a prize."),
        (restriction, "The man who lived in Leeds has won a prize."),
        (second_clause, "The council sold the field or bought a farm."),
    ],
)
def test_what_must_stay(nlp: Language, rule: Rule, sentence: str) -> None:
    assert not _made(nlp, rule, sentence)
