"""A text → its sentences, and their answers → texts, each sentence with the scores of the critics."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..students.student import Answer
from ..text.escape import json_value
from ..text.sentences import iterate


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and the white space before it in its text; "" before the first."""

    gap: str
    text: str


def sentences(text: str) -> list[Sentence]:
    """Split a text; a text without any is one sentence, so that it gets an answer too."""
    found, place = list[Sentence](), 0
    for sentence in iterate(text):
        match = re.compile(r"(\s*)" + r"\s+".join(map(re.escape, sentence.split()))).match(text, place)
        gap = match[1] if match and found else " " if found else ""
        place = match.end() if match else place
        found.append(Sentence(gap, sentence))
    return found or [Sentence("", text.strip())]


def text_of(answer: Answer, k: int = 0) -> str:
    """The `k`-th accepted output, else the best; the sentence as it was if none is accepted."""
    good = [output.text for output in answer.outputs if output.accepted]
    return good[min(k, len(good) - 1)] if good else answer.source


def critics(answer: Answer, k: int = 0) -> dict[str, Any]:
    """What the critics say of what `text_of` returns, or of the best output if none is accepted."""
    good = [output for output in answer.outputs if output.accepted]
    output = good[min(k, len(good) - 1)] if good else next(iter(answer.outputs), None)
    return {
        "source": answer.source,
        "text": text_of(answer, k),
        "accepted": bool(good),
        "verdict": output.verdict if output else "nothing",
        "quality": round(output.quality, 4) if output else 0.0,
        "scores": json_value({n: round(s, 4) for n, s in output.scores.items()}) if output else {},
        "note": answer.note or ("" if good else "nothing good enough; the sentence is as it was"),
    }


def choices(answers: Sequence[Answer], n: int) -> int:
    """How many texts there are: as many as one of the sentences has accepted outputs, 1 to `n`."""
    most = max(sum(output.accepted for output in answer.outputs) for answer in answers)
    return min(max(1, most), n)
