"""Arcs: a parsed sentence → who did what to whom, alike for active and passive, "X of Y" and "Y's X".

Content words become `Word`s; what the parse says of two of them becomes an arc (head, role, dependent). The
subject of a passive is an object, a relative or participial clause says of its noun what a main clause would,
conjuncts and appositions share the arcs of the first, and "be" and "have" stand aside.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from spacy.tokens import Doc, Token

from ..text.words import word_set
from .doubt import doubts

SUBJECT, OBJECT, PART, OTHER = "subject", "object", "part", "other"
Arc = tuple[int, str, int]
_Found = tuple[Token, str, Token]

_CONTENT = {"NOUN", "PROPN", "VERB", "ADJ", "ADV", "NUM"}
_LIGHT = {"be", "have", "do", "become", "get"}
_EMPTY = word_set(
    """also then thus so however too more most there here such same own other another when where why
    how as well only just even still now up out off down away back over about not n't all both each
    every"""
)
_SUBJECTS = {"nsubj": SUBJECT, "csubj": SUBJECT, "nsubjpass": OBJECT, "csubjpass": OBJECT}
_PARTS = dict.fromkeys(word_set("poss compound amod nmod nummod advmod quantmod"), PART)
_OTHERS = dict.fromkeys(word_set("dative npadvmod oprd xcomp ccomp advcl pcomp"), OTHER)
_ROLES = {**_SUBJECTS, **_PARTS, **_OTHERS, "dobj": OBJECT}
_PREDICATES = ("attr", "acomp", "dobj", "oprd")
# How much of a noun is meant: "most of the X", "the majority of X".
_AMOUNTS = {
    **dict.fromkeys(word_set("majority most bulk"), "most"),
    **dict.fromkeys(word_set("half third quarter minority few fraction"), "few"),
    **dict.fromkeys(word_set("all both each every entire whole"), "all"),
    **dict.fromkeys(word_set("none neither no"), "no"),
    **dict.fromkeys(word_set("% percent"), "number"),
    **dict.fromkeys(
        word_set("some part number couple lot group many several dozen any series set kind type sort wave"),
        "some",
    ),
    "one": "one",
}
_DEFINITE = {"the", "these", "those", "his", "her", "its", "their", "our", "my", "your"}


@dataclass(frozen=True, slots=True)
class Word:
    """A content word of a sentence.

    `plural` is None of what has no number; `amount` says how much of a noun is meant. A `predicate` is a
    verb, or what is said with "be" or "have"; `doubt` says why it may not be so. `compound` is the noun that
    the word stands before: "Springs" of "Colorado" in "Colorado Springs".
    """

    lemma: str
    kind: str
    plural: bool | None
    amount: str
    doubt: frozenset[str]
    predicate: bool
    compound: int | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence: its words by position, its arcs, those that are only understood, and the pronouns.

    An arc is understood if it is not in the parse: "he" leaves in "he wants to leave". `pronouns` are (head,
    role) of personal pronouns, `points` the main predicate and what it governs as its complement ("said that
    they left").
    """

    words: dict[int, Word]
    arcs: frozenset[Arc]
    understood: frozenset[Arc]
    pronouns: frozenset[tuple[int, str]]
    points: frozenset[int]


def read(doc: Doc, lemma: Callable[[Token], str]) -> Reading:
    """Read a parsed sentence; `lemma` gives the lemma of a token."""
    return _Reader(doc, [t.lower_ if t.pos_ == "PROPN" else lemma(t).lower() for t in doc]).reading()


