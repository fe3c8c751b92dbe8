"""Support: does the source say of its words what the target says of them?

It compares the arcs of both sentences (`arcs.py`) and looks for faults by rule: "the firm owns a bank" for
"the firm is owned by a bank" (role); "Colorado" for "Colorado Springs" (head); "will sell" for "plans to
sell" and "left" for "reportedly left" (doubt); "patients" for "most of the patients" (amount); "a patient"
for "patients" (plural). What a target leaves out is no fault, unless what is left says something else.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language

from ..text.same_word import converse, opposite, same
from ..text.words import word_set
from .arcs import OBJECT, OTHER, PART, SUBJECT, Arc, Reading, Word, read
from .distinct import distinct
from .doubt import ALLEGED, CONDITIONAL, DENIED, FUTURE, PLANNED, POSSIBLE, SUPPOSED
from .parser import ParsedSentences, share

_UNREAL = {PLANNED, ALLEGED, SUPPOSED}
_DIRECTIONS = word_set("north south east west new northern southern eastern western central")
# What they stand before is not, or not surely, what the noun alone names.
_QUALIFIERS = word_set(
    "former ex alleged apparent suspected accused potential possible vice deputy acting fake would-be"
)
_NAMING = {"NOUN", "PROPN", "VERB"}
_WEIGHTS = {"PROPN": 1.5, "ADJ": 0.7, "ADV": 0.5}
_FAULT = 0.5  # what each fault leaves of the score


class Comparison:
    """A target's words and arcs, found in a source or not, and its faults by kind."""

    def __init__(self, source: Reading, target: Reading):
        self._x, self._y = source, target
        self._found = {j: _in(source, word) for j, word in target.words.items()}
        self._roles: dict[tuple[int, int], set[str]] = {}
        self._near: dict[int, set[int]] = {}
        for h, role, d in source.arcs | source.understood:
            self._roles.setdefault((h, d), set()).add(role)
            self._near.setdefault(h, set()).add(d)
            self._near.setdefault(d, set()).add(h)

    # --- shares --------------------------------------------------------------------------------------

    def words(self) -> float:
        """The share of the target's words, by weight, that the source has."""
        weights = {j: _WEIGHTS.get(w.kind, 1.0) for j, w in self._y.words.items()}
        return (
            sum(weights[j] for j, at in self._found.items() if at) / sum(weights.values()) if weights else 1.0
        )

    def arcs(self) -> float:
        """How near the source connects what the target connects; of words that it has, the mean."""
        near = [self._nearness(arc) for arc in sorted(self._y.arcs) if self._both(arc)]
        return sum(near) / len(near) if near else 1.0

    def _both(self, arc: Arc) -> bool:
        return bool(self._found[arc[0]] and self._found[arc[2]])

    def _nearness(self, arc: Arc) -> float:
        h, role, d = arc
        return max(self._between(a, role, b) for a in self._found[h] for b in self._found[d])

    def _between(self, a: int, role: str, b: int) -> float:
        roles = self._roles.get((a, b))
        if roles:
            return 1.0 if role in roles else 0.0 if {SUBJECT, OBJECT} <= {role, *roles} else 0.85
        if a == b:
            return 0.8
        if (b, a) in self._roles:
            return 0.7
        return 0.5 if self._near.get(a, set()) & self._near.get(b, set()) else 0.15

    # --- faults --------------------------------------------------------------------------------------

    def faults(self) -> dict[str, int]:
        """How often the target says otherwise, by kind."""
        known = [
            (w, [self._x.words[i] for i in self._found[j]])
            for j, w in self._y.words.items()
            if self._found[j]
        ]
        return {
            "role": sum(self._turned(arc) or self._misplaced(arc) for arc in self._y.arcs),
            "head": sum(self._lacks_head(j) or self._lacks_direction(j) for j in self._y.words),
            "point": int(self._misses_point()),
            "qualifier": sum(self._lacks_qualifier(j) for j in self._y.words),
            "doubt": sum(all(_sure(w, u) for u in us) for w, us in known),
            "denial": sum(all(_turns(w, u) for u in us) for w, us in known),
            "amount": sum(all(_other_amount(w, u) for u in us) for w, us in known),
            "plural": sum(all(_other_number(w, u) for u in us) for w, us in known),
            "bare": sum(self._is_bare(arc) for arc in self._y.arcs),
            "condition": sum(
                all(CONDITIONAL in u.doubt - w.doubt for u in us) for w, us in known if w.predicate
            ),
            "opposite": sum(self._is_opposite(j) for j, at in self._found.items() if not at),
            "pronoun": sum(
                self._is_left_open(h, role) for h, role in self._y.pronouns if role in (SUBJECT, OBJECT)
            ),
        }

    def _misses_point(self) -> bool:
        """Whether the target's main predicate is a side remark of the source."""
        said = {i for j in self._y.points for i in self._found[j]}
        return bool(said and self._x.points) and not said & self._x.points

    def _fillers(self, heads: Sequence[int], role: str) -> set[int]:
        return {b for (a, b), roles in self._roles.items() if a in heads and role in roles}

    def _circumstances(self, heads: Sequence[int]) -> set[int]:
        """Times, places and the like of a verb in the source: "In 1904 she left", so 1904 did not leave."""
        near = self._fillers(heads, OTHER)
        return near | {d for h, _, d in self._x.arcs if h in near}

    def _turned(self, arc: Arc) -> bool:
        """Another subject or object than in the source, or each in the other's place."""
        h, role, d = arc
        if role not in (SUBJECT, OBJECT) or not self._both(arc):
            return False
        heads, words = self._found[h], set(self._found[d])
        if self._fillers(heads, role) & words:
            return False
        if self._fillers(heads, OBJECT if role == SUBJECT else SUBJECT) & words:
            return True
        if words & self._circumstances(heads):
            return True
        if any((a, role) in self._x.pronouns for a in heads):
            return False
        if self._fillers(heads, role):
            return True
        if role == OBJECT:
            return False
        return bool(self._fillers(heads, OBJECT)) and self._nearness(arc) <= 0.5

    def _misplaced(self, arc: Arc) -> bool:
        """Another word's time or place: "In May, he sold the car" of "the car that he had bought in May".

        Parsers err about nouns, so what hangs on one counts only if it moves from the end to the front.
        """
        h, role, d = arc
        if role != OTHER or not self._both(arc) or not self._y.words[h].predicate:
            return False
        heads = {a for a, _, b in self._x.arcs if b in self._found[d]}
        if not heads or heads & set(self._found[h]):
            return False
        if all(self._x.words[a].kind == "VERB" for a in heads):
            return True
        subjects = [b for a, r, b in self._y.arcs if a == h and r in (SUBJECT, OBJECT)]
        last = max(self._x.points, default=0)
        return d < min([h, *subjects]) and all(b > last for b in self._found[d])

    def _lacks_head(self, j: int) -> bool:
        """Whether a noun only stands before another in the source: "Colorado" for "Colorado Springs"."""
        word, found = self._y.words[j], [self._x.words[i] for i in self._found[j]]
        if word.kind not in ("NOUN", "PROPN") or word.compound is not None or not found:
            return False
        heads = [(u, self._x.words.get(u.compound)) for u in found if u.compound is not None]
        kept = {i for at in self._found.values() for i in at}
        return len(heads) == len(found) and all(
            head is not None and head.kind == u.kind == word.kind and u.compound not in kept
            for u, head in heads
        )

    def _lacks_direction(self, j: int) -> bool:
        """ "Carolina" for "South Carolina"."""
        if self._y.words[j].kind != "PROPN":
            return False
        said = {self._y.words[d].lemma for h, _, d in self._y.arcs if h == j}
        return all(
            any(self._x.words[d].lemma in _DIRECTIONS - said for h, _, d in self._x.arcs if h == i)
            for i in self._found[j]
        ) and bool(self._found[j])

    def _lacks_qualifier(self, j: int) -> bool:
        """ "The mayor" for "the former mayor"."""
        said = {self._y.words[d].lemma for h, _, d in self._y.arcs if h == j}
        return bool(self._found[j]) and all(
            any(self._x.words[d].lemma in _QUALIFIERS - said for h, _, d in self._x.arcs if h == i)
            for i in self._found[j]
        )

    def _is_bare(self, arc: Arc) -> bool:
        """A subject or object left alone: "the star" for "the star of the match"."""
        _, role, j = arc
        if (
            role not in (SUBJECT, OBJECT)
            or self._y.words[j].kind != "NOUN"
            or any(h == j for h, _, _ in self._y.arcs)
        ):
            return False
        lost = {
            i
            for i in self._found[j]
            for h, r, d in self._x.arcs
            if h == i < d and r == PART and self._x.words[d].kind in _NAMING
        }
        return bool(lost) and lost == set(self._found[j])

    def _is_opposite(self, j: int) -> bool:
        said = self._y.words[j].lemma
        return any(
            opposite(said, u.lemma) or (converse(said, u.lemma) and self._share_subject(i, j))
            for i, u in self._x.words.items()
        )

    def _share_subject(self, i: int, j: int) -> bool:
        """Whether a verb of the source and one of the target have the same subject, by name."""
        subjects = self._fillers([i], SUBJECT)
        return any(
            h == j and role == SUBJECT and subjects & set(self._found[d]) for h, role, d in self._y.arcs
        )

    def _is_left_open(self, h: int, role: str) -> bool:
        """A pronoun where the source names somebody whom the target does not name before."""
        heads = self._found[h]
        named = self._fillers(heads, role)
        if not named or any((a, role) in self._x.pronouns for a in heads):
            return False
        before = {i for j, at in self._found.items() if j < h for i in at}
        return not any(self._x.words[b].kind in ("NOUN", "PROPN") and b in before for b in named)


def _in(source: Reading, word: Word) -> list[int]:
    """Where a source has a word, else its synonyms and what is derived from it."""
    exact = [i for i, u in source.words.items() if u.lemma == word.lemma]
    return exact or [i for i, u in source.words.items() if same(u.lemma, word.lemma)]


def _sure(word: Word, found: Word) -> bool:
    """Whether the target states what the source only plans, alleges, supposes or holds possible."""
    if not (word.predicate and found.predicate):
        return False
    if (_UNREAL | {POSSIBLE}) & found.doubt:
        return not (_UNREAL | {POSSIBLE}) & word.doubt
    return FUTURE in found.doubt and not word.doubt


def _turns(word: Word, found: Word) -> bool:
    """Whether one of the two is denied."""
    both_said = word.predicate and found.predicate
    return both_said and (DENIED in word.doubt) != (DENIED in found.doubt)


def _other_amount(word: Word, found: Word) -> bool:
    if word.amount == "all":
        return found.amount not in ("all", "number")
    return word.amount == "" and found.amount in ("most", "few", "part")


def _other_number(word: Word, found: Word) -> bool:
    if word.plural is None or found.plural is None or DENIED in word.doubt or word.amount == "no":
        return False
    return word.lemma == found.lemma and word.plural != found.plural


def support(source: Reading, target: Reading) -> float:
    """How far the source says what the target says, 0 to 1; each kind of fault halves it, once."""
    compared = Comparison(source, target)
    faults = sum(min(n, 1) for n in compared.faults().values())
    return math.sqrt(compared.arcs()) * (0.5 + 0.5 * compared.words()) * _FAULT**faults


class Support:
    """How far the source says what the target says, 0 to 1: see `support`.

    `parser` is an English spaCy pipeline with tags and dependencies, or a cache of parses. Without a
    lemmatizer it takes the forms of a word for different words.
    """

    def __init__(self, parser: Language | ParsedSentences):
        self._parsed = share(parser)

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """Scores, (n,). Raises DataError if the two lists differ in length."""
        sentences, s, t = distinct(sources, targets)
        readings = [read(doc, self._parsed.lemma) for doc in self._parsed(sentences)]
        scores = [support(readings[a], readings[b]) for a, b in zip(s.tolist(), t.tolist(), strict=True)]
        return np.array(scores, dtype=np.float32)
