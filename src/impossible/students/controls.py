"""Define the controls of a student and derive their values from training pairs.

| control | values | derived from |
|---|---|---|
| length, paraphrase | shorter, similar, longer | characters of target / source: < 0.9, between, > 1/0.9 |
| length, summary | short, medium, long | the same ratio: below 0.5, between, from 0.7 on |
| wording | near, middle, far | ROUGE-L of target and source: from 0.65 on, between, below 0.4 |
| syntax | a template | the parse of the target, see `template` and `constituents` |

Wording distance is the control of QCPG (Bandel et al. 2022), in three levels. A paraphrase is "shorter" if
and only if the reversed pair is "longer".
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

from rapidfuzz.distance import Levenshtein
from spacy.language import Language
from spacy.tokens import Doc, Span, Token

from ..critics.parser import brackets_of
from ..errors import RecipeError

LENGTHS = {"paraphrase": ("shorter", "similar", "longer"), "summary": ("short", "medium", "long")}
WORDINGS = ("near", "middle", "far")
_SHORTER, _SHORT, _LONG = 0.9, 0.5, 0.7
_NEAR, _FAR = 0.65, 0.4
# Probability of dropping all controls of a pair, in addition to dropping each: most requests have none.
_DROP_ALL = 0.25
_CLAUSES = frozenset(("acl", "advcl", "ccomp", "conj", "csubj", "parataxis", "pcomp", "relcl", "xcomp"))
_SILENT = frozenset(("punct", "dep", ""))
_TEMPLATE = re.compile(r"[a-z]+(\([a-z ]*\))?( ([a-z]+(\([a-z ]*\))?|\?|\|))*|[A-Z][A-Z$() |]*")
_PENN = re.compile(r"\(\s*[^\s()]*|\)")
_LAYERS = 3
_LABELS = re.compile(r"[A-Za-z$]+|[?|]")


@dataclass(frozen=True, slots=True)
class Controls:
    """The controls requested for one output; None leaves a control open."""

    length: str | None = None
    wording: str | None = None
    syntax: str | None = None

    def given(self) -> list[tuple[str, str]]:
        """Return the names and values of the controls that are set."""
        values = [(f.name, getattr(self, f.name)) for f in fields(self)]
        return [(name, value) for name, value in values if value is not None]


def length(task: str, source: str, target: str) -> str:
    """Return the length class of a pair. `source` must not be empty."""
    ratio = len(target) / len(source)
    if task == "summary":
        return "short" if ratio < _SHORT else "medium" if ratio < _LONG else "long"
    if ratio < _SHORTER:
        return "shorter"
    # the same division as for the reversed pair, so that both agree despite rounding
    return "longer" if len(source) / len(target) < _SHORTER else "similar"


def wording(rouge_l: float) -> str:
    """Return the wording distance class for a ROUGE-L."""
    return "near" if rouge_l >= _NEAR else "middle" if rouge_l >= _FAR else "far"


def template(doc: Doc) -> str:
    """Return the syntactic template of a text: each root and its children as dependency labels, in order.

    A clause lists its own children in brackets, a question ends in `?`, and sentences are separated by `|`:
    "Because it rained, the match was cancelled." is `advcl(mark nsubj) nsubjpass auxpass root`.
    """
    return " | ".join(built for sentence in doc.sents if (built := _sentence(sentence)))


def _sentence(sentence: Span) -> str:
    if not any(token.is_alpha for token in sentence):
        return ""
    root = sentence.root
    labels = ["root" if t is root else _label(t) for t in _head_and_children(root)]
    return " ".join([*labels, "?"] if "?" in sentence.text[-3:] else labels)


def _label(token: Token) -> str:
    label = token.dep_.lower()
    if label not in _CLAUSES:
        return label
    return f"{label}({' '.join(t.dep_.lower() for t in _head_and_children(token) if t is not token)})"


def _head_and_children(head: Token) -> list[Token]:
    visible = [t for t in head.children if t.dep_ not in _SILENT and not t.is_space and t.dep_.isalpha()]
    return sorted([*visible, head], key=lambda t: t.i)


def constituents(bracketed: str) -> str:
    """Return the top three layers of a bracketing without words and marks: `S(NP(DT NN) VP(VBD PP))`."""
    labels: list[str] = []
    children: list[list[str]] = [[]]
    for part in _PENN.findall(bracketed):
        if part != ")":
            labels.append(part[1:].strip())
            children.append([])
            continue
        label, below = labels.pop(), children.pop()
        if len(labels) < _LAYERS and re.fullmatch(r"[A-Z]+\$?", label):
            children[-1].append(f"{label}({' '.join(below)})" if below else label)
    return " ".join(children[0])


def template_reader(nlp: Language) -> Callable[[Doc], str]:
    """Return the template function: from constituents if the pipeline has them."""
    brackets = brackets_of(nlp)
    if brackets is None:
        return template
    return lambda doc: " | ".join(built for one in brackets(doc) if (built := constituents(one)))


def likeness(a: str, b: str) -> float:
    """Return the similarity of two templates: 1 − label edits / labels of the longer one, from 0 to 1."""
    return float(Levenshtein.normalized_similarity(_LABELS.findall(a), _LABELS.findall(b)))


def drop_controls(controls: Controls, dropout: float, *key: object) -> Controls:
    """Drop controls at random, deterministic for a key."""
    draw = random.Random("/".join(map(str, key)))
    if draw.random() < _DROP_ALL and dropout > 0:
        return Controls()
    dropped = {f.name: None for f in fields(controls) if draw.random() < dropout}
    return replace(controls, **dropped)


def check(controls: Controls, task: str, learned: Sequence[str]) -> None:
    """Raise RecipeError if a control is unknown to the student or has an invalid value."""
    allowed = {"length": LENGTHS[task], "wording": WORDINGS}
    for name, value in controls.given():
        if name not in learned:
            raise RecipeError(
                f"{name} = {value!r}: this student was not trained on control {name}; "
                f"its controls: {', '.join(learned) or 'none'}"
            )
        if name in allowed and value not in allowed[name]:
            raise RecipeError(
                f"{name} = {value!r} is unknown for task {task}; allowed are {', '.join(allowed[name])}"
            )
        if name == "syntax" and not _TEMPLATE.fullmatch(value):
            raise RecipeError(
                f"syntax = {value!r} is not a template such as 'advcl(mark nsubj) nsubjpass auxpass root'; "
                "use like to give an example sentence instead"
            )
