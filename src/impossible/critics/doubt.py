"""Doubt: why what a verb says may not be so: denied, possible, to come, planned, alleged or conditional."""

from collections.abc import Sequence

from spacy.tokens import Token

from ..text.words import word_set

DENIED, POSSIBLE, FUTURE, PLANNED, ALLEGED = "denied", "possible", "future", "planned", "alleged"
SUPPOSED, CONDITIONAL = "supposed", "conditional"  # in an if-clause; under one
_MODALS = {
    **dict.fromkeys(word_set("may might could can would should must ought ca"), POSSIBLE),
    **dict.fromkeys(word_set("will 'll wo shall"), FUTURE),
}
_HEDGES = {
    **dict.fromkeys(word_set("allegedly reportedly supposedly purportedly apparently"), ALLEGED),
    **dict.fromkeys(word_set("possibly perhaps probably maybe potentially likely presumably"), POSSIBLE),
    **dict.fromkeys(
        word_set("never not n't hardly scarcely barely nowhere no neither nearly almost"), DENIED
    ),
}
# What governs a clause that has not happened, does not happen, or is only said to.
_GOVERNORS = {
    **dict.fromkeys(
        word_set(
            """plan want hope try intend aim seek threaten wish propose offer promise expect prepare consider
        attempt schedule set agree decide vow pledge urge ask order invite encourage demand request need
        require call ready due likely willing eager design bid effort proposal decision threat move push
        suppose"""
        ),
        PLANNED,
    ),
    **dict.fromkeys(
        word_set(
            """fail refuse decline deny avoid prevent stop ban unable unlikely reject forget lack block cease
        failure refusal denial"""
        ),
        DENIED,
    ),
    **dict.fromkeys(
        word_set(
            """allege claim believe think suspect accuse charge fear suggest argue insist assume speculate
        rumor doubt accusation allegation belief suspicion hypothesis imagine dream pretend suspicion"""
        ),
        ALLEGED,
    ),
    "go": FUTURE,
}
_CONDITIONS = {"if", "unless", "whether"}
_NOTHING = {"nobody", "nothing", "none", "no", "neither"}
_SUBJECTS = ("nsubj", "nsubjpass", "csubj", "expl")


def doubts(token: Token, lemmas: Sequence[str]) -> frozenset[str]:
    """The doubts of a token as a predicate, with those of the clauses above; `lemmas` of its sentence."""
    return frozenset(_own(token) | _above(token, lemmas))


def _above(token: Token, lemmas: Sequence[str]) -> set[str]:
    """The doubts that come from what governs a token."""
    head, link = token.head, token.dep_
    if head == token:
        return set()
    if link == "pobj":
        return _own(head.head) | _above(head.head, lemmas) if lemmas[head.head.i] == "be" else set()
    if link == "conj":
        alone = (
            any(c.dep_ in (*_SUBJECTS, "aux", "auxpass", "neg") for c in token.children)
            or token.pos_ == "AUX"
        )
        return _above(head, lemmas) | (set() if alone else _own(head))
    if link in ("attr", "acomp", "oprd") or (link == "dobj" and lemmas[head.i] == "have"):
        return _own(head) | _above(head, lemmas)
    if link == "advcl":
        purpose = token.tag_ == "VB" and any(c.lower_ == "to" for c in token.children)
        return {PLANNED} if purpose and lemmas[head.i] not in ("use",) else set()
    if link == "acl" and token.tag_ != "VB":
        return set()
    if link in ("xcomp", "ccomp", "acl", "pcomp", "prep", "csubj"):
        found = {_GOVERNORS[lemmas[head.i]]} if lemmas[head.i] in _GOVERNORS else set()
        if head.pos_ == "NOUN" and not found:
            return set()
        return found | _own(head) | _above(head, lemmas)
    return set()


def _own(verb: Token) -> set[str]:
    found = set()
    for c in verb.children:
        if c.dep_ == "aux" and c.lower_ in _MODALS:
            found.add(_MODALS[c.lower_])
        elif (
            c.dep_ in ("neg", "advmod", "preconj", "det") and c.lower_ in _HEDGES and c.tag_ != "NN"
        ):  # "No. 5"
            found.add(_HEDGES[c.lower_])
        elif c.dep_ == "mark" and c.lower_ in _CONDITIONS:
            found.add(SUPPOSED)
        elif c.dep_ in ("advcl", "prep") and _is_condition(c):
            found.add(CONDITIONAL)
        elif c.dep_ in ("nsubj", "nsubjpass", "dobj", "attr") and (
            c.lower_ in _NOTHING or any(d.lower_ in _NOTHING and d.tag_ == "DT" for d in c.children)
        ):
            found.add(DENIED)
    return found


def _is_condition(clause: Token) -> bool:
    marks = {c.lower_ for c in clause.children if c.dep_ == "mark"}
    return clause.lower_ in ("provided", "providing") or not marks.isdisjoint({"if", "unless"})
