"""Rules that leave something out: what is left follows, unless what went made it another thing."""

from collections.abc import Iterator

from spacy.tokens import Doc

from ..text.words import word_set
from .grammar import (
    ENTAILED,
    NEUTRAL,
    NOT_ENTAILED,
    VERBS,
    Draw,
    Edit,
    adjunct,
    both,
    capital,
    child,
    last_preposition,
    one_clause,
    plain,
    replaced,
    root,
    subject_of,
    whole,
    without,
)

# A "fake gun" is no gun, and "the first man" not the man.
_NOT_SUBSECTIVE = word_set(
    """former fake alleged possible potential future would-be first second third last next only main other
    same such own more most less few many several any old virtual false apparent likely artificial average
    median total half so-called vice deputy acting failed attempted proposed suspected stuffed"""
)


_ARTICLES = ("a", "an", "the", "his", "her")


def adjective_dropped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "a new drug" -> "a drug"."""
    if not plain(doc):
        return
    for token in doc[1:]:
        noun = token.head
        if (
            token.dep_ != "amod"
            or token.lower_ in _NOT_SUBSECTIVE
            or noun.i != token.i + 1
            or not token.is_lower
        ):
            continue
        before = doc[token.i - 1]
        if (
            not token.is_alpha
            or noun.dep_ not in ("dobj", "pobj", "attr")
            or before.lower_ not in ("a", "an", "the", "his", "her")
        ):
            continue
        fits = before.lower_ not in ("a", "an") or (noun.text[0] in "aeiou") == (token.text[0] in "aeiou")
        if fits and child(noun, "relcl", "acl", "prep") is None:
            yield Edit(doc.text, replaced(doc, (doc[token.i : noun.i + 1], noun.text)), ENTAILED, NEUTRAL)


def place_dropped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """The last place of a complete clause: "was arrested in Paris." -> "was arrested."."""
    verb, last = root(doc), last_preposition(doc)
    place, span = child(last, "pobj"), adjunct(last)
    if last is None or span is None or place is None or not plain(doc) or not one_clause(doc):
        return
    complete = child(verb, "dobj", "auxpass") is not None and verb.lemma_ not in ("set", "situate", "locate")
    if complete and last.lower_ in ("in", "at", "near") and place.ent_type_ in ("GPE", "LOC", "FAC"):
        yield Edit(doc.text, f"{doc[: span.start].text.rstrip(' ,')}.", ENTAILED, NEUTRAL)


_EMPTY_ALONE = word_set("surround own accompany follow assist cause replace precede head")


def agent_dropped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "was attacked by the army in 1944" -> "was attacked in 1944"."""
    verb = root(doc)
    agent = child(verb, "agent")
    span = whole(agent) if agent is not None else None
    if span is None or not plain(doc) or child(verb, "auxpass") is None or span[0].lower_ != "by":
        return
    if verb.lemma_ in _EMPTY_ALONE:
        return
    if doc[span.start - 1].is_punct or len(span) > 10 or not one_clause(doc):
        return
    yield Edit(doc.text, without(doc, span).replace(" .", "."), ENTAILED, NEUTRAL)


def arm_dropped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "He wrote the book and directed the film." -> "He wrote the book."; not so for "or"."""
    verb = root(doc)
    other, link = child(verb, "conj"), child(verb, "cc")
    if other is None or link is None or other.pos_ not in VERBS or subject_of(other) is not None:
        return
    span = whole(other)
    if span is None or link.i + 1 != span.start or span.end != len(doc) - 1 or span.start - verb.i < 2:
        return
    left = doc[: link.i].text.rstrip(" ,") + "."
    if link.lower_ == "and" and plain(doc) and child(other, "aux") is None:
        yield Edit(doc.text, left, ENTAILED, NEUTRAL)
    elif link.lower_ == "or":
        yield Edit(doc.text, left, NEUTRAL, NOT_ENTAILED)


def first_name_dropped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "Angela Merkel visited" -> "Merkel visited"."""
    for name in doc.ents:
        whole_name = name.label_ == "PERSON" and len(name) == 2 and all(t.tag_ == "NNP" for t in name)
        if whole_name and all(t.text.isalpha() and t.text[0].isupper() for t in name):
            around = [doc[i] for i in (name.start - 1, name.end) if 0 <= i < len(doc)]
            acts = name.root.dep_ == "nsubj" and name.root.head.pos_ == "VERB"  # names of places rarely do
            if acts and not any(t.pos_ == "PROPN" or t.text in ("'s", "-") for t in around):
                yield Edit(doc.text, replaced(doc, (name, name[1].text)), ENTAILED, NEUTRAL)


_COMPASS = word_set("north south east west northern southern eastern western central")
_NO_PLACE = _COMPASS | {"new", "san", "st", "saint", "the"}  # no place by themselves


def part_of_place(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "Colorado Springs" -> "Colorado", "South Korea" -> "Korea": another place."""
    for name in doc.ents:
        if name.label_ not in ("GPE", "LOC", "FAC") or len(name) != 2:
            continue
        first, second = name
        if first.tag_ != "NNP" or second.tag_ != "NNP" or not (first.is_alpha and second.is_alpha):
            continue
        kept = second if first.lower_ in _COMPASS else first
        if kept.lower_ not in _NO_PLACE and name.end < len(doc) and doc[name.end].text not in ("'s", "-"):
            yield both(doc, replaced(doc, (name, kept.text)), NOT_ENTAILED)


_THINGS = ("nsubj", "nsubjpass", "dobj", "pobj")
# "a dance routine" is a dance
_LIGHT = word_set(
    """example routine process area period movement system release frame campaign time level site case work
    season activity event type form part group member state story"""
)


def head_dropped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "the drug company" -> "the drug": the modifier stands for the thing."""
    for noun in doc:
        part = child(noun, "compound")
        if part is None or noun.pos_ != "NOUN" or part.pos_ != "NOUN" or part.i + 1 != noun.i:
            continue
        if part.tag_ != "NN" or noun.tag_ != "NN" or child(part, "compound", "amod") is not None:
            continue
        ends = doc[noun.i + 1].pos_ not in ("NOUN", "PROPN")
        if ends and noun.dep_ in _THINGS and noun.lower_ not in _LIGHT:
            yield both(doc, replaced(doc, (doc[part.i : noun.i + 1], part.text)), NOT_ENTAILED)


def apposition_turned(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "Smith, the head of the bank, resigned." <-> "The head of the bank, Smith, resigned."."""
    for token in doc:
        name = token.head
        if token.dep_ != "appos" or name.ent_type_ != "PERSON" or token.ent_type_:
            continue
        first, second = doc[name.left_edge.i : name.i + 1], whole(token)
        if second is None or first.end + 1 != second.start or doc[first.end].text != ",":
            continue
        if (
            second.end >= len(doc)
            or doc[second.end].text != ","
            or second[0].lower_ not in ("the", "its", "their")
        ):
            continue
        if first.start or any(t.is_punct for t in second) or any(t.ent_type_ != "PERSON" for t in first):
            continue
        yield both(doc, f"{capital(second.text)}, {first.text}, {doc[second.end + 1 :].text}", ENTAILED)
