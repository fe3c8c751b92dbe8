"""More rules that say the same in another order: attributions, dates, reasons, recipients."""

from collections.abc import Iterator

from spacy.tokens import Doc, Span, Token

from ..text.words import word_set
from . import words
from .grammar import ENTAILED, Draw, Edit, both, capital, child, has, mid, one_clause, root, subject_of, whole
from .scope import clause_may_go, is_time

_SAY = word_set("say announce confirm report note state add claim believe argue")


def attribution_turned(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "Police said X." <-> "X, police said."."""
    verb = root(doc)
    said, speaker = child(verb, "ccomp"), subject_of(verb)
    if said is None or speaker is None or verb.lemma_ not in _SAY or verb.tag_ not in ("VBD", "VBZ", "VBP"):
        return
    inner = subject_of(said)
    if any(c.dep_ in ("neg", "aux", "advcl", "conj", "prep", "dative") for c in verb.children) or not inner:
        return
    start, end, speakers = said.left_edge.i, said.right_edge.i + 1, whole(speaker)
    if speakers is None or len(speakers) > 8 or any(t.is_punct for t in speakers):
        return
    if speakers.start == 0 and speakers.end == verb.i and start == verb.i + 1 and end >= len(doc) - 1:
        start += doc[start].lower_ == "that"
        clause = doc[start : len(doc) - 1]
        if inner.pos_ != "PRON":
            yield both(doc, f"{capital(clause.text)}, {mid(doc[: verb.i + 1])}.", ENTAILED)
        return
    closes = len(doc) - 1 == max(verb.i + 1, speakers.end)
    if start == 0 and doc[end].text == "," and closes and speakers[0].pos_ != "PRON":
        yield both(doc, f"{capital(speakers.text)} {verb.text} that {mid(doc[:end])}.", ENTAILED)


def source_turned(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "According to the police, X." <-> "X, according to the police."."""
    commas = [t.i for t in doc if t.text == ","]
    for i in (t.i for t in doc[:-2] if t.lower_ == "according" and doc[t.i + 1].lower_ == "to"):
        subject = subject_of(root(doc))
        if subject is None or subject.pos_ == "PRON":
            return
        if i == 0 and commas and subject.left_edge.i == commas[0] + 1:
            rest, source = doc[commas[0] + 1 : len(doc) - 1], doc[: commas[0]]
            yield both(doc, f"{capital(rest.text)}, {mid(source)}.", ENTAILED)
        elif i and commas and commas[-1] == i - 1 and subject.left_edge.i == 0:
            rest, source = doc[: i - 1], doc[i : len(doc) - 1]
            yield both(doc, f"{capital(source.text)}, {mid(rest)}.", ENTAILED)


_MARKS = word_set("because although though after while since to")
_WHY = word_set("because despite due following amid")


def clause_fronted(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "X did Y because Z did W." -> "Because Z did W, X did Y."; also purposes and "despite the rain"."""
    verb, subject = root(doc), subject_of(root(doc))
    for clause in verb.children:
        span = whole(clause) if clause.right_edge.i == len(doc) - 2 else None
        if span is None or subject is None or subject.left_edge.i or span.start <= verb.i:
            continue
        if not _may_lead(clause, span) or any(t.tag_ in ("PRP", "PRP$") for t in (*span, subject)):
            continue
        main = doc[: span.start]
        if not has(doc, _SCOPES) and one_clause(main):
            yield both(doc, f"{capital(span.text)}, {mid(main).rstrip(' ,')}.", ENTAILED)


def _may_lead(clause: Token, span: Span) -> bool:
    link = span[0]
    if clause.dep_ == "prep":
        return link.lower_ in _WHY and not any(t.text == "," for t in span)
    if clause.dep_ != "advcl" or link.lower_ not in _MARKS or link.head != clause:
        return False
    return clause_may_go(clause)


_SCOPES = word_set("not n't no never only all every each any most few just even must would and but")


_DAYS = (
    *words.WEEKDAYS,
    *words.MONTHS,
    *words.word_list("Jan. Feb. Mar. Apr. Jun. Jul. Aug. Sept. Sep. Oct. Nov. Dec."),
)


def date_fronted(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "X did Y last week." -> "Last week, X did Y."; "X did Y on Monday in Paris.", too."""
    verb, subject = root(doc), subject_of(root(doc))
    dates = [c for c in verb.children if c.dep_ in ("npadvmod", "prep") and is_time(c)]
    span = whole(dates[0]) if len(dates) == 1 else None
    if span is None or subject is None or subject.left_edge.i or has(doc, _SCOPES - {"and", "but", "would"}):
        return
    date, before, after = dates[0], doc[: span.start], doc[span.end :]
    past = verb.tag_ == "VBD" or any(c.tag_ == "VBD" or c.lower_ == "will" for c in verb.children)
    if date.tag_ == "NNS" or not past or subject.tag_ == "EX" or len(span) > 8 or verb.lemma_ == "say":
        return
    if any(t.is_punct or t.pos_ in ("VERB", "PRON") for t in span) or date.lower_ in ("for", "since", "by"):
        return
    if date.dep_ == "npadvmod" and before[-1].dep_ == "pobj":  # "in an attack last week"
        return
    joined = (
        after[0].text == "("
        or after[0].lower_ in ("and", "or", "to", ",", "-")
        or before[-1].lower_ in ("from", "by", "until")
    )
    if span.start > verb.i and one_clause(before) and not joined:
        end = after.text if after[0].is_punct else f" {after.text}"
        on = "On " if span[0].text.rstrip("s") in _DAYS else ""
        yield both(doc, f"{on}{span.text if on else capital(span.text)}, {mid(before)}{end}", ENTAILED)


def source_named(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "Police said that X." or "X, police said." -> "According to police, X."."""
    verb = root(doc)
    said, speaker = child(verb, "ccomp"), subject_of(verb)
    speakers = whole(speaker) if speaker is not None else None
    if said is None or speaker is None or speakers is None or speaker.pos_ == "PRON":
        return
    if verb.lower_ not in ("said", "says", "say") or any(t.is_punct for t in speakers) or len(speakers) > 8:
        return
    inner, modal = subject_of(said), any(c.lower_ in ("would", "could", "had") for c in said.children)
    if any(t.ent_type_ in ("DATE", "TIME") for t in speakers):
        return
    if inner is None or inner.pos_ == "PRON" or modal or sum(1 for _ in verb.children) > 4:
        return
    if any(c.dep_ not in ("nsubj", "ccomp", "punct") for c in verb.children):
        return
    start, end = said.left_edge.i, said.right_edge.i + 1
    if start > verb.i and end >= len(doc) - 1:
        start += doc[start].lower_ == "that"
        yield both(doc, f"According to {mid(speakers)}, {doc[start:].text}", ENTAILED)
    elif start == 0 and doc[end].text == "," and len(doc) - 1 == max(verb.i + 1, speakers.end):
        yield both(doc, f"According to {speakers.text}, {mid(doc[:end])}.", ENTAILED)


_GIVE = {"give": "to", "send": "to", "offer": "to", "show": "to", "award": "to", "hand": "to", "sell": "to"}


def recipient(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "gave the museum a painting" -> "gave a painting to the museum"."""
    verb = root(doc)
    receiver, thing = child(verb, "dative"), child(verb, "dobj")
    a, b = (whole(t) if t is not None else None for t in (receiver, thing))
    link = _GIVE.get(verb.lemma_)
    if a is None or b is None or link is None or receiver is None or receiver.pos_ not in ("NOUN", "PROPN"):
        return
    if a.start != verb.i + 1 or a.end != b.start or any(t.is_punct for t in (*a, *b)) or len(b) > 6:
        return
    if not one_clause(b):
        return
    yield both(doc, f"{doc[: a.start].text} {b.text} {link} {a.text}{_rest(doc, b.end)}", ENTAILED)


def _rest(doc: Doc, start: int) -> str:
    return doc[start:].text if doc[start].is_punct else f" {doc[start:].text}"
