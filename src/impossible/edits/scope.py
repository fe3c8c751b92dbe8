"""May this part of a sentence go? Careful questions to a parse, and the sentence without the part."""

import re

from spacy.tokens import Doc, Token

from ..text.words import word_set
from .grammar import ENTAILED, NEUTRAL, NO_PLACE, VERBS, Edit, capital, child, subject_of

# In its clause each of these turns entailments round, or picks out one thing ("the first", "the largest").
_TURNS = word_set(
    """not n't never no none nobody nothing neither nor hardly scarcely rarely seldom barely few fewer less
    least most only any anyone anything if unless whether without before until than first last next such so
    too enough except deny doubt refuse fail avoid prevent stop ban unlikely impossible lack reject same"""
)
_UNIVERSAL = word_set("every each all everyone everything both half")  # what they count may not grow
_DEGREES = ("JJS", "RBS", "JJR", "RBR")
_CLAUSE_HEADS = ("ROOT", "ccomp", "advcl", "relcl", "acl", "csubj", "parataxis", "pcomp")
_WHEN = word_set("during after since throughout amid following within")
_WHY = word_set("because due owing thanks despite amid")
_AT = word_set("in on at near over for inside outside")
_MARKS = word_set("after because although though while whereas since as")
# Their time or place says what they mean: "is set for Monday", "was found in the river".
_NEED_TIME = word_set(
    """be bear set schedule date begin start end last expect due occur happen run record take fall rise drop
    increase decrease grow become measure continue remain"""
)
_NEED_PLACE = word_set(
    """be live reside lie stand base locate situate bear hold find place put take come go head arrive move
    return lead remain stay sit focus belong keep leave send bring see appear depend result rank list use
    play record base involve include engage interest participate aim set post store stick stuff dump"""
)
_ENOUGH = word_set(
    """die collapse resign retire win lose vote crash explode escape surrender testify meet marry plead
    speak perform protest apologize apologise struggle disappear drown close open"""
)


def drop(doc: Doc, start: int, end: int) -> Edit:
    """The sentence without the tokens from `start` to `end`, and without the commas that enclosed them."""
    before, after = doc[start - 1].text if start else "", doc[end].text if end < len(doc) else ""
    # "in 2009, Ann left", and "born on June 12, 1948, in Oslo", whose last comma closes the date
    if after == "," and (before in ("", "(", ",") or any(token.text == "," for token in doc[start:end])):
        end += 1
    if before == "," and (after == "," or re.fullmatch(r"[.!?]?", after)):
        start -= 1
    left, right = doc[:start].text, doc[end:].text
    space = "" if right[:1] in tuple(",.;:?!)") or right[:1] in ("'", "’") else " "
    return shorter(doc, f"{left}{space}{right}")


def shorter(doc: Doc, after: str) -> Edit:
    """What follows from the sentence but does not say all of it."""
    return Edit(doc.text, capital(re.sub(r" +", " ", after).strip()), ENTAILED, NEUTRAL)


def subtree(token: Token) -> tuple[int, int] | None:
    """First token and the one after the last of a subtree, without punctuation at its edges; None if other
    words stand in between, or a bracket is open.
    """
    doc, start, end = token.doc, token.left_edge.i, token.right_edge.i + 1
    if len(list(token.subtree)) != end - start:
        return None
    while end > start and doc[end - 1].is_punct and doc[end - 1].text != ")":
        end -= 1
    while start < end and doc[start].is_punct and doc[start].text != "(":
        start += 1
    text = doc[start:end].text
    return (start, end) if end > start and text.count("(") == text.count(")") else None


def upward(token: Token, start: int, end: int) -> bool:
    """May the tokens `start` to `end`, which belong to `token`, go whatever stands above and beside them?

    Nothing outside them, in their own clause or one above, negates, compares or picks out.
    """
    above = {token.i, *(a.i for a in token.ancestors)}
    for other in token.doc:
        if start <= other.i < end:
            continue
        turns = other.tag_ in _DEGREES or (
            (other.lower_ in _TURNS or other.lemma_ in _TURNS) and other.ent_type_ not in ("DATE", "TIME")
        )
        if turns and (_clause(other).i in above or other.head.i in above):
            return False
        if other.lower_ in _UNIVERSAL and other.head.i in above and token.pos_ not in VERBS:
            return False
    return True


def _clause(token: Token) -> Token:
    """The verb of the clause in which it stands."""
    while token.dep_ not in _CLAUSE_HEADS and token.head.i != token.i:
        token = token.head
    return token


def complete(verb: Token, going: Token) -> bool:
    """Does the verb still say something without this phrase?"""
    need = _NEED_TIME if is_time(going) else _NEED_PLACE
    if verb.lemma_ == "be":
        said = [c for c in verb.children if c.dep_ in ("attr", "acomp")]
        counted = any(t.pos_ == "NUM" for c in said for t in c.subtree)
        return bool(said) and not (counted and is_time(going))
    kept = ("dobj", "auxpass", "attr", "acomp", "ccomp", "xcomp", "oprd", "agent", "prt", "dative")
    has_object = any(c.dep_ in kept and c.i != going.i for c in verb.children)
    if verb.lemma_ in need:
        enough = ("oprd", "acomp") if need is _NEED_PLACE else ("oprd", "acomp", "dobj", "prep")
        return any(c.dep_ in enough and c.i != going.i for c in verb.children)
    return has_object or verb.lemma_ in _ENOUGH


def is_time(token: Token) -> bool:
    """ "on Monday", "last week", "Tuesday", "during the war"."""
    noun = child(token, "pobj") if token.dep_ == "prep" else token
    return (noun is not None and noun.ent_type_ in ("DATE", "TIME")) or token.lower_ in _WHEN


def when_where_why(prep: Token) -> bool:
    """ "in 1999", "at the school", "because of the rain", "by adding salt": an adjunct wherever it stands."""
    noun = child(prep, "pobj")
    if prep.lower_ in _WHY or (prep.lower_ == "by" and child(prep, "pcomp") is not None):
        return True
    if noun is None or noun.lower_ in NO_PLACE:
        return False
    if prep.lower_ in _WHEN:
        return True
    return prep.lower_ in _AT and noun.ent_type_ in ("DATE", "TIME", "GPE", "LOC", "FAC", "EVENT")


def clause_may_go(verb: Token) -> bool:
    """A clause that says when or why, or a participle: no condition, no "when" of a rule."""
    first = verb.doc[verb.left_edge.i]
    mark = first if first.head == verb and first.dep_ in ("mark", "advmod", "aux") else None
    if mark is None:
        return verb.tag_ == "VBG" and subject_of(verb) is None
    if verb.doc[mark.i + 1].lower_ in ("if", "though", "long", "soon", "well"):  # "as if"
        return False
    if mark.lower_ == "to":
        return _purpose(verb)
    when = mark.lower_ == "when" and any(t.tag_ == "VBD" for t in (verb, *verb.children))
    return (mark.lower_ in _MARKS or when) and subject_of(verb) is not None


def _purpose(verb: Token) -> bool:
    """ "built a wall to keep them out", not "needs a wall to keep them out" or "too tired to go"."""
    above = verb.head
    wants = word_set("need require take have get make cause force allow enable ask tell be help use seek")
    return above.lemma_ not in wants and child(above, "dobj", "auxpass") is not None and verb.tag_ == "VB"
