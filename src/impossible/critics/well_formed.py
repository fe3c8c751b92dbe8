"""Well-formedness: are both sides complete sentences?

Small teachers write bare noun phrases, subordinate clauses without a main clause, and repeated subjects.
"""

import re
from calendar import month_name
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc, Token

from .distinct import distinct
from .parser import ParsedSentences, share

_FINITE = {"VBD", "VBZ", "VBP", "MD"}
_SUBJECTS = ("nsubj", "nsubjpass", "csubj", "csubjpass", "expl")
_OPEN_ENDS = {"of", "than", "because", "the", "a", "an", "and", "or", "but", "nor", "if"}
_FORMULAS = {"thank", "thanks", "congratulations", "sorry", "welcome"}
_WINDOW = 9  # tokens within which a repeated word pair counts as a fault
_BRACKETS = (("(", ")"), ("[", "]"), ("“", "”"))
_MONTHS = "|".join(month_name[1:])
_DATE = rf"(?:\d\d? )?(?:(?:{_MONTHS}) )?(?:\d\d?, )?\d{{4}}"
_SUBJECT = r"(?:[Tt]he|[Aa]n?|he|she|it|they|his|her|its|their|there|[A-Z]\w+)\b"
_DATE_FIRST = re.compile(rf"{_DATE}(?: (?:to|and|-|–) {_DATE})?, {_SUBJECT}")
_DATE_LAST = re.compile(rf"\b(?!(?:{_MONTHS})\b)[A-Za-z]+, \d{{4}}\.?$")


def fault(doc: Doc) -> str | None:
    """The first fault that makes a parsed sentence ill-formed; None if it is well formed."""
    root, *others = [token for token in doc if token.dep_ == "ROOT"] or [None]
    if root is None or not _has_main_clause(doc, root):
        return "no finite main verb"
    if not all(_finite(other) or _is_request(other) or _is_question(doc) for other in others):
        return "a second sentence without a finite verb"
    if _is_subordinate(doc, root):
        return "a clause without a main clause"
    if _is_repeated(doc, root):
        return "a subject twice"
    if _says_again(doc):
        return "a phrase twice"
    if _ends_open(doc):
        return "an open end"
    if not _balanced(doc.text):
        return "quotes or brackets that do not match"
    if _has_bare_date(doc):
        return "a date without a preposition"
    return None


def _has_main_clause(doc: Doc, root: Token) -> bool:
    """Whether there is a finite verb with a subject, or the sentence is a request, a question or thanks."""
    verbs = [t for t in doc if t.dep_ in ("ROOT", "conj", "ccomp", "parataxis")]
    return (
        any(_finite(verb) for verb in verbs)
        or _is_request(root)
        or _is_question(doc)
        or root.lower_ in _FORMULAS
    )


def _finite(verb: Token) -> bool:
    if verb.pos_ not in ("VERB", "AUX"):
        return False
    helpers = [c for c in verb.children if c.dep_ in ("aux", "auxpass")]
    # a past tense that was tagged as a participle: "improved"
    mistagged = verb.tag_ == "VBN" and verb.text.endswith("ed") and not helpers
    finite = mistagged or any(t.tag_ in _FINITE for t in (verb, *helpers))
    return finite and any(c.dep_ in _SUBJECTS for c in verb.children)


def _is_question(doc: Doc) -> bool:
    return doc.text.rstrip("\"'”’) ").endswith("?")


def _is_request(root: Token) -> bool:
    """ "Send us the file.", "Please, send it.", "Don't worry."."""
    has_auxiliary = any(c.dep_ == "aux" and c.lower_ not in ("do", "don't", "let") for c in root.children)
    return root.tag_ == "VB" and not has_auxiliary and not any(c.dep_ in _SUBJECTS for c in root.children)


def _is_subordinate(doc: Doc, root: Token) -> bool:
    """ "Although he won." or "Which was sold in May.": the root itself is a subordinate clause."""
    marked = any(c.dep_ == "mark" and c.i < root.i and c.left_edge.i == 0 for c in root.children)
    relative = doc[0].tag_ in ("WDT", "WP") and doc[0].lower_ in ("which", "who", "that")
    return not _is_question(doc) and (marked or relative)


def _is_repeated(doc: Doc, root: Token) -> bool:
    """Whether a verb has two subjects, or two neighbouring content words are repeated soon after."""
    if sum(c.dep_ in ("nsubj", "nsubjpass") for c in root.children) > 1:
        return True
    seen: dict[tuple[str, str], int] = {}
    for a, b in pairwise(doc):
        if all(t.is_alpha and not t.is_stop for t in (a, b)):
            if a.i - seen.get((a.lower_, b.lower_), -_WINDOW) < _WINDOW:
                return True
            seen[a.lower_, b.lower_] = a.i
    return False


def _says_again(doc: Doc) -> bool:
    """Whether four words in a row, none of them of a name, come twice."""
    seen: set[tuple[str, ...]] = set()
    for four in zip(doc, doc[1:], doc[2:], doc[3:], strict=False):
        words = tuple(t.lower_ for t in four)
        if words in seen:
            return True
        if all(t.is_alpha and t.pos_ != "PROPN" for t in four):
            seen.add(words)
    return False


def _ends_open(doc: Doc) -> bool:
    last = next((t for t in reversed(doc) if not t.is_punct and not t.is_space), None)
    return last is not None and last.lower_ in _OPEN_ENDS and last.text.islower()


def _balanced(text: str) -> bool:
    return text.count('"') % 2 == 0 and all(text.count(a) == text.count(b) for a, b in _BRACKETS)


def _has_bare_date(doc: Doc) -> bool:
    """ "1814, they founded a town.", "It was renamed the Centre, 1949."."""
    return bool(_DATE_FIRST.match(doc.text) or _DATE_LAST.search(doc.text))


class WellFormed:
    """1 where both sentences are well formed, else 0.

    A well-formed sentence has a finite main verb with its subject, or is a request or a question. It repeats
    no subject, ends in no word that needs another ("of", "because"), its quotes and brackets match, and its
    dates have their prepositions.

    `parser` is an English spaCy pipeline with tags and dependencies, or a cache of parses.
    """

    def __init__(self, parser: Language | ParsedSentences):
        self._parsed = share(parser)

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """1 or 0, (n,). Raises DataError if the two lists differ in length."""
        sentences, s, t = distinct(sources, targets)
        well_formed = np.array([fault(doc) is None for doc in self._parsed(sentences)], dtype=bool)
        return (well_formed[s] & well_formed[t]).astype(np.float32)
