"""Clause: is it said of the same time, by or of the same person, with the same modality, in the same mood?
"They were" is not "they are", "Can you help me?" is not "Can I help you?", "I am trying to sell it" is not
"I am selling it", "Can I go?" is not "I can go.", nor "How can I go?".
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
# What a verb with an infinitive says of it.
_WITH_TO = {
    **dict.fromkeys(("have", "has", "had", "need", "needs", "needed", "got"), "obligation"),
    **dict.fromkeys(("try", "tries", "tried", "trying"), "attempt"),
    **dict.fromkeys(
        ("want", "wants", "wanted", "wanting", "hope", "hopes", "hoped", "hoping", "like"), "wish"
    ),
}
# What it is to be ready for something that is not done yet.
_READY = {"ready", "willing", "eager", "about"}
# Whoever is asked: "Can someone help me?" is "Can you help me?".
_ASKED = dict.fromkeys(("someone", "somebody", "anyone", "anybody"), "you")
_PERSONS = {**{p: p for p in ("i", "we", "you", "he", "she", "they")}, **_ASKED}
_WH = {"how", "what", "why", "when", "where", "who", "which", "whose"}
_OPENERS = {"and", "but", "so"}


@dataclass(frozen=True, slots=True)
class Clause:
    """Of a finite verb: its first letters, its time (past, perfect, present or future), what modality it has,
    and the personal pronoun that is its subject, if one is.
    """

    stem: str
    time: str
    modality: frozenset[str]
    person: str | None


@dataclass(frozen=True, slots=True)
class Clauses:
    """A sentence's main clause, all its finite clauses, and its mood: question, request or statement.

    `opens` says that it begins with a question word, `asks` that there is one in it.
    """

    main: Clause | None
    all: tuple[Clause, ...]
    mood: str
    opens: bool
    asks: bool


def clauses(doc: Doc) -> Clauses:
    """Read the clauses of a parsed sentence."""
    root = next((token for token in doc if token.dep_ == "ROOT"), None)
    found = {token.i: clause for token in doc if (clause := _clause(token)) is not None}
    main = None if root is None else found.get(root.i)
    words = [token.lower_ for token in doc]
    opens = next((w for w in words if w not in _OPENERS), "") in _WH
    return Clauses(main, tuple(found.values()), _mood(doc, root, main), opens, bool(_WH & set(words)))


def _clause(verb: Token) -> Clause | None:
    if verb.pos_ not in ("VERB", "AUX") or verb.dep_ in ("aux", "auxpass"):
        return None
    subjects = [c for c in verb.children if c.dep_.startswith(("nsubj", "csubj", "expl"))]
    if not subjects and verb.dep_ not in ("ROOT", "conj"):
        return None  # a noun that was taken for a verb, most often
    helpers = [c for c in verb.children if c.dep_ in ("aux", "auxpass")]
    finite = next((_FINITE[t.tag_] for t in [*helpers, verb] if t.tag_ in _FINITE), None)
    if finite is None:
        return None
    words = {t.lower_ for t in helpers}
    ahead = _ahead(verb)
    modality = {_MODALITY[w] for w in words if w in _MODALITY}
    modality |= {"possibility" for c in verb.children if c.lower_ in _HEDGES}
    going = bool(ahead) and verb.lower_ == "going"
    modality |= {
        _WITH_TO[v.lower_] for v in [verb, *(ahead if going else [])] if v.lower_ in _WITH_TO and _ahead(v)
    }
    if any(c.lower_ in _READY and (ahead or _ahead(c)) for c in verb.children):
        modality.add("readiness")
    if any(c.lower_ in ("able", "unable") for c in verb.children):
        modality.add("ability")
    person = next((_PERSONS[s.lower_] for s in subjects if s.lower_ in _PERSONS), None)
    return Clause(verb.lower_[:4], _time(finite, words, verb, going), frozenset(modality), person)


def _ahead(verb: Token) -> list[Token]:
    """The infinitives that hang on a verb or adjective: "trying *to sell* it"."""
    return [c for c in verb.children if c.dep_ == "xcomp" and any(t.lower_ == "to" for t in c.children)]


def _time(finite: str, helpers: set[str], verb: Token, going: bool) -> str:
    if helpers & _FUTURE or (going and finite == "present"):
        return "future"
    if finite == "present" and helpers & _HAVE and verb.tag_ in ("VBN", "VBG", "VBD"):
        done = verb.tag_ != "VBG" or "been" in helpers
        return "perfect" if done else finite
    return finite


def _mood(doc: Doc, root: Token | None, main: Clause | None) -> str:
    if doc.text.rstrip("\"'”’) ").endswith("?"):
        return "question"
    bare = main is None and root is not None and root.tag_ == "VB"
    subjects = [token for token in doc if token.dep_.startswith("nsubj") and token.head is root]
    return "request" if bare and not subjects else "statement"


class ClauseCritic:
    """Share of five things that the target has of the source, 0 to 1: its mood; of a question, whether it
    opens with a question word; in some clause of the source, that of the same verb if there is one, the time
    of its main clause (a simple past may stand for a perfect); in some clause, its modality; and persons: the
    pronouns that are subjects of the main clauses, and of all clauses if there are equally many, do not
    differ.

    `parser` is an English spaCy pipeline with tags and dependencies, or a cache of parses.
    """

    def __init__(self, parser: Language | ParsedSentences):
        self._parsed = share(parser)

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """Shares, (n,). Raises DataError if the two lists differ in length."""
        sentences, s, t = distinct(sources, targets)
        found = [clauses(doc) for doc in self._parsed(sentences)]
        shares = [_share(found[a], found[b]) for a, b in zip(s.tolist(), t.tolist(), strict=True)]
        return np.array(shares, dtype=np.float32)


def _share(source: Clauses, target: Clauses) -> float:
    held = [source.mood == target.mood, _agree(source, target)]
    held.append(not (source.opens and not target.asks) and not (target.opens and not source.asks))
    if target.main is not None:
        # "How can I …?" asks what "How do I …?" does
        free = {"ability"} if target.mood == "question" else set()
        same = [clause for clause in source.all if clause.stem == target.main.stem] or source.all
        times = {clause.time for clause in same}
        if times & {"past", "perfect"}:
            times |= {"past", "perfect"}
        held.append(target.main.time in times)
        held.append(any(clause.modality - free == target.main.modality - free for clause in source.all))
    return sum(held) / len(held)


def _agree(source: Clauses, target: Clauses) -> bool:
    couples = [(source.main, target.main)]
    if len(source.all) == len(target.all):
        couples += zip(source.all, target.all, strict=True)
    persons = [(a.person, b.person) for a, b in couples if a is not None and b is not None]
    return all(a == b for a, b in persons if a is not None and b is not None)
