"""Measure control accuracy: how often outputs have the requested property, with and without the request."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..errors import DataError
from .controls import LENGTHS, WORDINGS, Controls, likeness
from .student import Answer, Student

_DRAWS = 8


@dataclass(frozen=True, slots=True)
class ControlExample:
    """One text with its first outputs with and without the requested control.

    `has` and `has_unasked` measure whether each output has the property: 1 or 0, for syntax a similarity from
    0 to 1. `like` is the example sentence for syntax, empty for other controls.
    """

    source: str
    like: str
    output: str
    has: float
    accepted: bool
    unasked: str
    has_unasked: float


@dataclass(frozen=True, slots=True)
class ControlAccuracy:
    """Accuracy of one value of a control, requested for `texts` texts, of which `answered` have outputs.

    `drawn` is the share of all distinct outputs that have the value. `first` is that share among first
    outputs, whose ranking takes the request into account. `drawn_unasked` and `first_unasked` are the same
    shares without the request. For syntax all four are the mean similarity to the requested template (see
    `controls.likeness`). `accepted` is the share of texts whose first output the cascade keeps, and `shown`
    holds example texts with their outputs.
    """

    control: str
    value: str
    texts: int
    answered: int
    drawn: float
    drawn_unasked: float
    first: float
    first_unasked: float
    accepted: float
    accepted_unasked: float
    shown: tuple[ControlExample, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """A text with its answers with and without the control; `has` measures the control in an output."""

    asked: Answer
    unasked: Answer
    has: Callable[[str], float]
    like: str = ""


def measure_control_accuracy(
    student: Student,
    task: str,
    texts: Sequence[str],
    likes: Sequence[str] = (),
    seed: int = 7,
    show: int = 2,
    tick: Callable[[], None] = lambda: None,
) -> Iterator[ControlAccuracy]:
    """Yield one row per value of each control that the student has learned, with `show` example texts.

    For syntax, the example sentence of each text is its entry in `likes`, by default the next text.
    Raises DataError without texts, RecipeError if the student has not learned the task.
    """
    if not texts:
        raise DataError("control accuracy needs at least one text")

    def answers(asked: Controls | Sequence[Controls]) -> list[Answer]:
        collected = []
        for answer in student.answers(task, texts, asked, _DRAWS, seed, _DRAWS):
            collected.append(answer)
            tick()
        return collected

    unasked = answers(Controls())
    values = {"length": LENGTHS[task], "wording": WORDINGS}
    for control in student.info.controls:
        if control == "syntax":
            likes = likes or [*texts[1:], texts[0]]
            built = student.templates(likes)
            asked = answers([Controls(syntax=one or None) for one in built])
            of_syntax = [_similarity_to(student, one) for one in built]
            yield _row(control, "as the example", list(map(_Case, asked, unasked, of_syntax, likes)), show)
            continue
        for value in values[control]:
            asked = answers(Controls(**{control: value}))
            has = [_has_value(student, task, text, control, value) for text in texts]
            yield _row(control, value, list(map(_Case, asked, unasked, has)), show)


def _has_value(student: Student, task: str, source: str, control: str, value: str) -> Callable[[str], float]:
    return lambda output: float(getattr(student.shown(task, [source], [output])[0], control) == value)


def _similarity_to(student: Student, built: str) -> Callable[[str], float]:
    return lambda output: likeness(built, student.templates([output])[0])


def _row(control: str, value: str, cases: Sequence[_Case], show: int) -> ControlAccuracy:
    """Compute the shares over all cases. Examples with an accepted first output come first."""
    answered = [c for c in cases if c.asked.outputs]
    shown = sorted((c for c in answered if c.unasked.outputs), key=lambda c: c.asked.best is None)
    return ControlAccuracy(
        control,
        value,
        texts=len(cases),
        answered=len(answered),
        drawn=_mean([c.has(o.text) for c in cases for o in c.asked.outputs]),
        drawn_unasked=_mean([c.has(o.text) for c in cases for o in c.unasked.outputs]),
        first=_mean([c.has(o.text) for c in cases for o in c.asked.outputs[:1]]),
        first_unasked=_mean([c.has(o.text) for c in cases for o in c.unasked.outputs[:1]]),
        accepted=_mean([float(c.asked.best is not None) for c in cases]),
        accepted_unasked=_mean([float(c.unasked.best is not None) for c in cases]),
        shown=tuple(_example(c) for c in shown[:show]),
    )


def _example(case: _Case) -> ControlExample:
    output, unasked = case.asked.outputs[0], case.unasked.outputs[0]
    return ControlExample(
        case.asked.source,
        case.like,
        output.text,
        case.has(output.text),
        output.accepted,
        unasked.text,
        case.has(unasked.text),
    )


def _mean(values: Sequence[float]) -> float:
    """Return the mean; NaN if empty."""
    return sum(values) / len(values) if values else float("nan")
