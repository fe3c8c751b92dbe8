"""Richness of pairs: how much their sentences say, and how far they follow the same few templates.

By rules for English, without a model. Small talk such as "I'm not sure what to do." has few content words, no
names or numbers, and few templates.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..text.function_words import content_words
from ..text.numbers import numbers
from ..text.templates import pair_template
from ..text.words import WORDS, words
from .diversity import MSTTR_SEGMENT, msttr

_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_I = re.compile(r"I(?:['’]|$)")
_TOP = 10
# Figure → what it is, for reports.
MEANINGS = {
    "words": f"mean per sentence, {WORDS}",
    "content_words": "mean per sentence, without function words",
    "names": "mean per sentence, runs of capitalised words after the first word",
    "numbers": "mean per sentence, numbers, amounts, dates and times",
    "with_name_or_number": "share of pairs with a name or a number",
    "largest_template": 'share of pairs with the most frequent template, such as "I am not sure …"',
    "ten_templates": "share of pairs with one of the ten most frequent templates",
    "msttr": f"mean type-token ratio of all sentences, segments of {MSTTR_SEGMENT} words",
}


@dataclass(frozen=True, slots=True)
class Richness:
    """The richness of `pairs` pairs; `MEANINGS` describes the figures, which are NaN without pairs.

    `template` is the most frequent template; "" without pairs.
    """

    pairs: int
    words: float
    content_words: float
    names: float
    numbers: float
    with_name_or_number: float
    largest_template: float
    ten_templates: float
    msttr: float
    template: str


def richness(sources: Sequence[str], targets: Sequence[str]) -> Richness:
    """Measure pairs. The shares of templates are larger in small sets: compare sets of equal size."""
    sentences = [*sources, *targets]
    named, counted = ([len(of(sentence)) for sentence in sentences] for of in (names, numbers))
    has = np.add(named, counted).reshape(2, -1).any(axis=0)
    templates = Counter(map(pair_template, sources, targets)).most_common(_TOP)
    return Richness(
        len(sources),
        _mean([len(words(sentence)) for sentence in sentences]),
        _mean([len(content_words(sentence)) for sentence in sentences]),
        _mean(named),
        _mean(counted),
        float(has.mean()) if len(sources) else math.nan,
        _share(templates[:1], len(sources)),
        _share(templates, len(sources)),
        msttr(sentences),
        templates[0][0] if templates else "",
    )


def names(sentence: str) -> list[str]:
    """The names, by capitals: each run of capitalised words after the first word, "I" left out."""
    found: list[str] = []
    end = -1  # of the last name
    for position, match in enumerate(_WORD.finditer(sentence)):
        word = match[0]
        if not position or not word[0].isupper() or _I.match(word):
            continue
        if sentence[end : match.start()] == " ":
            found[-1] += f" {word}"
        else:
            found.append(word)
        end = match.end()
    return found


def _share(templates: Sequence[tuple[str, int]], pairs: int) -> float:
    return sum(n for _, n in templates) / pairs if pairs else math.nan


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan
