"""Entities: the share of the target's named entities that the source names too."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from .distinct import distinct
from .parser import ParsedSentences, share

# Numbers and dates are left to the numbers critic.
_KINDS = {"PERSON", "ORG", "GPE", "LOC", "NORP", "FAC", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW"}

# Short forms, case-sensitive because "us" and "who" are words; demonyms, because "the French president" and
# "the president of France" name the same country.
_ALIASES = {
    "united states": "US USA America American Americans",
    "united kingdom": "UK Britain British Briton Britons",
    "united nations": "UN",
    "european union": "EU",
    "los angeles": "LA",
    "washington": "DC",
    "new york": "NY NYC",
    "australia": "Australian Australians",
    "brazil": "Brazilian Brazilians",
    "canada": "Canadian Canadians",
    "china": "Chinese PRC",
    "france": "French",
    "germany": "German Germans",
    "greece": "Greek Greeks",
    "india": "Indian Indians",
    "iran": "Iranian Iranians",
    "iraq": "Iraqi Iraqis",
    "israel": "Israeli Israelis",
    "italy": "Italian Italians",
    "japan": "Japanese",
    "mexico": "Mexican Mexicans",
    "pakistan": "Pakistani Pakistanis",
    "russia": "Russian Russians",
    "spain": "Spanish",
    "syria": "Syrian Syrians",
    "turkey": "Turkish Turks",
    "ukraine": "Ukrainian Ukrainians",
}
_FULL = {short: full.split() for full, shorts in _ALIASES.items() for short in shorts.split()}
_DOTTED = re.compile(r"\b(?:[A-Z]\.){2,}")
_WORD = re.compile(r"\w+(?=['’]s\b)|(?<!['’])\w+|(?<=['’])(?!s\b)\w+")
_CAPITALS = re.compile(r"\b[A-Z]{2,}\b")
_SMALL = {"a", "an", "and", "at", "by", "for", "in", "of", "on", "the", "to"}
_LEGAL_FORMS = {"inc", "corp", "co", "ltd", "llc", "plc"}
_GAP = 2  # other words allowed inside a name: Barack (Hussein) Obama


@dataclass(frozen=True, slots=True)
class _Name:
    words: tuple[str, ...]  # from _words
    person: bool

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.words if word not in _SMALL)


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence's words, its words in capitals ("WHO", "NASA"), and its named entities."""

    words: list[str]
    capitals: frozenset[str]
    names: frozenset[_Name]


class Entities:
    """The share of the target's named entities (persons, places, organisations, …) found in the source.

    An entity is found if the source contains its words in order, with at most two other words between
    neighbours, or if one side has the acronym ("WHO") or the surname ("Obama") of the other's full name.
    """

    def __init__(self, parser: Language | ParsedSentences):
        self._parsed = share(parser)

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """Shares, (n,), 0 to 1; 1 where the target has no named entity.

        Raises DataError if the two lists differ in length.
        """
        sentences, s, t = distinct(sources, targets)
        parsed = [_read(doc) for doc in self._parsed(sentences)]
        named: dict[tuple[_Name, int], bool] = {}
        scores = np.ones(len(s), np.float32)
        for n, (i, j) in enumerate(zip(s.tolist(), t.tolist(), strict=True)):
            names = parsed[j].names
            for key in [(name, i) for name in names if (name, i) not in named]:
                named[key] = _is_named(key[0], parsed[i])
            if names:
                scores[n] = sum(named[name, i] for name in names) / len(names)
        return scores


def _read(doc: Doc) -> _Sentence:
    capitals = frozenset(_CAPITALS.findall(_undotted(doc.text)))
    names = {_Name(_bare_name(_words(e.text)), e.label_ == "PERSON") for e in doc.ents if e.label_ in _KINDS}
    return _Sentence(_words(doc.text), capitals, frozenset(name for name in names if name.words))


def _undotted(text: str) -> str:
    return _DOTTED.sub(lambda match: match[0].replace(".", ""), text)


def _words(text: str) -> list[str]:
    """Lower-case words without possessive 's, aliases expanded: "the U.S.'s" → the, united, states."""
    return [part for word in _WORD.findall(_undotted(text)) for part in _FULL.get(word, [word.casefold()])]


def _bare_name(words: Sequence[str]) -> tuple[str, ...]:
    """A name without its leading article and its legal form ("Inc")."""
    start = int(words[:1] in (["a"], ["an"], ["the"]))
    end = len(words) - (len(words) > 1 and words[-1] in _LEGAL_FORMS)
    return tuple(words[start:end])


def _is_named(name: _Name, source: _Sentence) -> bool:
    if name in source.names or _in_order(name.words, source.words):
        return True
    if len(name.words) == 1:  # an acronym that the source spells out
        return any(name.words[0] == other.initials for other in source.names if len(other.words) > 1)
    if name.initials.upper() in source.capitals:
        return True
    # Obama for Barack Obama, Barack Obama for Barack Hussein Obama, but not Michelle Obama
    shorter = [other.words for other in source.names if other.words[-1] == name.words[-1]]
    return name.person and any(_in_order(words, name.words) for words in shorter)


def _in_order(words: Sequence[str], text: Sequence[str]) -> bool:
    """Whether `text` has `words` in order, with at most _GAP other words between neighbours."""
    ends = [i for i, word in enumerate(text) if word == words[0]]
    for word in words[1:]:
        near = sorted({j for i in ends for j in range(i + 1, min(i + 2 + _GAP, len(text)))})
        ends = [j for j in near if text[j] == word]
    return bool(ends)
