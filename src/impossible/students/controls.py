"""Controls: what can be asked of a student. In training they are read off each pair; pure functions.

| control | values | read off |
|---|---|---|
| length, paraphrase | shorter, similar, longer | characters of target / source: < 0.9, between, > 1/0.9 |
| length, summary | short, medium, long | the same ratio: below 0.5, between, from 0.7 on |
| wording | near, middle, far | ROUGE-L of target and source: from 0.65 on, between, below 0.4 |
| syntax | a template | the target's parse, see `template` and `constituents` |

Wording distance is the control of QCPG (Bandel et al. 2022), in three steps. A paraphrase is "shorter" if and
only if the pair the other way round is "longer".
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
# Of a pair's controls all are left out with this chance, on top of each alone: most use asks for nothing.
_NONE = 0.25
_CLAUSES = frozenset(("acl", "advcl", "ccomp", "conj", "csubj", "parataxis", "pcomp", "relcl", "xcomp"))
_SILENT = frozenset(("punct", "dep", ""))
_TEMPLATE = re.compile(r"[a-z]+(\([a-z ]*\))?( ([a-z]+(\([a-z ]*\))?|\?|\|))*|[A-Z][A-Z$() |]*")
_PENN = re.compile(r"\(\s*[^\s()]*|\)")
_LAYERS = 3
_LABELS = re.compile(r"[A-Za-z$]+|[?|]")


@dataclass(frozen=True, slots=True)
class Controls:
    """What is asked of one output; None leaves a thing open."""

    length: str | None = None
    wording: str | None = None
    syntax: str | None = None

    def given(self) -> list[tuple[str, str]]:
        """The controls that are asked for, with their values."""
        found = [(f.name, getattr(self, f.name)) for f in fields(self)]
        return [(name, value) for name, value in found if value is not None]


def length(task: str, source: str, target: str) -> str:
    """The length that a pair shows. `source` may not be empty."""
    ratio = len(target) / len(source)
    if task == "summary":
        return "short" if ratio < _SHORT else "medium" if ratio < _LONG else "long"
    if ratio < _SHORTER:
        return "shorter"
    # the same division as from the other side, so that the two always agree
    return "longer" if len(source) / len(target) < _SHORTER else "similar"


def wording(rouge_l: float) -> str:
    """The wording distance that a pair of this ROUGE-L shows."""
    return "near" if rouge_l >= _NEAR else "middle" if rouge_l >= _FAR else "far"


def template(doc: Doc) -> str:
    """How a text is built: the dependency labels of each root's children in order, with `root` in its place.

    A clause among them shows its own children in brackets, a question ends in `?`, and sentences are parted
    by `|`: "Because it rained, the match was cancelled." is `advcl(mark nsubj) nsubjpass auxpass root`.
    """
    return " | ".join(built for sentence in doc.sents if (built := _sentence(sentence)))


def _sentence(sentence: Span) -> str:
    if not any(token.is_alpha for token in sentence):
        return ""
    root = sentence.root
    labels = ["root" if t is root else _label(t) for t in _with_children(root)]
    return " ".join([*labels, "?"] if "?" in sentence.text[-3:] else labels)


def _label(token: Token) -> str:
    label = token.dep_.lower()
    if label not in _CLAUSES:
        return label
    return f"{label}({' '.join(t.dep_.lower() for t in _with_children(token) if t is not token)})"


def _with_children(head: Token) -> list[Token]:
    heard = [t for t in head.children if t.dep_ not in _SILENT and not t.is_space and t.dep_.isalpha()]
    return sorted([*heard, head], key=lambda t: t.i)


def constituents(bracketed: str) -> str:
    """The upper three layers of a Penn bracketing, without words and marks: `S(NP(DT NN) VP(VBD PP))`."""
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
    """What reads a parsed text's template: of constituents if the pipeline finds them, else `template`."""
    brackets = brackets_of(nlp)
    if brackets is None:
        return template
    return lambda doc: " | ".join(built for one in brackets(doc) if (built := constituents(one)))


def likeness(a: str, b: str) -> float:
    """How alike two templates are: 1 − label edits / labels of the longer one, 0 to 1."""
    return float(Levenshtein.normalized_similarity(_LABELS.findall(a), _LABELS.findall(b)))


def keep_some(controls: Controls, dropout: float, *key: object) -> Controls:
    """The controls with some left out at random; the same key leaves out the same ones."""
    draw = random.Random("/".join(map(str, key)))
    if draw.random() < _NONE and dropout > 0:
        return Controls()
    dropped = {f.name: None for f in fields(controls) if draw.random() < dropout}
    return replace(controls, **dropped)


def check(controls: Controls, task: str, learned: Sequence[str]) -> None:
    """Raise RecipeError if a control has a value that does not exist, or that the student did not learn."""
    allowed = {"length": LENGTHS[task], "wording": WORDINGS}
    for name, value in controls.given():
        if name not in learned:
            raise RecipeError(
                f"{name} = {value!r}: this student has not learned to be asked for {name}; "
                f"it has learned {', '.join(learned) or 'no control'}"
            )
        if name in allowed and value not in allowed[name]:
            raise RecipeError(
                f"{name} = {value!r} is unknown for task {task}; allowed are {', '.join(allowed[name])}"
            )
        if name == "syntax" and not _TEMPLATE.fullmatch(value):
            raise RecipeError(
                f"syntax = {value!r} is no template such as 'advcl(mark nsubj) nsubjpass auxpass root'; "
                "give an example sentence with like instead"
            )
