"""Control accuracy: how often outputs have what was asked for, beside those where nothing was asked."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..errors import DataError
from .controls import LENGTHS, WORDINGS, Controls, likeness
from .student import Answer, Student

_DRAWS = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """One text with its first output asked for something and its first one where nothing was asked.

    `has` and `has_unasked` say how much of what was asked is in them: 1 or 0, of syntax a likeness. `like` is
    the sentence as which it was to be built, empty for other controls.
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
    """One value of a control, asked of `texts` texts of which `answered` got an output at all.

    `drawn` is the share of all distinct outputs that have the value, `first` of the first ones, which are
    ranked with what is asked in mind; `drawn_unasked` and `first_unasked` are the same shares where nothing
    was asked. Of syntax they are mean likenesses to the template asked for (see `controls.likeness`).
    `accepted` is the share of texts whose first output the cascade keeps, `shown` some texts with their
    outputs.
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
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """A text, asked and not; `has` measures what is asked in any output of it."""

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
    """One row for each value of each control that the student has learned, with `show` texts each.

    Of syntax each text is asked to be built as its sentence in `likes`; left out, that is the next text.
    Raises DataError without texts, RecipeError if the student has not learned the task.
    """
    if not texts:
        raise DataError("there are no texts to measure control accuracy on")

    def answers(asked: Controls | Sequence[Controls]) -> list[Answer]:
        found = []
        for answer in student.answers(task, texts, asked, _DRAWS, seed, _DRAWS):
            found.append(answer)
            tick()
        return found

    unasked = answers(Controls())
    values = {"length": LENGTHS[task], "wording": WORDINGS}
    for control in student.info.controls:
        if control == "syntax":
            likes = likes or [*texts[1:], texts[0]]
            built = student.templates(likes)
            asked = answers([Controls(syntax=one or None) for one in built])
            of_syntax = [_likeness_to(student, one) for one in built]
            yield _row(control, "as the example", list(map(_Case, asked, unasked, of_syntax, likes)), show)
            continue
        for value in values[control]:
            asked = answers(Controls(**{control: value}))
            has = [_shows(student, task, text, control, value) for text in texts]
            yield _row(control, value, list(map(_Case, asked, unasked, has)), show)


def _shows(student: Student, task: str, source: str, control: str, value: str) -> Callable[[str], float]:
    return lambda output: float(getattr(student.shown(task, [source], [output])[0], control) == value)


def _likeness_to(student: Student, built: str) -> Callable[[str], float]:
    return lambda output: likeness(built, student.templates([output])[0])


def _row(control: str, value: str, cases: Sequence[_Case], show: int) -> ControlAccuracy:
    """The shares over all cases. Shown are the first texts with an accepted output, then others with any."""
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
        shown=tuple(_shown(c) for c in shown[:show]),
    )


def _shown(case: _Case) -> Shown:
    output, unasked = case.asked.outputs[0], case.unasked.outputs[0]
    return Shown(
        case.asked.source,
        case.like,
        output.text,
        case.has(output.text),
        output.accepted,
        unasked.text,
        case.has(unasked.text),
    )


def _mean(found: Sequence[float]) -> float:
    """The mean; NaN of nothing."""
    return sum(found) / len(found) if found else float("nan")
