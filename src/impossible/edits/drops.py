"""What a sentence may leave out and still hold: adjuncts, asides, attributions, modifiers, second clauses.

What is left follows from the sentence. Like all rules they stay silent when in doubt.
"""

import re
from collections.abc import Iterator

from spacy.tokens import Doc, Span, Token

from ..text.words import word_set
from . import words
from .grammar import VERBS, Draw, Edit, Rule, child, has, root, subject_of
from .left_out import agent_dropped
from .scope import clause_may_go, complete, drop, is_time, shorter, subtree, upward, when_where_why

# --- adjuncts -------------------------------------------------------------------------------------------


def leading(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "In 1999, X did Y." -> "X did Y."; "After it rained, X did Y."; "However, X did Y."."""
    verb, subject = root(doc), subject_of(root(doc))
    for lead in verb.children:
        span = subtree(lead) if lead.left_edge.i == 0 else None
        if span is None or subject is None or span[1] + 1 > subject.left_edge.i or doc[span[1]].text != ",":
            continue
        if _may_lead(lead) and upward(verb, *span) and not _refers_back(doc[: span[1]], subject):
            yield drop(doc, *span)


def _may_lead(lead: Token) -> bool:
    if lead.dep_ == "advcl":
        return clause_may_go(lead)
    if lead.dep_ == "advmod":
        return lead.lower_ in words.SENTENCE_ADVERBS - {"presumably", "reportedly"}
    if lead.dep_ == "npadvmod":
        return is_time(lead)
    noun = child(lead, "pobj")
    first_time = lead.lower_ == "for" and noun is not None and noun.lower_ == "time"
    return lead.dep_ == "prep" and (when_where_why(lead) or first_time)


def _refers_back(going: Span, subject: Token) -> bool:
    """Is the subject a pronoun for something that goes?"""
    names_one = any(t.pos_ in ("NOUN", "PROPN") and t.ent_type_ not in ("DATE", "TIME") for t in going)
    return subject.pos_ == "PRON" and subject.lower_ not in ("i", "we", "you") and names_one


def adjunct(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "X did Y in Paris on Monday." -> "X did Y in Paris."; also clauses of reason."""
    subject = subject_of(root(doc))
    for token in doc:
        verb = token.head
        if verb.pos_ not in VERBS or verb.dep_ not in ("ROOT", "conj", "ccomp") or not _may_follow(token):
            continue
        span = subtree(token)
        if span is None or subject is None or span[0] <= subject.i or not complete(verb, token):
            continue
        if not is_time(token) and token.i < verb.i:
            continue
        near = doc[span[0] - 1].lower_ in ("from", "between", "to", "and", "or", "-", "until", "by")
        ends = token.dep_ != "advcl" or span[1] == len(doc) - 1
        if ends and not near and doc[span[1]].lower_ not in ("and", "or") and upward(verb, *span):
            yield drop(doc, *span)


def _may_follow(token: Token) -> bool:
    if token.dep_ == "advcl":
        return clause_may_go(token)
    if token.dep_ in ("npadvmod", "advmod") and token.pos_ in ("NOUN", "PROPN"):
        return is_time(token) and token.tag_ != "NNS"
    siblings = {c.lower_ for c in token.head.children if c.dep_ == "prep" and c.i != token.i}
    return token.dep_ == "prep" and when_where_why(token) and not siblings & {"from", "between", "to"}


# --- asides ---------------------------------------------------------------------------------------------


def aside(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """An apposition, a clause of "who" or "which" or a participle between commas: "Ann, 34, left."."""
    for token in doc:
        span = subtree(token)
        if span is None or not span[0] or doc[span[0] - 1].text != ",":
            continue
        closed = doc[span[1]].text == "," or span[1] == len(doc) - 1
        if closed and _is_aside(token, span):
            yield drop(doc, *span)


_LINKS = ("including", "given", "according", "provided", "excluding", "compared", "depending")


def _is_aside(token: Token, span: tuple[int, int]) -> bool:
    first = token.doc[span[0]]
    if token.dep_ == "appos":
        return _explains(token, span)
    if token.dep_ == "relcl":
        return first.lower_ in ("who", "which", "whose", "where", "whom")
    participle = token.dep_ in ("acl", "advcl") and token.tag_ in ("VBG", "VBN")
    return participle and first == token and token.lower_ not in _LINKS


def _explains(token: Token, span: tuple[int, int]) -> bool:
    """Is it an apposition of the name or noun right before it, and no item of a list?"""
    doc, noun = token.doc, token.head
    listed = any(c.dep_ in ("conj", "cc", "appos") and c.i != token.i for c in noun.children)
    if listed or child(token, "conj") is not None or noun.right_edge.i > span[1]:
        return False
    if token.ent_type_ in ("GPE", "DATE") or noun.ent_type_ in ("GPE", "DATE", "LOC"):
        return False
    age = doc[span[0]].is_digit and span[1] == span[0] + 1 and noun.ent_type_ == "PERSON"
    described = doc[span[0]].tag_ in ("DT", "PRP$") and doc[span[0]].lower_ not in ("all", "both", "each")
    return noun.i < span[0] and (age or described) and noun.pos_ in ("NOUN", "PROPN")


def bracketed(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "the World Health Organization (WHO) said" -> without "(WHO)"; all brackets at once, too."""
    bare = re.sub(r" \([^()]*\)(?=[ ,.])", "", doc.text)
    compared = re.search(r"\b(?:vs|versus)\b", bare)  # brackets name what
    if bare != doc.text and not compared and not re.search(r"\((?:not|un|no|s\))", doc.text):
        yield shorter(doc, bare)


# --- attributions ---------------------------------------------------------------------------------------

_SAY = word_set("say report state")
_FACTIVE = word_set("announce confirm reveal show find note demonstrate discover")
# They speak for the fact itself; other people only say what they think.
_SOURCES = word_set(
    """police officer official authority spokesman spokeswoman spokesperson department ministry report
    agency company firm government study researcher result investigator office court data army military
    record survey analysis statement"""
)


def attributed(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "X, police said." -> "X."; "The study found X." -> "X."; "According to the police, X." -> "X."."""
    yield from _according(doc)
    verb = root(doc)
    said, speaker = child(verb, "ccomp"), subject_of(verb)
    if said is None or speaker is None or not _stands_alone(said):
        return
    if verb.lemma_ not in _FACTIVE and not (verb.lemma_ in _SAY and speaker.lemma_.lower() in _SOURCES):
        return
    helpers = [c for c in verb.children if c.dep_ in ("neg", "aux", "advcl", "conj")]
    if any(c.lower_ not in ("has", "have") for c in helpers):
        return
    start, end = said.left_edge.i, said.right_edge.i + 1
    if start == 0 and doc[end].text == ",":
        yield shorter(doc, doc[:end].text + ".")
    elif start > verb.i and end >= len(doc) - 1:
        start += doc[start].lower_ == "that"
        yield shorter(doc, doc[start:].text)


def _according(doc: Doc) -> Iterator[Edit]:
    for token in doc[:-2]:
        if token.lower_ != "according" or doc[token.i + 1].lower_ != "to":
            continue
        commas = [t.i for t in doc if t.text == ","]
        subject = subject_of(root(doc))
        if not token.i and commas and subject is not None and subject.pos_ != "PRON":
            if subject.left_edge.i == commas[0] + 1:
                yield drop(doc, 0, commas[0])
        elif token.i and commas and commas[-1] == token.i - 1:
            yield drop(doc, token.i, len(doc) - 1)


def _stands_alone(verb: Token) -> bool:
    """A clause with a noun as its subject whose tense does not hang on what it is said by."""
    subject = subject_of(verb)
    modal = any(c.lower_ in ("would", "could", "might", "may", "should", "had") for c in verb.children)
    return subject is not None and subject.pos_ in ("NOUN", "PROPN") and not modal


# --- modifiers ------------------------------------------------------------------------------------------

_KEPT_ADVERBS = word_set(
    """allegedly reportedly supposedly apparently nearly almost hardly barely only probably possibly likely
    potentially partly partially theoretically falsely early daily family reply apply supply approximately
    roughly virtually practically seemingly presumably purportedly merely simply mainly mostly largely
    usually generally typically normally rarely relatively comparatively respectively differently badly
    poorly well independently exclusively previously formerly originally temporarily briefly fairly
    unlikely similarly equally exactly nominally initially unfairly wrongly hopefully literally primarily
    negatively positively inversely statistically blindly directly indirectly linearly randomly"""
)
_FREE_ADVERBS = word_set("also just now already recently currently very really extremely highly later")


def adverb(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "was quickly rebuilt" -> "was rebuilt"; "a very old house" is left alone."""
    for token in doc[1:-1]:
        lower, near, before = token.lower_, token.head, doc[token.i - 1]
        free = lower in _FREE_ADVERBS or (lower.endswith("ly") and lower not in _KEPT_ADVERBS)
        if not free or token.dep_ != "advmod" or token.tag_ != "RB" or any(token.children):
            continue
        if near.pos_ not in (*VERBS, "ADJ") or before.lower_ in ("a", "an", "and", "or", "but", "as", "how"):
            continue
        if upward(near, token.i, token.i + 1) and not doc[token.i + 1].is_punct:
            yield drop(doc, token.i, token.i + 1)


_NOT_SUBSECTIVE = word_set(
    """former fake alleged possible potential future would-be second third main other same such own many
    several old virtual false apparent likely artificial average median total vice deputy acting failed
    attempted proposed suspected stuffed high low prime general social real human civil white black free
    open public private local foreign medical clinical sexual red mental current present due able double
    single certain various different numerous multiple early late common normal special full little good
    right left key chief senior junior self anti non joint alternative planned expected primary secondary
    so-called minimum maximum particular respective previous recent nuclear criminal financial capital
    principal major final initial sole overall adjusted hard"""
)
_AMOUNTS = word_set(
    """amount number level rate range degree lot variety series sense kind part role deal
    time way chance while result look"""
)


def adjective(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "opened a large factory" -> "opened a factory": an object that has its article."""
    for token in doc[1:-1]:
        noun, before = token.head, doc[token.i - 1]
        if token.dep_ != "amod" or token.tag_ != "JJ" or noun.i != token.i + 1 or not token.is_alpha:
            continue
        if token.lower_ in _NOT_SUBSECTIVE or not token.is_lower or token.ent_type_ or any(token.children):
            continue
        if noun.pos_ != "NOUN" or before.lower_ not in ("a", "an", "his", "her", "its", "their"):
            continue
        governed = noun.dep_ == "dobj" or (noun.dep_ == "pobj" and noun.head.lower_ != "of")
        vowel = noun.text[0].lower() in "aeiou"
        article = {"a": not vowel, "an": vowel}.get(before.lower_, True)
        if governed and article and noun.lemma_ not in _AMOUNTS and upward(noun, token.i, token.i + 1):
            yield drop(doc, token.i, token.i + 1)


def restriction(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "a parrot stolen from a shop has been found" -> "a parrot has been found": one of many, not "the"."""
    for token in doc:
        noun, span = token.head, subtree(token)
        if span is None or noun.pos_ != "NOUN" or span[0] != noun.i + 1 or not _restricts(token):
            continue
        if not _one_of_many(noun):
            continue
        after = doc[span[1]]
        ends = noun.right_edge.i < span[1] + 1 and (after.pos_ in VERBS or after.text == ".")
        ends = ends and noun.head.lemma_ not in ("get", "have", "keep", "make", "see")
        told = noun.dep_ in ("nsubj", "nsubjpass", "dobj") or (
            noun.dep_ == "pobj" and noun.head.lower_ != "of"
        )
        if ends and told and noun.lemma_ not in _AMOUNTS and upward(noun, *span):
            yield drop(doc, *span)


def _one_of_many(noun: Token) -> bool:
    """ "a parrot", "two women", "sells parrots"."""
    first = child(noun, "det", "nummod", "poss")
    if first is None:
        return noun.tag_ == "NNS" and noun.dep_ == "dobj"
    return first.lower_ in ("a", "an") or first.dep_ == "nummod"


def _restricts(token: Token) -> bool:
    noun = child(token, "pobj")
    if token.dep_ == "prep":
        place = noun is not None and noun.ent_type_ in ("GPE", "LOC", "FAC")
        return token.lower_ in ("in", "at", "near", "on", "from") and place
    bare = token.dep_ == "acl" and token.tag_ in ("VBG", "VBN") and token.left_edge == token
    return bare or (token.dep_ == "relcl" and token.left_edge.lower_ in ("who", "that", "which"))


# --- coordination ---------------------------------------------------------------------------------------


def second_clause(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "X did Y, and Z did W." -> "X did Y."; "X did Y and did Z." -> "X did Y."."""
    verb = root(doc)
    link, other = child(verb, "cc"), child(verb, "conj")
    if link is None or other is None or link.lower_ not in ("and", "but") or other.pos_ not in VERBS:
        return
    left, last = doc[: link.i], other.right_edge.i + 1
    if last < len(doc) - 1 or link.i > other.left_edge.i or link.i - verb.i < 2 or len(left) < 5:
        return
    counts = has(left, ("either", "both", "neither", "not", "between"))
    if other.tag_ in ("VBD", "VBZ", "VBP", "VBN") and not counts and upward(verb, link.i, last):
        yield shorter(doc, left.text.rstrip(" ,") + ".")


DROPS: tuple[Rule, ...] = (
    leading,
    adjunct,
    aside,
    bracketed,
    attributed,
    adverb,
    adjective,
    restriction,
    second_clause,
    agent_dropped,
)
