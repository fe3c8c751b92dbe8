"""Examples → more, made of two each, so that a student of short sentences leaves nothing out of long ones."""

from collections.abc import Iterator, Sequence

from ..data.schema import text_id
from .examples import TrainingExample


def join(examples: Sequence[TrainingExample], share: float, seed: int) -> list[TrainingExample]:
    """About `share` · n more examples, each of two of the same task and of different contexts.

    The second of every other two paraphrases stands on both sides as it is, so that a part is reworded and
    a part kept. Where all four texts end in a full stop, every other two become clauses joined by "and"; else
    they follow each other. They ask for nothing. Which are joined depends on seed and texts only.
    """
    lower = {word for e in examples for word in e.source.split()[1:] if word.islower()}
    found: list[TrainingExample] = []
    for task in dict.fromkeys(e.task for e in examples):
        own = sorted((e for e in examples if e.task == task), key=lambda e: _place(e, seed))
        wanted = own[: round(share * len(own))]
        found += [_joined(a, b, i, lower) for i, (a, b) in enumerate(_partners(wanted, own))]
    return found


def _place(example: TrainingExample, seed: int) -> str:
    return text_id("join", str(seed), example.source, example.target)


def _partners(
    wanted: Sequence[TrainingExample], own: Sequence[TrainingExample]
) -> Iterator[tuple[TrainingExample, TrainingExample]]:
    """Each of `wanted` with the next of `own`, from the other end, that has another context."""
    backwards = own[::-1]
    for i, a in enumerate(wanted):
        rest = (backwards[(i + k) % len(own)] for k in range(len(own)))
        b = next((b for b in rest if b.context_id != a.context_id), None)
        if b is not None:
            yield a, b


def _joined(a: TrainingExample, b: TrainingExample, i: int, lower: set[str]) -> TrainingExample:
    kept = a.task == "paraphrase" and i % 2 == 0
    after = b.source if kept else b.target
    clauses = i % 4 < 2 and all(text.endswith(".") for text in (a.source, a.target, b.source, after))

    def glue(first: str, second: str) -> str:
        return f"{first[:-1]}, and {_inside(second, lower)}" if clauses else f"{first} {second}"

    return TrainingExample(a.context_id, a.task, glue(a.source, b.source), glue(a.target, after))


def _inside(sentence: str, lower: set[str]) -> str:
    """A first word that the data have in lower case elsewhere loses its capital; a name keeps it."""
    first = sentence.split(" ", 1)[0].lower()
    return first + sentence[len(first) :] if first in lower else sentence
