"""Rules that change what is said: numbers, names, dates, negation, opposites, certainty."""

import random
import re
from collections.abc import Iterator

from spacy.tokens import Doc, Token

from ..text import thesaurus
from ..text.words import word_set
from . import words
from .grammar import (
    CONTRADICTION,
    ENTAILED,
    NEUTRAL,
    NOT_ENTAILED,
    Draw,
    Edit,
    both,
    capital,
    child,
    definite,
    entities,
    first_verb,
    has,
    name_key,
    one,
    plain,
    replaced,
    root,
    subject_of,
    whole,
)

# After these, another number may still follow from the sentence.
_BOUNDED = word_set(
    """more less least most over under about nearly almost around approximately to up than some between
    roughly"""
)
_UNITS = word_set("percent % km kg m cm mm mph points")


def number_changed(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """A number becomes another of the same form: "in 1999" -> "in 1987", "25 men" -> "41 men"."""
    for token in doc:
        bounded = token.i and doc[token.i - 1].lower_ in _BOUNDED
        new = "" if bounded else _other_number(token, draw.chance)
        if new:
            yield both(doc, replaced(doc, (one(token), new)), NOT_ENTAILED)


def _other_number(token: Token, chance: random.Random) -> str:
    """ "" if it is no number, or none to change."""
    text, word = token.text, token.lower_
    if re.fullmatch(r"1\d{3}|20[012]\d", text):
        return str(int(text) + chance.choice([-1, 1]) * chance.randint(1, 30))
    if re.fullmatch(r"\d{1,3}(,\d{3})+|\d{1,6}", text) and int(text.replace(",", "")) > 1:
        return _other_digits(text, chance)
    if token.dep_ == "nummod" and word in words.UNITS[2:] + words.TENS:
        return chance.choice([w for w in words.UNITS[2:13] + words.TENS if w != word])
    if token.dep_ == "amod" and word in words.ORDINALS and token.head.pos_ in ("NOUN", "PROPN"):
        return chance.choice([w for w in words.ORDINALS if w != word])
    return ""


def _other_digits(text: str, chance: random.Random) -> str:
    digits = list(text)
    while (new := "".join(digits)) == text:
        i = chance.choice([i for i, d in enumerate(digits) if d.isdigit()])
        digits[i] = chance.choice("123456789" if i == 0 else "0123456789")
    return "" if new == "1" else new  # "1 men"


def number_spelled(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "25 people" <-> "twenty-five people": a count of common nouns, in words or in digits."""
    for token in doc[:-1]:
        counted = doc[token.i + 1]
        if token.dep_ != "nummod" or token.head != counted:
            continue
        if counted.tag_ != "NNS" or counted.lower_ in _UNITS or (token.i and _measures(doc[token.i - 1])):
            continue
        if re.fullmatch(r"[1-9]\d?", token.text) and token.text != "1":
            yield both(doc, replaced(doc, (one(token), words.spelled(int(token.text)))), ENTAILED)
        elif token.lower_ in words.UNITS[2:]:
            yield both(doc, replaced(doc, (one(token), str(words.UNITS.index(token.lower_)))), ENTAILED)


def _measures(before: Token) -> bool:
    return before.pos_ in ("PROPN", "NUM", "SYM") or before.text in "$-#–"


def name_changed(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """A person, place, organisation or people becomes another of the same type and length."""
    present = {w.lower() for w in doc.text.split()}
    for entity in entities(doc):
        known = draw.names.get(name_key(entity), [])
        others = [name for name in known if not present & {w.lower() for w in name.split()}]
        if len(others) >= 20:
            yield both(doc, replaced(doc, (entity, draw.chance.choice(others))), NOT_ENTAILED)


def date_changed(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """Another month or weekday."""
    for token in doc:
        for names in (words.MONTHS, words.WEEKDAYS):
            if token.text in names and token.ent_type_ == "DATE" and token.pos_ == "PROPN":
                new = draw.chance.choice([n for n in names if n not in doc.text])
                yield both(doc, replaced(doc, (one(token), new)), NOT_ENTAILED)


_DIRECT = word_set("is are was were has had will")
# With these in the sentence, "not" would not deny the whole of it, or would sound wrong.
_POLAR = words.RISKY - {"not"} | word_set(
    """also just still already both either yet anymore ever always often sometimes usually generally some
    many few several mostly mainly there or because until"""
)


def negated(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "was" -> "was not", "moved" -> "did not move", "was not" -> "was" in the main clause."""
    verb = root(doc)
    nots = [t for t in doc if t.lower_ in ("not", "n't")]
    if len(nots) > 1 or has(doc, _POLAR) or not definite(subject_of(verb)):
        return
    first = first_verb(verb)
    after = doc[first.i + 1]
    if nots:
        if after == nots[0] and after.text == "not" and after.head == verb and first.lower_ in _DIRECT:
            yield both(doc, replaced(doc, (doc[first.i : after.i + 1], first.text)), CONTRADICTION)
    elif first.lower_ in _DIRECT and (first != verb or verb.lemma_ == "be"):
        yield both(doc, replaced(doc, (one(first), f"{first.text} not")), CONTRADICTION)
    elif first == verb and verb.tag_ == "VBD" and words.inflect(verb.lemma_, "VBD") == verb.text:
        yield both(doc, replaced(doc, (one(verb), f"did not {verb.lemma_}")), CONTRADICTION)


_ANTONYMS = {
    pos: thesaurus.table(rows, both_ways=True)
    for pos, rows in (
        ("ADJ", thesaurus.ANTONYM_ADJECTIVES),
        ("ADV", thesaurus.ANTONYM_ADVERBS),
        ("VERB", thesaurus.ANTONYM_VERBS),
        ("ADP", thesaurus.ANTONYM_PLACES),
        ("SCONJ", thesaurus.ANTONYM_PLACES),
        ("NOUN", thesaurus.ANTONYM_PLACES),
    )
}


def antonym(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """A word becomes its opposite. A contradiction in the predicate of a definite subject; elsewhere ("a
    large house") both may hold, and the pair is only not entailed.
    """
    for token in doc:
        key = token.lemma_ if token.pos_ == "VERB" else token.lower_
        opposites = _ANTONYMS.get(token.pos_, {}).get(key)
        hyphenated = "-" in doc.text[token.idx - 1 : token.idx + len(token) + 1]
        if opposites is None or token.ent_type_ or hyphenated:
            continue
        new = draw.chance.choice(opposites)
        if token.pos_ == "VERB":
            if words.inflect(key, token.tag_) != token.lower_:
                continue
            new = words.inflect(new, token.tag_)
        yield both(doc, replaced(doc, (one(token), new)), _opposition(doc, token))


def _opposition(doc: Doc, token: Token) -> str:
    top = root(doc)
    said_of_it = token == top or (token.dep_ == "acomp" and token.head == top)
    sure = said_of_it and token.pos_ in ("ADJ", "VERB") and definite(subject_of(top)) and plain(doc)
    return CONTRADICTION if sure else NOT_ENTAILED


def modality(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "will" -> "may", and a fact -> a rumour ("was allegedly"): what may be need not be."""
    verb = root(doc)
    first = first_verb(verb)
    if has(doc, words.RISKY):
        return
    if first.lower_ == "will" and first != verb:
        may = draw.chance.choice(["may", "might"])
        yield Edit(doc.text, replaced(doc, (one(first), may)), ENTAILED, NEUTRAL)
    elif first.lower_ in ("was", "were", "is", "are", "has", "had"):
        hedge = draw.chance.choice(["allegedly", "reportedly", "supposedly", "possibly", "perhaps"])
        yield Edit(doc.text, replaced(doc, (one(first), f"{first.text} {hedge}")), "", NEUTRAL)


def reported(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "They claim that X" does not say X."""
    verb = root(doc)
    said = child(verb, "ccomp")
    if said is None or verb.lemma_ not in words.NON_FACTIVE or subject_of(said) is None:
        return
    span = whole(said)
    denied = any(t.dep_ == "neg" for t in verb.children)
    if denied or span is None or span.start < verb.i or span.end < len(doc) - 1:
        return
    span = span[1:] if span[0].lower_ == "that" else span
    if len(span) >= 5 and span[0].pos_ != "PRON":
        yield Edit(doc.text, capital(span.text) + ".", NEUTRAL, NOT_ENTAILED)
