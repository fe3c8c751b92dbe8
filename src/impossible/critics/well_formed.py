"""Well-formedness: is it a whole sentence? Small teachers write noun phrases, clauses without a main clause,
and subjects that come twice.
"""

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
_THANKS = {"thank", "thanks", "congratulations", "sorry", "welcome"}
_NEAR = 9  # tokens between a couple of words and the same couple again
_BRACKETS = (("(", ")"), ("[", "]"), ("“", "”"))


def fault(doc: Doc) -> str | None:
    """What keeps a parsed sentence from being a whole one; None if nothing does."""
    root = next((token for token in doc if token.dep_ == "ROOT"), None)
    if root is None or not _has_main_clause(doc, root):
        return "no finite main verb"
    if _dangles(doc, root):
        return "a clause without a main clause"
    if _doubled(doc, root):
        return "a subject twice"
    if _open_end(doc):
        return "an open end"
    if not _balanced(doc.text):
        return "quotes or brackets that do not match"
    return None


def _has_main_clause(doc: Doc, root: Token) -> bool:
    """A finite verb with a subject, a request, or a question."""
    verbs = [t for t in doc if t.dep_ in ("ROOT", "conj", "ccomp", "parataxis")]
    return any(_finite(verb) for verb in verbs) or _requests(root) or _asks(doc) or root.lower_ in _THANKS


def _finite(verb: Token) -> bool:
    if verb.pos_ not in ("VERB", "AUX"):
        return False
    helpers = [c for c in verb.children if c.dep_ in ("aux", "auxpass")]
    taken = verb.tag_ == "VBN" and verb.text.endswith("ed") and not helpers  # "improved" for a participle
    finite = taken or any(t.tag_ in _FINITE for t in (verb, *helpers))
    return finite and any(c.dep_ in _SUBJECTS for c in verb.children)


def _asks(doc: Doc) -> bool:
    return doc.text.rstrip("\"'”’) ").endswith("?")


def _requests(root: Token) -> bool:
    """ "Send us the file.", "Please, send it.", "Don't worry."."""
    helped = any(c.dep_ == "aux" and c.lower_ not in ("do", "don't", "let") for c in root.children)
    return root.tag_ == "VB" and not helped and not any(c.dep_ in _SUBJECTS for c in root.children)


def _dangles(doc: Doc, root: Token) -> bool:
    """ "Although he won." or "Which was sold in May.": the root itself is a subordinate clause."""
    marked = any(c.dep_ == "mark" and c.i < root.i and c.left_edge.i == 0 for c in root.children)
    relative = doc[0].tag_ in ("WDT", "WP") and doc[0].lower_ in ("which", "who", "that")
    return not _asks(doc) and (marked or relative)


def _doubled(doc: Doc, root: Token) -> bool:
    """Two subjects of one verb, or two neighbouring content words that come again."""
    if sum(c.dep_ in ("nsubj", "nsubjpass") for c in root.children) > 1:
        return True
    seen: dict[tuple[str, str], int] = {}
    for a, b in pairwise(doc):
        if all(t.is_alpha and not t.is_stop for t in (a, b)):
            if a.i - seen.get((a.lower_, b.lower_), -_NEAR) < _NEAR:
                return True
            seen[a.lower_, b.lower_] = a.i
    return False


def _open_end(doc: Doc) -> bool:
    last = next((t for t in reversed(doc) if not t.is_punct and not t.is_space), None)
    return last is not None and last.lower_ in _OPEN_ENDS and last.text.islower()


def _balanced(text: str) -> bool:
    return text.count('"') % 2 == 0 and all(text.count(a) == text.count(b) for a, b in _BRACKETS)


class WellFormed:
    """1 where both sentences are whole: a finite main verb with its subject (or a request, or a question), no
    clause that hangs in the air, no subject twice, no open end, quotes and brackets in pairs; else 0.

    `parser` is an English spaCy pipeline with tags and dependencies, or a cache of parses.
    """

    def __init__(self, parser: Language | ParsedSentences):
        self._parsed = share(parser)

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """1 or 0 a pair, (n,). Raises DataError if the two lists differ in length."""
        sentences, s, t = distinct(sources, targets)
        whole = np.array([fault(doc) is None for doc in self._parsed(sentences)], dtype=bool)
        return (whole[s] & whole[t]).astype(np.float32)
