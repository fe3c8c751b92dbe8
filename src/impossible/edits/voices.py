"""Active and passive: the same with the roles in another order, and another thing in nearly the same."""

from collections.abc import Callable, Iterator

from spacy.tokens import Doc, Span, Token

from . import words
from .grammar import (
    COUNTS,
    ENTAILED,
    NOT_ENTAILED,
    VERBS,
    Draw,
    Edit,
    both,
    capital,
    child,
    mid,
    noun_phrase,
    one,
    plural,
    replaced,
    root,
    subject_of,
)

_OBJECTS = {"he": "him", "she": "her", "they": "them", "i": "me", "we": "us", "it": "it"}
_SUBJECTS = {"him": "he", "her": "she", "them": "they", "me": "I", "us": "we"}


def voice(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "A beat B in 1999." <-> "B was beaten by A in 1999.": a simple clause in the past."""
    for true, _ in _voices(doc):
        yield both(doc, true, ENTAILED)


def voice_swapped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "A beat B" -> "A was beaten by B"."""
    for _, false in _voices(doc):
        yield both(doc, false, NOT_ENTAILED)


def _voices(doc: Doc) -> Iterator[tuple[str, str]]:
    """The true and the false counterpart of the sentence in the other voice."""
    verb = root(doc)
    subject, agent = subject_of(verb), child(verb, "agent")
    other = child(agent, "pobj") if agent is not None else child(verb, "dobj")
    a, b = _participant(subject), _participant(other)
    if a is None or b is None or other is None or a.text == b.text or other.ent_type_ in COUNTS:
        return
    rest = doc[b.end :]
    if any(t.pos_ in (*VERBS, "PRON") for t in rest) or not (rest[0].is_punct or rest[0].head == verb):
        return
    make = _maker(verb, a, b, other)
    if make is not None and _acts(verb):
        before, tail = doc[: a.start].text_with_ws, ("" if rest[0].is_punct else " ") + rest.text
        yield capital(before + make(b, verb, a) + tail), capital(before + make(a, verb, b) + tail)


_Maker = Callable[[Span, Token, Span], str]


def _maker(verb: Token, a: Span, b: Span, other: Token) -> _Maker | None:
    """What makes the other voice, if nothing stands between subject, verb and object."""
    passive, agent = child(verb, "auxpass"), child(verb, "agent")
    if child(verb, "aux") is not None:
        return None
    if passive is None:
        return _passive if verb.tag_ == "VBD" and (a.end, b.start) == (verb.i, verb.i + 1) else None
    if agent is None or passive.lower_ not in ("was", "were") or not _is_doer(other):
        return None
    together = (a.end, passive.i + 1, verb.i + 1, agent.i + 1) == (passive.i, verb.i, agent.i, b.start)
    return _active if together else None


def _passive(patient: Span, verb: Token, agent: Span) -> str:
    many = plural(patient.root) or patient.text.lower() in ("they", "them", "we", "us")
    participle = words.inflect(verb.lemma_, "VBN")
    return f"{_as_subject(patient)} {'were' if many else 'was'} {participle} by {_as_object(agent)}"


def _active(agent: Span, verb: Token, patient: Span) -> str:
    return f"{_as_subject(agent)} {words.inflect(verb.lemma_, 'VBD')} {_as_object(patient)}"


def _as_subject(span: Span) -> str:
    return _SUBJECTS.get(span.text.lower(), mid(span))


def _as_object(span: Span) -> str:
    return _OBJECTS.get(span.text.lower(), mid(span))


def _participant(noun: Token | None) -> Span | None:
    """A noun phrase, or a personal pronoun."""
    if (
        noun is not None
        and noun.pos_ == "PRON"
        and noun.lower_ in _OBJECTS | _SUBJECTS
        and not any(noun.children)
    ):
        return one(noun)
    return noun_phrase(noun)


def _acts(verb: Token) -> bool:
    """Does it take the passive, and has it nothing with it that would not fit there?"""
    unfit = ("prt", "neg", "dative", "conj", "oprd", "xcomp", "ccomp", "preconj")
    return verb.lemma_ in words.PASSIVE and not any(c.dep_ in unfit for c in verb.children)


def _is_doer(noun: Token) -> bool:
    """ "by the army", "by John", not "by hand" or "by 1999"."""
    return noun.ent_type_ in ("PERSON", "ORG", "GPE", "NORP") or child(noun, "det") is not None


def relative(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "a film directed by X" -> "a film that X directed"."""
    for span, doer, past in _participles(doc):
        yield both(doc, replaced(doc, (span, f"that {doer} {past}")), ENTAILED)


def relative_swapped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "a film directed by X" -> "a film that directed X"."""
    for span, doer, past in _participles(doc):
        yield both(doc, replaced(doc, (span, f"that {past} {doer}")), NOT_ENTAILED)


def _participles(doc: Doc) -> Iterator[tuple[Span, str, str]]:
    """ "directed by X" after a common noun: the span, the doer, the verb in the past."""
    for verb in doc:
        agent = child(verb, "agent")
        doer = child(agent, "pobj")
        by = noun_phrase(doer)
        if verb.dep_ != "acl" or verb.tag_ != "VBN" or verb.lemma_ in words.LASTING or not _acts(verb):
            continue
        if agent is None or doer is None or by is None or (agent.i, by.start) != (verb.i + 1, verb.i + 2):
            continue
        alone = doc[by.end].lower_ not in ("and", "or", ",")
        if alone and _is_doer(doer) and verb.head == doc[verb.i - 1] and verb.head.pos_ == "NOUN":
            yield doc[verb.i : by.end], by.text, words.inflect(verb.lemma_, "VBD")
