"""Compose edits: a parsed sentence → rewordings, which say the same, and shortenings, which say less."""

import random
import re
from collections.abc import Callable, Iterator, Sequence

from spacy.tokens import Doc, Token

from ..text.sentences import defect, normalised
from .drops import DROPS
from .grammar import ENTAILED, VERBS, Draw, Rule, first_verb, root, subject_of, well_made
from .left_out import apposition_turned
from .order import adjunct_fronted, adjunct_inserted, adjunct_moved_back, coordination, genitive
from .turns import attribution_turned, clause_fronted, date_fronted, recipient, source_named, source_turned
from .voices import relative, voice
from .wording import contraction, phrase, synonym

Parse = Callable[[Sequence[str]], Sequence[Doc]]

TURNED: tuple[Rule, ...] = (
    adjunct_fronted,
    adjunct_moved_back,
    adjunct_inserted,
    genitive,
    apposition_turned,
    voice,
    relative,
    attribution_turned,
    source_turned,
    source_named,
    clause_fronted,
    date_fronted,
    recipient,
)
WORDED: tuple[Rule, ...] = (synonym, phrase, contraction, coordination)  # these alone change too little
_DEPTH = 3  # edits, one after another
_KEPT = 3  # edits of each depth that are kept and edited again
_FEWEST = 6  # tokens of a sentence
_MOST = 60
_SCHEMES = re.compile(r"[\"“”:;]|''|``|(?<!\w)'\w|‘|\.\.|https?:")


def rewordings(doc: Doc, parse: Parse) -> dict[str, tuple[str, ...]]:
    """Return sentences that say the same, each with its rules: one to three, the first of which does more
    than change a word. A sentence that no rule fits has none.
    """
    found = _repeated([(doc, ())], TURNED, parse, _DEPTH - 1)
    return _without(doc, found | _repeated(_parsed(found, parse), WORDED, parse, 1))


def shortenings(doc: Doc, parse: Parse) -> dict[str, tuple[str, ...]]:
    """Return sentences that follow, each with its rules: one to three things left out, then perhaps said in
    another order.
    """
    found = _repeated([(doc, ())], DROPS, parse, _DEPTH, again=True)
    return _without(doc, found | _repeated(_parsed(found, parse), TURNED, parse, 1))


def editable(doc: Doc) -> bool:
    """Is it one statement, without quotations, whose main verb has a subject before it?"""
    if not _FEWEST <= len(doc) <= _MOST or doc[-1].text != "." or not doc.text[:1].isupper():
        return False
    if (
        _SCHEMES.search(doc.text)
        or doc[0].tag_ in ("WP", "WRB", "WDT")
        or sum(t.dep_ == "ROOT" for t in doc) != 1
    ):
        return False
    verb, subject = root(doc), subject_of(root(doc))
    return verb.pos_ in VERBS and subject is not None and subject.i < first_verb(verb).i


_Made = dict[str, tuple[str, ...]]


def _repeated(
    docs: Sequence[tuple[Doc, tuple[str, ...]]],
    rules: Sequence[Rule],
    parse: Parse,
    depth: int,
    again: bool = False,
) -> _Made:
    """Edits of edits, the shortest of each depth; with `again`, a rule may follow itself."""
    found: _Made = {}
    for _ in range(depth):
        made = {
            text: (*before, name)
            for doc, before in docs
            if editable(doc)
            for name, text in _edits(doc, [r for r in rules if again or r.__name__ not in before])
        }
        shortest = sorted((text for text in made if text not in found), key=len)[:_KEPT]
        docs = _parsed({text: made[text] for text in shortest}, parse)
        found |= {doc.text: before for doc, before in docs if editable(doc)}
    return found


def _edits(doc: Doc, rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    """The name of a rule, and what it makes that follows from the sentence."""
    draw = Draw(random.Random(doc.text), {})
    for rule in rules:
        for edit in rule(doc, draw):
            fits = edit.forward == ENTAILED and well_made(edit) and defect(edit.after) is None
            if fits and (_may_move(doc[0]) or edit.after.startswith(doc[0].text)):
                yield rule.__name__, edit.after


def _may_move(first: Token) -> bool:
    """Is it clear whether the sentence's first word keeps its capital elsewhere?"""
    return first.pos_ != "PROPN" or bool(first.ent_type_) or first.text.isupper()


def _parsed(made: _Made, parse: Parse) -> list[tuple[Doc, tuple[str, ...]]]:
    return list(zip(parse(list(made)), made.values(), strict=True))


def _without(doc: Doc, made: _Made) -> _Made:
    return {text: rules for text, rules in made.items() if normalised(text) != normalised(doc.text)}
