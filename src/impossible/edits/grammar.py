"""What the rules share: edits of a parsed sentence, and careful questions to its parse."""

import random
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from spacy.tokens import Doc, Span, Token

from ..text.words import word_set
from . import words

ENTAILED, NEUTRAL, CONTRADICTION = "entailment", "neutral", "contradiction"
NOT_ENTAILED = "not_entailment"  # neutral or contradiction
VERBS = ("VERB", "AUX")
NAMES = ("PERSON", "GPE", "ORG", "NORP", "LOC", "FAC", "PRODUCT", "WORK_OF_ART", "EVENT")
COUNTS = ("DATE", "TIME", "CARDINAL", "PERCENT", "QUANTITY", "ORDINAL", "MONEY")
_CLAUSES = ("advcl", "ccomp", "xcomp", "relcl", "acl", "csubj", "parataxis")


@dataclass(frozen=True, slots=True)
class Edit:
    """`before` (the sentence) and `after`; a label for each direction, "" for no example."""

    before: str
    after: str
    forward: str
    backward: str


@dataclass(frozen=True, slots=True)
class Draw:
    """What a rule may draw from: chance, and the names seen in all sentences (see `known_names`)."""

    chance: random.Random
    names: dict[tuple[str, str, int], list[str]]


Rule = Callable[[Doc, Draw], Iterator[Edit]]


_WRONG_ARTICLE = re.compile(r"\b(?:a [aeio]|an [^aeiouhAEIOUH\W])", re.I)
_BROKEN = re.compile(r"\b(\w+) \1\b|\s[,.]|,,|,\.")


def well_made(edit: Edit) -> bool:
    """Something changed (but for identity, one way only), no article came in that does not fit, no word or
    comma twice.
    """
    articles = [len(_WRONG_ARTICLE.findall(text)) for text in (edit.before, edit.after)]
    changed = edit.before != edit.after or not edit.backward
    return changed and articles[1] <= articles[0] and _BROKEN.search(edit.after) is None


# --- text ------------------------------------------------------------------------------------------


def both(doc: Doc, after: str, label: str) -> Edit:
    """The same label in both directions."""
    return Edit(doc.text, after, label, label)


def capital(text: str) -> str:
    """With its first letter a capital, the others as they are."""
    return text[:1].upper() + text[1:]


_SMALL = word_set("the a an this that these those his her its their our in on at after two three four five")


def mid(span: Span) -> str:
    """The text of a span as it stands inside a sentence: "The man" at the start becomes "the man"."""
    first = span[0]
    if not first.i and first.lower_ in _SMALL and first.ent_type_ != "WORK_OF_ART":
        return f"{span.text[:1].lower()}{span.text[1:]}"
    kept = first.pos_ == "PROPN" or first.ent_type_ in NAMES or first.text == "I"
    if first.i or kept or first.text[1:] != first.text[1:].lower():
        return str(span.text)
    return f"{span.text[:1].lower()}{span.text[1:]}"


def replaced(doc: Doc, *changes: tuple[Span, str]) -> str:
    """The sentence with each span replaced (spans must not overlap), its first letter a capital."""
    text = doc.text
    for span, new in sorted(changes, key=lambda change: -change[0].start):
        text = text[: span.start_char] + new + text[span.end_char :]
    return capital(text)


def without(doc: Doc, span: Span) -> str:
    """The sentence without a span, its first letter a capital."""
    return capital(doc[: span.start].text_with_ws + doc[span.end :].text)


def swapped(doc: Doc, a: Span, b: Span) -> str:
    """The sentence with two spans in each other's place."""
    return replaced(doc, (a, mid(b)), (b, mid(a)))


# --- parse ------------------------------------------------------------------------------------------


def one(token: Token) -> Span:
    """A token as a span."""
    return token.doc[token.i : token.i + 1]


def whole(token: Token) -> Span | None:
    """The subtree of a token without punctuation at its edges; None if it is not contiguous."""
    span = token.doc[token.left_edge.i : token.right_edge.i + 1]
    if len(list(token.subtree)) != len(span):
        return None
    while len(span) > 1 and span[-1].is_punct:
        span = span[:-1]
    while len(span) > 1 and span[0].is_punct:
        span = span[1:]
    return span


def child(token: Token | None, *deps: str) -> Token | None:
    """The only child with one of these dependencies, or None."""
    found = [c for c in token.children if c.dep_ in deps] if token is not None else []
    return found[0] if len(found) == 1 else None


def root(doc: Doc) -> Token:
    """The root of the (first) sentence."""
    return next(t for t in doc if t.dep_ == "ROOT")


def subject_of(verb: Token) -> Token | None:
    """Its subject, active or passive."""
    return child(verb, "nsubj", "nsubjpass")


def first_verb(verb: Token) -> Token:
    """The first auxiliary of a verb, or the verb itself: where "not" goes."""
    return next((c for c in verb.children if c.dep_ in ("aux", "auxpass")), verb)


def has(tokens: Iterable[Token], lowered: Collection[str]) -> bool:
    """Does one of these words occur?"""
    return any(t.lower_ in lowered for t in tokens)


