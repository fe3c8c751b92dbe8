"""Obedience: how often outputs have what was asked for, beside the outputs of nobody asking."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..errors import DataError
from .controls import LENGTHS, WORDINGS, Controls, likeness
from .student import Answer, Student

_DRAWS = 8


@dataclass(frozen=True, slots=True)
class Obedience:
    """One value of a control, asked of `texts` texts of which `answered` got an output at all.

    `drawn` is the share of all distinct outputs that have the value, `first` of the first ones, which are
    ranked with what is asked in mind; `drawn_unasked` and `first_unasked` are the same shares where nothing
    was asked. Of syntax they are mean likenesses to the template asked for (see `controls.likeness`).
    `accepted` is the share of texts whose first output the cascade keeps.
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


def measure_obedience(
    student: Student,
    task: str,
    texts: Sequence[str],
    examples: Sequence[str] = (),
    seed: int = 7,
    tick: Callable[[], None] = lambda: None,
) -> Iterator[Obedience]:
    """One row for each value of each control that the student has learned.

    Of syntax each text is asked to be built as its example; without `examples` the next text is it.
    Raises DataError without texts, RecipeError if the student has not learned the task.
    """
    if not texts:
        raise DataError("there are no texts to measure obedience on")
    unasked = _answers(student, task, texts, Controls(), seed, tick)
    values = {"length": LENGTHS[task], "wording": WORDINGS}
    for control in student.info.controls:
        if control == "syntax":
            yield _syntax(student, task, texts, examples, unasked, seed, tick)
            continue
        for value in values[control]:
            asked = Controls(**{control: value})
            answers = _answers(student, task, texts, asked, seed, tick)
            has = _has(student, task, asked)
            yield _row(control, value, answers, unasked, [has] * len(texts))


Has = Callable[[str, str], float]


def _answers(
    student: Student, task: str, texts: Sequence[str], asked: Controls, seed: int, tick: Callable[[], None]
) -> list[Answer]:
    found = []
    for answer in student.answers(task, texts, asked, _DRAWS, seed, _DRAWS):
        found.append(answer)
        tick()
    return found


def _has(student: Student, task: str, asked: Controls) -> Has:
    [(control, value)] = asked.given()

    def has(source: str, output: str) -> float:
        return float(getattr(student.shown(task, [source], [output], asked)[0], control) == value)

    return has


def _syntax(
    student: Student,
    task: str,
    texts: Sequence[str],
    examples: Sequence[str],
    unasked: Sequence[Answer],
    seed: int,
    tick: Callable[[], None],
) -> Obedience:
    templates = student.templates(examples or [*texts[1:], texts[0]])
    answers = [
        answer
        for text, built in zip(texts, templates, strict=True)
        for answer in _answers(student, task, [text], Controls(syntax=built or None), seed, tick)
    ]

    def like(built: str) -> Has:
        return lambda _, output: likeness(built, student.templates([output])[0])

    return _row("syntax", "as the example", answers, unasked, [like(built) for built in templates])


def _row(
    control: str, value: str, asked: Sequence[Answer], unasked: Sequence[Answer], has: Sequence[Has]
) -> Obedience:
    return Obedience(
        control,
        value,
        texts=len(asked),
        answered=sum(bool(a.outputs) for a in asked),
        drawn=_mean(asked, has, None),
        drawn_unasked=_mean(unasked, has, None),
        first=_mean(asked, has, 1),
        first_unasked=_mean(unasked, has, 1),
        accepted=sum(a.best is not None for a in asked) / len(asked),
    )


def _mean(answers: Sequence[Answer], has: Sequence[Has], first: int | None) -> float:
    """The mean over all outputs, or over the `first` of each text; NaN without any."""
    found = [h(a.source, o.text) for a, h in zip(answers, has, strict=True) for o in a.outputs[:first]]
    return sum(found) / len(found) if found else float("nan")
