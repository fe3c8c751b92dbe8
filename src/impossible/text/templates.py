"""Sentence → template: the pattern by which small talk repeats itself.

A template is the first four marks of a sentence. A frame word (a subject, an auxiliary, a question word, a
very common verb; from a list) is a mark; a run of other words is one mark, "_". So "I'm not sure what to do."
and "I am not sure how to fix the router." share "i am not sure". A sentence of which more than half is
content says more than any pattern: it is its own template.
"""

from .function_words import FUNCTION_WORDS
from .words import words

MASK = "_"
_MARKS = 4


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FRAME = _set(
    "i you he she we they who whom whose which what where when why how whether there am is are was were "
    "be been being have has had having do does did doing done will would shall should can could may might "
    "must not never to and or but if because that please let know knows knew known think thinks thought "
    "want wants wanted like likes liked need needs needed get gets got getting make makes made making go "
    "goes going went gone see seen saw say says said tell told take takes took taken give gave given come "
    "came try trying tried use used feel feels felt find found look looks looking looked seem seems work "
    "works working mean means love loved hope wish guess believe understand remember sure sorry happy "
    "glad able good great best better bad nice"
)
_SHORT_FOR = {"m": "am", "re": "are", "ve": "have", "ll": "will", "d": "would"}
# After these, 's is short for "is"; after others it is a genitive, which is left out.
_WITH_IS = _set("it that this there here he she what who where how when")
_IRREGULAR = {
    "can't": ["can", "not"],
    "cannot": ["can", "not"],
    "won't": ["will", "not"],
    "shan't": ["shall", "not"],
    "ain't": ["is", "not"],
    "let's": ["let", "us"],
    "gonna": ["going", "to"],
    "wanna": ["want", "to"],
    "gotta": ["got", "to"],
}


def template(sentence: str) -> str:
    """The template of a sentence; case, punctuation and contractions make no difference."""
    found = _spelt_out(sentence)
    content = sum(word not in _FRAME and word not in FUNCTION_WORDS for word in found)
    if 2 * content > len(found):
        return " ".join(found)
    marks: list[str] = []
    for word in found:
        mark = word if word in _FRAME else MASK
        if mark != MASK or marks[-1:] != [MASK]:
            marks.append(mark)
    return " ".join(marks[:_MARKS])


def pair_template(source: str, target: str) -> str:
    """The template of a pair: those of its two sentences."""
    return f"{template(source)} → {template(target)}"


def _spelt_out(sentence: str) -> list[str]:
    """The words in lower case, contractions in full, genitives without their end."""
    return [part for word in words(sentence.replace("’", "'")) for part in _parts(word)]


def _parts(word: str) -> list[str]:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    stem, apostrophe, end = word.rpartition("'")
    if not apostrophe:
        return [word]
    if end == "t" and stem.endswith("n"):
        return [stem[:-1], "not"]
    if end == "s":
        return [stem, "is"] if stem in _WITH_IS else [stem]
    return [stem, _SHORT_FOR[end]] if end in _SHORT_FOR else [word]