class _Reader:
    def __init__(self, doc: Doc, lemmas: list[str]):
        self._doc = doc
        self._lemmas = lemmas
        self._counted = {t.i: noun for t in doc if (noun := self._counted_by(t)) is not None}
        self._amount = {noun.i: self._amount_of(doc[i]) for i, noun in self._counted.items()}

    def reading(self) -> Reading:
        words = {t.i: self._word(t) for t in self._doc if self._is_content(t)}
        pronouns: set[tuple[int, str]] = set()
        arcs = self._resolved((arc for t in self._doc for arc in self._arcs(t, t)), words, pronouns)
        understood = self._resolved((a for t in self._doc for a in self._understood(t)), words, set())
        return Reading(words, arcs, understood - arcs, frozenset(pronouns), self._points(words))

    def _points(self, words: dict[int, Word]) -> frozenset[int]:
        heads = [t for t in self._doc if t.dep_ == "ROOT"]
        for head in heads:  # grows while it is read
            heads += [c for c in head.children if c.dep_ in ("ccomp", "xcomp", "parataxis")]
        found = (self._stand_in(head) for head in heads)
        return frozenset(token.i for token in found if token is not None and token.i in words)

    def _resolved(
        self, found: Iterator[_Found], words: dict[int, Word], pronouns: set[tuple[int, str]]
    ) -> frozenset[Arc]:
        arcs = set()
        for head, role, dependent in found:
            h, d = self._stand_in(head), self._stand_in(dependent)
            if h is None or d is None or h.i not in words or h.i == d.i:
                continue
            if d.i in words:
                arcs.add((h.i, role, d.i))
            elif d.tag_ in ("PRP", "PRP$"):
                pronouns.add((h.i, role))
        return frozenset(arcs)

    def _is_content(self, t: Token) -> bool:
        lemma = self._lemmas[t.i]
        if t.pos_ not in _CONTENT or not any(c.isalnum() for c in lemma) or t.i in self._counted:
            return False
        if lemma in _LIGHT or (lemma in _EMPTY and t.pos_ != "VERB"):
            return False
        return t.dep_ not in ("prep", "prt", "mark") and t.tag_ not in ("WDT", "WP", "EX")

    def _word(self, t: Token) -> Word:
        limits = [c for c in t.children if c.dep_ in ("det", "predet", "amod", "nummod")]
        amount = self._amount.get(t.i, "")
        if amount in ("some", "few", "one", "number") and any(c.lower_ in _DEFINITE for c in t.children):
            amount = "part"
        elif amount == "" and any(c.dep_ == "nummod" for c in limits):
            # "the two cups" are all of them, "two cups" need not be
            amount = "all" if any(c.lower_ in _DEFINITE for c in t.children) else "number"
        amount = amount or next((_AMOUNTS[c.lower_] for c in limits if c.lower_ in _AMOUNTS), "")
        before_noun = t.dep_ in ("compound", "nmod")
        plural = None if before_noun or t.dep_ == "npadvmod" else {"NN": False, "NNS": True}.get(t.tag_)
        above = t.head.head if t.dep_ == "pobj" else t.head
        predicate = t.pos_ == "VERB" or (t.dep_ in (*_PREDICATES, "pobj") and self._is_light(above))
        compound = t.head.i if before_noun else None
        doubt = doubts(t, self._lemmas) if predicate else frozenset()
        return Word(self._lemmas[t.i], t.pos_, plural, amount, doubt, predicate, compound)

    def _counted_by(self, t: Token) -> Token | None:
        """The noun that an amount counts: "patients" for "majority" in "the majority of the patients"."""
        if self._lemmas[t.i] not in _AMOUNTS and t.pos_ != "NUM":
            return None
        of = next((c for c in t.children if c.dep_ == "prep" and c.lower_ == "of"), None)
        return next((c for c in of.children if c.dep_ == "pobj"), None) if of is not None else None

    def _amount_of(self, t: Token) -> str:
        """ "part" for "some", but "all" for "all five" of the girls."""
        limits = [c.lower_ for c in t.children if c.lower_ in _AMOUNTS]
        return _AMOUNTS.get(limits[0] if limits else self._lemmas[t.i], "number")

    def _stand_in(self, t: Token) -> Token | None:
        """What a token stands for: the noun of a relative pronoun or amount, the predicate of "be"."""
        if t.i in self._counted:
            return self._stand_in(self._counted[t.i])
        if t.tag_ in ("WDT", "WP"):
            clause = next((a for a in t.ancestors if a.dep_ == "relcl"), None)
            return None if clause is None else self._stand_in(clause.head)
        if self._is_light(t):
            said = [c for c in t.children if c.dep_ in _PREDICATES]
            said += [g for c in t.children if c.dep_ == "prep" for g in c.children if g.dep_ == "pobj"]
            return self._stand_in(said[0]) if said else t
        return t

    def _is_light(self, t: Token) -> bool:
        return self._lemmas[t.i] in _LIGHT and t.pos_ in ("VERB", "AUX")

    def _arcs(self, t: Token, first: Token) -> Iterator[_Found]:
        """The arcs from a token's head; `first` is the token, or the first of its coordination."""
        role, head = first.dep_, first.head
        if role in ("conj", "appos"):
            yield from self._arcs(t, head)
            if role == "appos":
                yield head, PART, t
            elif t.pos_ in ("VERB", "AUX") and not _own_subject(t):
                yield from self._shared_subject(t)
        elif role in ("acl", "relcl"):
            yield from _clause_arcs(t, head)
        elif role == "pobj":
            yield from _prepositional(t, head)
        elif role in _ROLES:
            owner = role in _SUBJECTS and self._is_light(head) and self._lemmas[head.i] == "have"
            yield head, PART if owner else _ROLES[role], t

    def _understood(self, verb: Token) -> Iterator[_Found]:
        """The subject of an infinitive or participle: the object or the subject of the verb above it."""
        if verb.dep_ not in ("xcomp", "advcl", "pcomp") or _own_subject(verb):
            return
        head = verb.head
        while head.dep_ in ("prep", "xcomp", "conj") and head.head != head:
            head = head.head
        subjects = [c for c in head.children if c.dep_ in _SUBJECTS]
        if verb.dep_ == "xcomp":
            subjects = [c for c in head.children if c.dep_ == "dobj"] + subjects
        for subject in subjects[:1]:
            yield verb, OBJECT if verb.tag_ == "VBN" else SUBJECT, subject

    def _shared_subject(self, verb: Token) -> Iterator[_Found]:
        head = verb.head
        while head.dep_ == "conj" and not _own_subject(head):
            head = head.head
        helpers = {c.dep_ for c in verb.children} | (
            {c.dep_ for c in head.children} if verb.tag_ == "VBN" else set()
        )
        for subject in [c for c in head.children if c.dep_ in _SUBJECTS][:1]:
            yield verb, OBJECT if "auxpass" in helpers else SUBJECT, subject


def _own_subject(verb: Token) -> bool:
    return any(c.dep_ in _SUBJECTS for c in verb.children)


def _prepositional(t: Token, prep: Token) -> Iterator[_Found]:
    if prep.dep_ == "agent":
        yield prep.head, SUBJECT, t
        return
    while prep.head.dep_ == "prep":  # "out of"
        prep = prep.head
    of_noun = prep.lower_ == "of" or (prep.lower_ == "with" and prep.head.pos_ == "NOUN")
    yield prep.head, PART if of_noun else OTHER, t


def _clause_arcs(verb: Token, noun: Token) -> Iterator[_Found]:
    """ "the man (who was) killed", "the man killing", "the plan to kill", "the man whom they killed"."""
    if _own_subject(verb) or verb.tag_ == "VB":
        yield noun, OTHER, verb
    else:
        yield verb, OBJECT if verb.tag_ == "VBN" else SUBJECT, noun
