"""Rules that change who did what to whom: the same words, in each other's place."""

import re
from collections.abc import Iterator
from itertools import combinations

from spacy.tokens import Doc, Span, Token

from ..text.words import word_set
from . import words
from .grammar import (
    COUNTS,
    NO_PLACE,
    NOT_ENTAILED,
    VERBS,
    Draw,
    Edit,
    both,
    child,
    entities,
    has,
    noun_phrase,
    one,
    plural,
    subject_of,
    swapped,
    whole,
)


def roles(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "The dog chased the man" -> "The man chased the dog", actively or passively."""
    for verb in doc:
        if (
            verb.pos_ != "VERB"
            or verb.lemma_ in words.SYMMETRIC
            or child(verb, "prt", "dative", "xcomp", "ccomp")
        ):
            continue
        doer, agent = subject_of(verb), child(verb, "agent")
        done_to = child(agent, "pobj") if agent is not None else child(verb, "dobj")
        a, b = noun_phrase(doer), noun_phrase(done_to)
        if a is None or b is None or a.end > b.start or a.text.lower() == b.text.lower():
            continue
        assert doer is not None and done_to is not None  # they have phrases
        agrees = verb.tag_ == "VBD" or plural(doer) == plural(done_to)
        if agrees and done_to.ent_type_ not in COUNTS:
            yield both(doc, swapped(doc, a, b), NOT_ENTAILED)


_ALIAS = word_set(
    """known called referred named renamed née nee alias aka nicknamed and/or each respectively"""
)
_MUTUAL = word_set("""between with versus vs alongside near opposite against beside next across among like""")


def names_swapped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """Two names of one type in different places of the sentence change places."""
    if has(doc, _ALIAS):
        return
    for a, b in combinations(entities(doc), 2):
        alike = a.label_ == b.label_ and a.root.tag_ == b.root.tag_
        if alike and _distinct(doc, a, b) and _apart(a.root, b.root):
            yield both(doc, swapped(doc, a, b), NOT_ENTAILED)


def _distinct(doc: Doc, a: Span, b: Span) -> bool:
    """No word in common, each named once, a verb or preposition between them."""
    shared = {t.lower_ for t in a} & {t.lower_ for t in b}
    twice = any(doc.text.count(t.text) > 1 for span in (a, b) for t in span)
    return not shared and not twice and any(t.pos_ in (*VERBS, "ADP") for t in doc[a.end : b.start])


def _apart(a: Token, b: Token) -> bool:
    """Do the two stand in different roles, not side by side in a list, an apposition or an identity?"""
    above_a, above_b = [a, *a.ancestors], [b, *b.ancestors]
    meeting = next((t for t in above_a if t in above_b), None)
    if meeting is None or meeting.lemma_ in words.SYMMETRIC:
        return False
    path = above_a[: above_a.index(meeting)] + above_b[: above_b.index(meeting)]
    for token in path:
        if token.lower_ in _MUTUAL:
            return False
        if token.lemma_ in words.SYMMETRIC if token.pos_ in VERBS else token.dep_ in ("conj", "appos"):
            return False
    parallel = [t.lower_ for t in path if t.head == meeting and t.dep_ == "prep"]  # "in London, in Paris"
    return len(set(parallel)) == len(parallel)


_VAGUE = words.QUANTIFIED | word_set("own same various certain different previous following whole entire")


def modifiers_swapped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "the red car hit the blue truck" -> "the blue car hit the red truck"."""
    for a, b in combinations([t for t in doc[:-1] if _modifies(t)], 2):
        once = doc.text.count(a.text) == 1 == doc.text.count(b.text)
        if once and a.head.lemma_ != b.head.lemma_ and a.lower_ != b.lower_:
            yield both(doc, swapped(doc, one(a), one(b)), NOT_ENTAILED)


def _modifies(token: Token) -> bool:
    noun, before = token.head, token.doc[token.i - 1]
    if token.tag_ != "JJ" or token.dep_ != "amod" or not token.is_alpha or token.lower_ in _VAGUE:
        return False
    return (noun.pos_, noun.i) == ("NOUN", token.i + 1) and before.text != "-"


def nouns_swapped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """The objects of two different prepositions change places."""
    for a, b in combinations([t for t in doc if t.dep_ == "pobj"], 2):
        x, y = noun_phrase(a, 4), noun_phrase(b, 4)
        if x is None or y is None or x.end > y.start or a.ent_type_ != b.ent_type_ or a.ent_type_ in COUNTS:
            continue
        if a.lemma_ == b.lemma_ or a.head.lower_ == b.head.lower_ or has((a, b), NO_PLACE):
            continue
        if not has((a.head, b.head), ("by", "as", "than", "including")) and _apart(a, b):
            yield both(doc, swapped(doc, x, y), NOT_ENTAILED)


def places_swapped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "from A to B" -> "from B to A"."""
    for start in doc:
        if start.lower_ != "from" or start.dep_ != "prep":
            continue
        near = (*start.head.children, *start.children)
        end = next((t for t in near if t.lower_ == "to" and t.dep_ == "prep" and t.i > start.i), None)
        a, b = child(start, "pobj"), child(end, "pobj")
        if a is None or b is None or end is None or end.i - start.i > 6:
            continue
        x, y = doc[a.left_edge.i : min(a.right_edge.i + 1, end.i)], whole(b)
        if y is not None and len(x) <= 4 and len(y) <= 4 and x.end == end.i and x.text != y.text:
            yield both(doc, swapped(doc, x, y), NOT_ENTAILED)


def numbers_swapped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """Two numbers of the same form change places: "5 goals in 20 games" -> "20 goals in 5 games"."""
    numbers = [t for t in doc if re.fullmatch(r"[\d,]{1,9}", t.text) and t.text != "1"]
    for a, b in combinations(numbers, 2):
        if a.text == b.text or a.dep_ != b.dep_ or (a.dep_ != "nummod" and len(a) != len(b)):
            continue
        one_date = any(e.start <= a.i and b.i < e.end for e in doc.ents)
        side_by_side = has(doc[max(a.i - 1, 0) : b.i], ("and", "between", "or", "-"))
        if not one_date and not side_by_side and _apart(a, b):
            yield both(doc, swapped(doc, one(a), one(b)), NOT_ENTAILED)
