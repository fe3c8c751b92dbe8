"""Rules that move or drop what may be: adjuncts, coordinated things, genitives, appositions."""

from collections.abc import Iterator

from spacy.tokens import Doc, Span, Token

from ..text.words import word_set
from . import words
from .grammar import (
    ENTAILED,
    NEUTRAL,
    VERBS,
    Draw,
    Edit,
    adjunct,
    both,
    capital,
    child,
    entities,
    has,
    last_preposition,
    mid,
    one,
    one_clause,
    plain,
    replaced,
    root,
    subject_of,
    swapped,
    when_or_where,
    whole,
)

_SCOPES = word_set(
    """not no never then if unless only all every each any few most hardly rarely until always must without"""
)


def _scoped(doc: Doc) -> bool:
    """Could moving a phrase change what a negation, condition or quantifier takes in?"""
    return has(doc, _SCOPES) or any(t.dep_ == "neg" for t in doc)


def _main_verb_on(doc: Doc) -> Span:
    return doc[root(doc).i : len(doc)]


def adjunct_fronted(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "X did Y in 1999." -> "In 1999, X did Y." if no other clause could own the date."""
    last, rest = last_preposition(doc), _main_verb_on(doc)
    span, subject = adjunct(last), subject_of(root(doc))
    if last is None or span is None or subject is None or not when_or_where(last) or not one_clause(rest):
        return
    before = doc[span.start - 1]  # "a month after the war"
    if before.ent_type_ in ("DATE", "TIME", "ORDINAL") or before.lemma_ in ("day", "week", "month", "year"):
        return
    if subject.left_edge.i or before.is_punct or has(rest, ("from", "between", "to")):
        return
    if not _scoped(doc):
        yield both(doc, f"{capital(span.text)}, {mid(doc[: span.start])}.", ENTAILED)


def adjunct_moved_back(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "In 1999, X did Y." -> "X did Y in 1999."; also "When it rained, X did Y."."""
    lead = _lead(doc, "prep", "advcl")
    span = adjunct(lead)
    if lead is None or span is None or _scoped(doc) or not one_clause(_main_verb_on(doc)):
        return
    main = doc[lead.right_edge.i + 2 : -1]
    if not any(t.is_punct for t in main) and (lead.dep_ == "advcl" or when_or_where(lead)):
        yield both(doc, f"{capital(main.text)} {mid(span)}.", ENTAILED)


def adjunct_inserted(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "In 1999, X did Y and Z." -> "X, in 1999, did Y and Z."; "However, X did." -> "X, however, did."."""
    lead, subject = _lead(doc, "prep", "advmod"), subject_of(root(doc))
    if lead is None or subject is None or not _insertable(lead):
        return
    span, phrase = doc[: lead.right_edge.i + 1], whole(subject)
    if phrase is None or len(phrase) > 10 or len(span) > 8 or subject.tag_ in ("WP", "EX"):
        return
    if any(t.is_punct for t in (*phrase, *span)) or doc[phrase.end].pos_ not in (*VERBS, "ADV"):
        return
    if not any(t.tag_ in ("PRP$", "PRP") or (t.pos_ in VERBS and t.lower_ != "according") for t in span):
        yield both(doc, f"{capital(phrase.text)}, {mid(span)}, {doc[phrase.end :].text}", ENTAILED)


def _insertable(lead: Token) -> bool:
    if lead.dep_ == "prep":
        return lead.lower_ not in ("from", "of", "to", "like", "unlike")
    return lead.lower_ in words.SENTENCE_ADVERBS


def _lead(doc: Doc, *deps: str) -> Token | None:
    """The adjunct of the main clause that opens the sentence, if a comma and the subject follow it."""
    verb = root(doc)
    lead = [c for c in verb.children if c.left_edge.i == 0 and c.dep_ in deps]
    subject = subject_of(verb)
    if len(lead) != 1 or subject is None or doc[lead[0].right_edge.i + 1].text != ",":
        return None
    return lead[0] if subject.left_edge.i == lead[0].right_edge.i + 2 else None


def genitive(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "the population of Chicago" <-> "Chicago's population"."""
    for noun in doc[:-1]:
        if noun.lemma_ not in words.RELATIONAL or noun.pos_ != "NOUN":
            continue
        for name in entities(doc, "PERSON", "GPE", "ORG"):
            of = name.root.head
            tail = of.lower_ == "of" and of.head == noun and name.start == noun.i + 2
            the, after = doc[noun.i - 1], doc[name.end]
            if tail and the.lower_ == "the" and _ends(after) and after.lower_ != "of":
                span = doc[the.i : name.end]
                yield both(doc, replaced(doc, (span, f"{name.text}'s {noun.text}")), ENTAILED)
        owner = _owner(noun)
        if owner is not None and _ends(doc[noun.i + 1]):
            span = doc[owner.start : noun.i + 1]
            yield both(doc, replaced(doc, (span, f"the {noun.text} of {owner[:-1].text}")), ENTAILED)


def _ends(after: Token) -> bool:
    """Is the noun phrase over before this token?"""
    return after.pos_ in (*VERBS, "ADP") or after.text == "."


def _owner(noun: Token) -> Span | None:
    """ "Chicago's" right before the noun."""
    if noun.i < 2 or noun.doc[noun.i - 1].text != "'s" or noun.doc[noun.i - 1].dep_ != "case":
        return None
    owner = noun.doc[noun.i - 2]
    span = whole(owner) if owner.head == noun and owner.ent_type_ in ("PERSON", "GPE", "ORG") else None
    return span if span is not None and span[-1].text == "'s" else None


def coordination(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "A and B" -> "B and A": two nouns, names or adjectives, with nothing that belongs to only one."""
    if has(doc, ("others", "more", "respectively", "then")):
        return
    for a in doc:
        b, link = child(a, "conj"), child(a, "cc")
        if b is None or link is None or a.pos_ != b.pos_ or not _bounded(a, b):
            continue
        spans = {"PROPN": _named, "NOUN": _nouns, "ADJ": _predicates}.get(a.pos_, _neither)(a, b)
        if (
            link.lower_ in ("and", "or")
            and spans is not None
            and (spans[0].end, spans[1].start) == (link.i, link.i + 1)
        ):
            yield both(doc, swapped(doc, *spans), ENTAILED)


def _bounded(a: Token, b: Token) -> bool:
    """The list ends with B, and what follows belongs neither to B alone ("A and B of C") nor to both."""
    before, after = a.doc[a.i - 1], a.doc[b.i + 1]
    if b.right_edge != b or after.pos_ in ("NOUN", "PROPN", "ADJ") or after.text in ("-", "'s"):
        return False
    belongs = ("of", "in", "for", "to", "at", "from", "who", "which", "that", "with")
    return before.text not in ("-", ",") and after.lower_ not in belongs


def _named(a: Token, b: Token) -> tuple[Span, Span] | None:
    """Two names of one type with no title or adjective before them."""
    x, y = (next((e for e in a.doc.ents if e.start <= t.i < e.end), None) for t in (a, b))
    if x is None or y is None or x == y or x.label_ != y.label_:
        return None
    return (x, y) if not x.start or a.doc[x.start - 1].pos_ not in ("NOUN", "ADJ", "PROPN") else None


def _nouns(a: Token, b: Token) -> tuple[Span, Span] | None:
    """ "a cat and a dog", "(the) cats and dogs", but not "old cats and dogs" or "a man and his dog"."""
    if a.ent_type_ or b.ent_type_ or a.dep_ in ("compound", "nmod"):
        return None
    left, right = list(a.lefts), list(b.lefts)
    own = all(any(c.dep_ == "det" for c in side) for side in (left, right))
    if own and not any(t.tag_ == "PRP$" for t in b.subtree):
        return a.doc[a.left_edge.i : a.i + 1], a.doc[b.left_edge.i : b.i + 1]
    bare = not right and a.tag_ == b.tag_ and all(c.dep_ == "det" for c in left)
    return (one(a), one(b)) if bare else None


def _predicates(a: Token, b: Token) -> tuple[Span, Span] | None:
    """ "is small and green"."""
    return (one(a), one(b)) if a.dep_ == "acomp" and not a.n_lefts and not b.n_lefts else None


def _neither(a: Token, b: Token) -> None:
    return None


_RANKS = frozenset(
    ("first", "last", "final", *words.ORDINALS)
)  # "In Poland, the first …" is not "the first …"


def shortened(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """Without a leading time or place, an apposition, a clause between commas, or the last date: the rest
    still holds, but does not say what was dropped.
    """
    if not plain(doc) or has(doc, _RANKS) or any(t.lemma_ in words.NON_FACTIVE for t in doc):
        return
    for drop in (_leading, _between_commas, _last_date):
        after = drop(doc)
        if len(after.split()) >= 4:
            yield Edit(doc.text, after, ENTAILED, NEUTRAL)


def _leading(doc: Doc) -> str:
    lead = next((c for c in root(doc).children if c.left_edge.i == 0 and c.dep_ == "prep"), None)
    span = adjunct(lead)
    if lead is None or span is None or doc[span.end].text != "," or not when_or_where(lead):
        return ""
    return capital(doc[span.end + 1 :].text)


def _between_commas(doc: Doc) -> str:
    commas = sum(t.text == "," for t in doc)
    for token in doc:
        noun = token.head
        if token.dep_ not in ("appos", "relcl") or noun.pos_ not in ("NOUN", "PROPN"):
            continue
        start, end = token.left_edge.i, token.right_edge.i + 1
        end -= doc[end - 1].text == ","
        opened = noun.i == start - 2 and doc[start - 1].text == "," and doc[start].lower_ in _OPENINGS
        if not opened or end - start < 2 or token.ent_type_ in ("GPE", "DATE"):
            continue
        if doc[end].text == "," and commas == 2:
            return f"{doc[: start - 1].text} {doc[end + 1 :].text}"
        if doc[end].text == "." and commas == 1:
            return f"{doc[: start - 1].text}."
    return ""


_OPENINGS = ("a", "an", "the", "his", "her", "its", "who", "which")


def _last_date(doc: Doc) -> str:
    verb, last = root(doc), last_preposition(doc)
    date, span = child(last, "pobj"), adjunct(last)
    if last is None or date is None or span is None or date.ent_type_ != "DATE":
        return ""
    if last.lower_ not in ("in", "on", "during") or verb.lemma_ == "be":
        return ""
    # with nothing else after the verb, the date may be what it asks for
    complete = child(verb, "dobj", "auxpass") is not None or sum(c.dep_ == "prep" for c in verb.children) > 1
    if not complete or not one_clause(doc) or has(doc, ("from", "between")):
        return ""
    return f"{doc[: span.start].text.rstrip(' ,')}."
