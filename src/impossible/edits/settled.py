"""Rules that make more of a sentence than it says: plans carried out, doubts dropped, conditions met."""

from collections.abc import Iterator

from spacy.tokens import Doc

from ..text.words import word_set
from . import words
from .grammar import (
    CONTRADICTION,
    ENTAILED,
    NEUTRAL,
    NOT_ENTAILED,
    VERBS,
    Draw,
    Edit,
    both,
    capital,
    child,
    first_verb,
    has,
    noun_phrase,
    one,
    plural,
    replaced,
    root,
    subject_of,
    whole,
    without,
)

_PLANS = word_set(
    """plan hope want intend aim agree decide promise offer propose threaten prepare seek vow pledge wish
    expect schedule set"""
)
_FAILS = word_set("fail refuse decline")
_TRIES = word_set("try attempt struggle")
_MODALS = word_set("may might could should can")
_HEDGES = word_set("allegedly reportedly supposedly possibly perhaps probably apparently likely potentially")
_SUSPICIONS = word_set("accuse suspect charge")


def plan_done(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "plans to build" -> "built" or "will build"; "failed to build", "tried to build" -> "built"."""
    verb = root(doc)
    inner, subject = child(verb, "xcomp"), subject_of(verb)
    to = child(inner, "aux") if inner is not None else None
    if inner is None or subject is None or to is None or to.lower_ != "to" or inner.tag_ != "VB":
        return
    if any(t.dep_ == "neg" for t in doc) or inner.i != to.i + 1 or inner.lemma_ == "be" or to.i < verb.i:
        return
    if child(inner, "auxpass") is not None or any(c.dep_ == "dobj" for c in verb.children):
        return
    span = doc[first_verb(verb).i : inner.i + 1]
    if len(span) > 5 or verb.lemma_ not in _PLANS | _FAILS | _TRIES:
        return
    done = replaced(doc, (span, words.inflect(inner.lemma_, "VBD")))
    if verb.lemma_ in _FAILS:
        yield Edit(doc.text, done, CONTRADICTION, CONTRADICTION)
        return
    yield Edit(doc.text, done, NEUTRAL, NOT_ENTAILED)
    if verb.lemma_ in _PLANS:
        yield Edit(doc.text, replaced(doc, (span, f"will {inner.lemma_}")), NEUTRAL, NEUTRAL)


def possible_done(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "may improve" -> "improves" or "improved"."""
    verb = root(doc)
    modal, subject = child(verb, "aux"), subject_of(verb)
    if modal is None or subject is None or modal.lower_ not in _MODALS or verb.i != modal.i + 1:
        return
    if verb.lemma_ == "be" or verb.tag_ != "VB" or has(doc, words.RISKY - _MODALS):
        return
    span = doc[modal.i : verb.i + 1]
    now = verb.lemma_ if plural(subject) or subject.pos_ == "PRON" else words.inflect(verb.lemma_, "VBZ")
    for form in (now, words.inflect(verb.lemma_, "VBD")):
        yield Edit(doc.text, replaced(doc, (span, form)), NEUTRAL, NOT_ENTAILED)


def doubt_dropped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "was allegedly sold" -> "was sold"."""
    for token in doc:
        if token.lower_ in _HEDGES and token.dep_ == "advmod" and token.i and doc[token.i + 1].text != ",":
            span = doc[token.i : token.i + 2]
            if token.head.pos_ in VERBS and span[-1].text[0].isalnum():
                yield Edit(doc.text, without(doc, one(token)), NEUTRAL, NOT_ENTAILED)


def accused_did(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "was accused of stealing" -> "stole"; "is suspected of killing" -> "killed"."""
    verb = root(doc)
    link = child(verb, "prep")
    inner = child(link, "pcomp") if link is not None else None
    if verb.lemma_ not in _SUSPICIONS or inner is None or link is None or child(verb, "auxpass") is None:
        return
    if inner.tag_ != "VBG" or inner.i != link.i + 1 or inner.lemma_ in ("be", "have"):
        return
    span = doc[first_verb(verb).i : inner.i + 1]
    if len(span) <= 5:
        yield Edit(doc.text, replaced(doc, (span, words.inflect(inner.lemma_, "VBD"))), NEUTRAL, NEUTRAL)


def condition_dropped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "X will do Y if Z." -> "X will do Y."; "If Z, X will do Y." -> "X will do Y."."""
    verb = root(doc)
    clause = child(verb, "advcl")
    link = child(clause, "mark") if clause is not None else None
    span = whole(clause) if clause is not None else None
    if link is None or span is None or link.lower_ not in ("if", "unless") or span[0] != link:
        return
    if verb.lemma_ in ("ask", "wonder", "see", "know") or clause is None or subject_of(clause) is None:
        return
    if span.start == 0 and doc[span.end].text == ",":
        yield Edit(doc.text, capital(doc[span.end + 1 :].text), NEUTRAL, NOT_ENTAILED)
    elif span.end == len(doc) - 1:
        rest = doc[: span.start].text.rstrip(" ,")
        yield Edit(doc.text, f"{rest}.", NEUTRAL, NOT_ENTAILED)


_SUBJECT = ("nsubj", "nsubjpass")
_PARTS = word_set("majority most many some few half part one number minority two three several")


def quantifier_dropped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "the majority of the patients" -> "the patients"; "some countries" -> "countries"."""
    for token in doc:
        if token.lower_ not in _PARTS or token.ent_type_ in ("DATE", "MONEY", "PERCENT"):
            continue
        of = child(token, "prep")
        noun = child(of, "pobj") if of is not None and of.lower_ == "of" else None
        if noun is not None and of is not None and of.i == token.i + 1 and token.dep_ in _SUBJECT:
            determined = any(c.dep_ in ("det", "poss") for c in noun.children)
            if noun.tag_ == "NNS" and determined and token.head.tag_ in ("VBD", "VBP", "VBN", "VB"):
                rest = without(doc, doc[token.left_edge.i : of.i + 1])
                yield Edit(doc.text, rest, NEUTRAL, NOT_ENTAILED)
        elif token.lower_ in ("some", "few", "several") and token.dep_ in ("det", "amod"):
            head = token.head
            if head.tag_ == "NNS" and head.dep_ in _SUBJECT and head.i > token.i:
                yield Edit(doc.text, replaced(doc, (one(token), "all")), NEUTRAL, NOT_ENTAILED)


_NUMBER = {"were": "was", "are": "is", "have": "has"}


def plural_singular(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "The patients were treated" -> "The patient was treated"."""
    verb = root(doc)
    subject, first = subject_of(verb), first_verb(verb)
    if subject is None or subject.tag_ != "NNS" or first.lower_ not in _NUMBER or child(subject, "conj"):
        return
    the = child(subject, "det")
    if the is not None and the.lower_ == "the" and child(subject, "nummod") is None:
        changes = [(one(subject), subject.lemma_), (one(first), _NUMBER[first.lower_])]
        yield both(doc, replaced(doc, *changes), NOT_ENTAILED)


def role_turned(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "The lion killed a man in May." -> "The lion was killed in May."."""
    verb = root(doc)
    subject, thing = noun_phrase(subject_of(verb)), child(verb, "dobj")
    span = noun_phrase(thing)
    if subject is None or thing is None or span is None or verb.tag_ != "VBD":
        return
    if verb.lemma_ not in words.PASSIVE or subject.end != verb.i or span.start != verb.i + 1:
        return
    was = "were" if plural(subject.root) else "was"
    done = f"{was} {words.inflect(verb.lemma_, 'VBN')}"
    yield both(doc, replaced(doc, (doc[verb.i : span.end], done)), NOT_ENTAILED)


def attribution_dropped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "The study found that X." -> "X." holds; so does "X, the minister announced." -> "X."."""
    verb = root(doc)
    said, subject = child(verb, "ccomp"), subject_of(verb)
    if (
        said is None
        or subject is None
        or verb.lemma_ not in _FACTIVE
        or verb.tag_ not in ("VBD", "VBZ", "VBP")
    ):
        return
    span = whole(said)
    if span is None or span.start < verb.i or span.end < len(doc) - 1 or has(doc, words.RISKY):
        return
    span = span[1:] if span[0].lower_ == "that" else span
    if len(span) >= 5 and span[0].pos_ != "PRON" and subject_of(said) is not None:
        yield Edit(doc.text, capital(span.text) + ".", ENTAILED, NEUTRAL)


_FACTIVE = word_set("announce confirm reveal find show discover demonstrate note learn realize report")
