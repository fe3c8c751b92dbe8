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

from ..text.numbers import numbers
from ..text.templates import content_words, pair_template
from ..text.words import WORDS, words
from .diversity import MSTTR_SEGMENT, msttr

_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_I = re.compile(r"I(?:['’]|$)")
_TOP = 10
# Figure → what it is, for reports.
MEANINGS = {
    "words": f"mean per sentence, {WORDS}",
    "content_words": "mean per sentence, without function words and very common verbs and adverbs",
    "names": "mean per sentence, runs of capitalised words after the first word",
    "numbers": "mean per sentence, numbers, amounts, dates and times",
    "with_name_or_number": "share of pairs with a name or a number",
    "largest_template": 'share of pairs with the most frequent template, such as "I am not sure …"',
    "ten_templates": "share of pairs with one of the ten most frequent templates",
    "msttr": f"mean type-token ratio of all sentences, segments of {MSTTR_SEGMENT} words",
}


@dataclass(frozen=True, slots=True)
class Richness:
    """The richness of `pairs` pairs; `MEANINGS` describes the figures, which are NaN without pairs."""

    pairs: int
    words: float
    content_words: float
    names: float
    numbers: float
    with_name_or_number: float
    largest_template: float
    ten_templates: float
    msttr: float


def richness(sources: Sequence[str], targets: Sequence[str]) -> Richness:
    """Measure pairs. The shares of templates are larger in small sets: compare sets of equal size."""
    sentences = [*sources, *targets]
    named, counted = ([len(of(sentence)) for sentence in sentences] for of in (names, numbers))
    has = np.add(named, counted).reshape(2, -1).any(axis=0)
    return Richness(
        len(sources),
        _mean([len(words(sentence)) for sentence in sentences]),
        _mean([len(content_words(sentence)) for sentence in sentences]),
        _mean(named),
        _mean(counted),
        _mean(has.tolist()),
        template_share(sources, targets, 1),
        template_share(sources, targets, _TOP),
        msttr(sentences),
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


def template_share(sources: Sequence[str], targets: Sequence[str], top: int) -> float:
    """The share of pairs with one of the `top` most frequent templates of pairs; NaN without pairs."""
    counts = Counter(map(pair_template, sources, targets))
    return sum(n for _, n in counts.most_common(top)) / len(sources) if sources else math.nan


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan
