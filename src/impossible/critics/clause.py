"""Clause: do source and target agree in tense, person, modality and mood?

Pairs that it tells apart: "They were" and "they are" (tense); "Can you help me?" and "Can I help you?"
(person); "I am trying to sell it" and "I am selling it" (modality); "Can I go?", "I can go." and
"How can I go?" (mood).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc, Token

from .distinct import distinct
from .parser import ParsedSentences, share

_FUTURE = {"will", "'ll", "’ll", "ll", "wo", "shall"}
_MODALITY = {
    **dict.fromkeys(("can", "ca", "could"), "ability"),
    **dict.fromkeys(("may", "might"), "possibility"),
    **dict.fromkeys(("must", "should", "ought"), "obligation"),
}
_HEDGES = {"maybe", "perhaps", "probably", "possibly"}
_FINITE = {"VBD": "past", "VBZ": "present", "VBP": "present", "MD": "present"}
_HAVE = {"have", "has", "'ve", "’ve", "'s", "’s"}
# The modality that a verb gives to its infinitive.
_INFINITIVE_MODALITY = {
    **dict.fromkeys(("have", "has", "had", "need", "needs", "needed", "got"), "obligation"),
    **dict.fromkeys(("try", "tries", "tried", "trying"), "attempt"),
    **dict.fromkeys(
        ("want", "wants", "wanted", "wanting", "hope", "hopes", "hoped", "hoping", "like"), "wish"
    ),
}
# Adjectives that announce an action that has not happened yet.
_READINESS = {"ready", "willing", "eager", "about"}
# "Can someone help me?" means "Can you help me?".
_INDEFINITE = dict.fromkeys(("someone", "somebody", "anyone", "anybody"), "you")
_PERSONS = {**{p: p for p in ("i", "we", "you", "he", "she", "they")}, **_INDEFINITE}
_WH = {"how", "what", "why", "when", "where", "who", "which", "whose"}
_OPENERS = {"and", "but", "so"}


@dataclass(frozen=True, slots=True)
class Clause:
    """A finite verb: its first four letters, tense (past, perfect, present or future), modalities, and
    the personal pronoun that is its subject, if any.
    """

    stem: str
    tense: str
    modality: frozenset[str]
    person: str | None


@dataclass(frozen=True, slots=True)
class Clauses:
    """A sentence's main clause, all its finite clauses, and its mood: question, request or statement.

    `starts_with_wh`: it begins with a question word; `has_wh`: it contains one.
    """

    main: Clause | None
    all: tuple[Clause, ...]
    mood: str
    starts_with_wh: bool
    has_wh: bool


def clauses(doc: Doc) -> Clauses:
    """Extract the clauses of a parsed sentence."""
    root = next((token for token in doc if token.dep_ == "ROOT"), None)
    by_token = {token.i: clause for token in doc if (clause := _clause(token)) is not None}
    main = None if root is None else by_token.get(root.i)
    words = [token.lower_ for token in doc]
    starts_with_wh = next((w for w in words if w not in _OPENERS), "") in _WH
    return Clauses(
        main, tuple(by_token.values()), _mood(doc, root, main), starts_with_wh, bool(_WH & set(words))
    )


def _clause(verb: Token) -> Clause | None:
    if verb.pos_ not in ("VERB", "AUX") or verb.dep_ in ("aux", "auxpass"):
        return None
    subjects = [c for c in verb.children if c.dep_.startswith(("nsubj", "csubj", "expl"))]
    if not subjects and verb.dep_ not in ("ROOT", "conj"):
        return None  # usually a noun that the tagger took for a verb
    helpers = [c for c in verb.children if c.dep_ in ("aux", "auxpass")]
    finite = next((_FINITE[t.tag_] for t in [*helpers, verb] if t.tag_ in _FINITE), None)
    if finite is None:
        return None
    words = {t.lower_ for t in helpers}
    infinitives = _infinitives(verb)
    modality = {_MODALITY[w] for w in words if w in _MODALITY}
    modality |= {"possibility" for c in verb.children if c.lower_ in _HEDGES}
    going = bool(infinitives) and verb.lower_ == "going"
    modality |= {
        _INFINITIVE_MODALITY[v.lower_]
        for v in [verb, *(infinitives if going else [])]
        if v.lower_ in _INFINITIVE_MODALITY and _infinitives(v)
    }
    if any(c.lower_ in _READINESS and (infinitives or _infinitives(c)) for c in verb.children):
        modality.add("readiness")
    if any(c.lower_ in ("able", "unable") for c in verb.children):
        modality.add("ability")
    # not the numeral of "World War I"
    person = next((_PERSONS[s.lower_] for s in subjects if s.lower_ in _PERSONS and s.tag_ != "NNP"), None)
    return Clause(verb.lower_[:4], _tense(finite, words, verb, going), frozenset(modality), person)


def _infinitives(verb: Token) -> list[Token]:
    """The infinitive complements of a verb or adjective: "trying *to sell* it"."""
    return [c for c in verb.children if c.dep_ == "xcomp" and any(t.lower_ == "to" for t in c.children)]


def _tense(finite: str, helpers: set[str], verb: Token, going: bool) -> str:
    if helpers & _FUTURE or (going and finite == "present"):
        return "future"
    if finite == "present" and helpers & _HAVE and verb.tag_ in ("VBN", "VBG", "VBD"):
        completed = verb.tag_ != "VBG" or "been" in helpers
        return "perfect" if completed else finite
    return finite


def _mood(doc: Doc, root: Token | None, main: Clause | None) -> str:
    if doc.text.rstrip("\"'”’) ").endswith("?"):
        return "question"
    bare = main is None and root is not None and root.tag_ == "VB"
    subjects = [token for token in doc if token.dep_.startswith("nsubj") and token.head is root]
    return "request" if bare and not subjects else "statement"


class ClauseCritic:
    """The share of these checks that a pair passes, 0 to 1; 4 and 5 need a main clause in the target.

    1. Mood: both sides have the same.
    2. Persons: pronoun subjects of the main clauses agree, and of all clauses if their numbers are equal.
    3. Question words: if one side starts with one, the other contains one.
    4. Tense of the target's main clause: some source clause has it, one with the same verb if there is any.
       Simple past and perfect count as equal.
    5. Modality of the target's main clause: some source clause has it.

    `parser` is an English spaCy pipeline with tags and dependencies, or a cache of parses.
    """

    def __init__(self, parser: Language | ParsedSentences):
        self._parsed = share(parser)

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """Shares, (n,). Raises DataError if the two lists differ in length."""
        sentences, s, t = distinct(sources, targets)
        parsed = [clauses(doc) for doc in self._parsed(sentences)]
        shares = [_share(parsed[a], parsed[b]) for a, b in zip(s.tolist(), t.tolist(), strict=True)]
        return np.array(shares, dtype=np.float32)


def _share(source: Clauses, target: Clauses) -> float:
    checks = [source.mood == target.mood, _same_persons(source, target)]
    checks.append(
        not (source.starts_with_wh and not target.has_wh)
        and not (target.starts_with_wh and not source.has_wh)
    )
    if target.main is not None:
        # "How can I …?" and "How do I …?" are the same question
        ignored = {"ability"} if target.mood == "question" else set()
        same_verb = [clause for clause in source.all if clause.stem == target.main.stem] or source.all
        tenses = {clause.tense for clause in same_verb}
        if tenses & {"past", "perfect"}:
            tenses |= {"past", "perfect"}
        checks.append(target.main.tense in tenses)
        checks.append(
            any(clause.modality - ignored == target.main.modality - ignored for clause in source.all)
        )
    return sum(checks) / len(checks)


def _same_persons(source: Clauses, target: Clauses) -> bool:
    clause_pairs = [(source.main, target.main)]
    if len(source.all) == len(target.all):
        clause_pairs += zip(source.all, target.all, strict=True)
    persons = [(a.person, b.person) for a, b in clause_pairs if a is not None and b is not None]
    return all(a == b for a, b in persons if a is not None and b is not None)