def usable(doc: Doc) -> bool:
    """One plain declarative sentence of 8 to 45 tokens whose root is a verb with a subject before it."""
    if not 8 <= len(doc) <= 45 or doc[-1].text != "." or not doc[0].text[:1].isupper():
        return False
    if re.search(r"[\"“”()\[\]:;–—/]|''|\.\.", doc.text):
        return False
    roots = [t for t in doc if t.dep_ == "ROOT"]
    subject = subject_of(roots[0])
    return len(roots) == 1 and roots[0].pos_ in VERBS and subject is not None and subject.i < roots[0].i


def plain(doc: Doc) -> bool:
    """Nothing in the sentence turns an entailment round: no negation, condition, quantifier, superlative."""
    return not any(t.lower_ in words.RISKY or t.tag_ in ("JJS", "RBS", "JJR", "RBR", "MD") for t in doc)


def one_clause(part: Iterable[Token]) -> bool:
    """Is there no clause besides the main one in this part of the sentence?"""
    return not any(t.dep_ in _CLAUSES or (t.dep_ == "conj" and t.pos_ in VERBS) for t in part)


def plural(noun: Token) -> bool:
    """Does it want a plural verb?"""
    return noun.tag_ in ("NNS", "NNPS") or child(noun, "conj") is not None


def noun_phrase(noun: Token | None, longest: int = 8) -> Span | None:
    """The phrase of a common or proper noun without pronouns, verbs, quantifiers or commas, or None."""
    span = whole(noun) if noun is not None and noun.pos_ in ("NOUN", "PROPN") else None
    if span is None or len(span) > longest or has(span, words.QUANTIFIED):
        return None
    if any(t.is_punct and t.text != "-" for t in span):
        return None
    bad = any(t.pos_ in ("PRON", "AUX", "VERB", "SCONJ") or t.tag_ in ("PRP$", "WP$", "WDT") for t in span)
    return None if bad else span


def definite(subject: Token | None) -> bool:
    """Does the subject name one thing, so that the sentence and its denial cannot both hold?"""
    if subject is None:
        return False
    if subject.pos_ == "PRON":
        return subject.lower_ in ("he", "she", "it", "they", "i", "we")
    determined = has(subject.children, ("the", "this", "his", "her", "its", "their", "our", "my"))
    return subject.pos_ == "PROPN" or (determined and not has(subject.subtree, words.QUANTIFIED))


# --- names ------------------------------------------------------------------------------------------


def entities(doc: Doc, *types: str) -> list[Span]:
    """Names that the small parser is likely to have right: capitals, proper nouns, nothing of the name
    outside.
    """
    return [e for e in doc.ents if e.label_ in (types or ("PERSON", "GPE", "ORG", "NORP")) and _sure(e)]


def _sure(entity: Span) -> bool:
    doc, adjectives = entity.doc, entity.label_ == "NORP"
    if not all(t.pos_ == "PROPN" or (adjectives and t.pos_ == "ADJ") for t in entity):
        return False
    if not all(t.text[0].isupper() and t.is_alpha for t in entity):
        return False
    around = ([doc[entity.start - 1]] if entity.start else []) + list(doc[entity.end : entity.end + 1])
    glued = entity.end < len(doc) and doc[entity.end].text == "'s"
    return not glued and not any(t.text == "-" or t.pos_ == "PROPN" for t in around)


def name_key(entity: Span) -> tuple[str, str, int]:
    """What a name must share with another to stand in its place: type, tag, length in words."""
    return entity.label_, entity.root.tag_, len(entity)


def known_names(docs: Iterable[Doc]) -> dict[tuple[str, str, int], list[str]]:
    """Names by `name_key`, each once, in order of appearance."""
    names: dict[tuple[str, str, int], dict[str, None]] = {}
    for doc in docs:
        for entity in entities(doc):
            names.setdefault(name_key(entity), {})[entity.text] = None
    return {key: list(found) for key, found in names.items()}


# --- adjuncts ------------------------------------------------------------------------------------------

_LINKS = word_set("when after before because although since")
# "In addition" is no place, and what happens "in the film" does not happen.
NO_PLACE = word_set(
    """addition contrast fact particular general turn case order short time theory practice film story
    novel book game episode myth legend series dream play movie comics comic video universe chapter
    version scene part"""
)


def adjunct(head: Token | None) -> Span | None:
    """The phrase of a preposition, or a clause with a plain link, that may stand at either end."""
    span = whole(head) if head is not None else None
    if head is None or span is None or len(span) > 12 or any(t.tag_ == "PRP$" or t.is_punct for t in span):
        return None
    if head.dep_ == "advcl":
        link = span[0]
        sure = link.lower_ in _LINKS and link.dep_ in ("mark", "advmod") and link.head == head
    else:
        sure = len(span) <= 8 and not any(t.pos_ in (*VERBS, "PRON") for t in span)
    return span if sure else None


def when_or_where(prep: Token) -> bool:
    """ "in 1999", "in Paris", "during the war", "at the 1924 Olympics": a time or a place, not "in fact"."""
    noun = child(prep, "pobj")
    if noun is None or noun.lower_ in NO_PLACE:
        return False
    if prep.lower_ in ("during", "after", "before", "since", "throughout", "until"):
        return True
    return prep.lower_ in ("in", "on", "at") and noun.ent_type_ in ("DATE", "TIME", "GPE", "LOC", "EVENT")


def last_preposition(doc: Doc) -> Token | None:
    """The preposition of the main verb whose phrase ends the sentence."""
    return next((c for c in root(doc).children if c.dep_ == "prep" and c.right_edge.i == len(doc) - 2), None)
