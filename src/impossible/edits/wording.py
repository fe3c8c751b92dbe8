"""Rules that say the same in other words: synonyms, set phrases, contractions, and nothing changed at all."""

import re
from collections.abc import Iterator

from spacy.tokens import Doc, Token

from ..text import thesaurus
from . import words
from .grammar import ENTAILED, NAMES, Draw, Edit, both, capital, child, one, replaced

_SYNONYMS = {
    "NOUN": thesaurus.table(thesaurus.SYNONYM_NOUNS),
    "ADJ": thesaurus.table(thesaurus.SYNONYM_ADJECTIVES),
    "ADV": thesaurus.table(thesaurus.SYNONYM_ADVERBS),
    "VERB": thesaurus.table(thesaurus.SYNONYM_VERBS),
}


def synonym(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """One word becomes another of the same meaning and inflection."""
    for token in doc:
        key = token.lemma_ if token.pos_ in ("NOUN", "VERB") else token.lower_
        options = _SYNONYMS.get(token.pos_, {}).get(key)
        if (
            options is None
            or token.ent_type_ in NAMES
            or "-" in (doc[token.i - 1].text, doc[token.i + 1].text)
        ):
            continue
        new = _reinflected(token, draw.chance.choice(options))
        if new and (token.pos_ != "NOUN" or token.dep_ != "compound"):
            yield both(doc, replaced(doc, (one(token), new)), ENTAILED)


def _reinflected(token: Token, lemma: str) -> str:
    """The new word in the form of the old; "" where the old form is irregular or the verb has a particle."""
    if token.pos_ != "VERB" and token.tag_ != "NNS":
        return lemma
    tag = "VBZ" if token.tag_ == "NNS" else token.tag_  # plural nouns are made as verbs are: boxes, cities
    regular = words.inflect(token.lemma_, tag) == token.lower_ and child(token, "prt") is None
    return words.inflect(lemma, tag) if regular else ""


def phrase(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """Set phrases and function words: "due to" -> "because of"."""
    for old, new in words.SYNONYM_PHRASES:
        if old != "because" or "because of" not in doc.text:
            yield from _substituted(doc, old, new)


def contraction(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """ "do not" <-> "don't"; "it is" -> "it's", which may also be "it has"."""
    for long, short in words.CONTRACTIONS:
        yield from _substituted(doc, long, short)
        if short.endswith("n't"):
            yield from _substituted(doc, short, long)


def _substituted(doc: Doc, old: str, new: str) -> Iterator[Edit]:
    text, count = re.subn(rf"(?<![\w-]){re.escape(old)}(?![\w'-])", new, doc.text)
    if not count:
        text, count = re.subn(rf"^{re.escape(capital(old))}(?![\w'-])", capital(new), doc.text)
    if count == 1:
        yield both(doc, text, ENTAILED)


def identity(doc: Doc, draw: Draw) -> Iterator[Edit]:
    """The sentence itself, or with its case or full stop gone."""
    same = draw.chance.choice([doc.text, doc.text.rstrip("."), doc.text.lower(), doc.text.upper()])
    yield Edit(doc.text, same, ENTAILED, "" if same == doc.text else ENTAILED)
