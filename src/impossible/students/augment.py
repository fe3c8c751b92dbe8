"""Join pairs of examples into longer ones, so that a student omits nothing from long sentences."""

from collections.abc import Iterator, Sequence

from ..data.schema import text_id
from .examples import TrainingExample


def join(examples: Sequence[TrainingExample], share: float, seed: int) -> list[TrainingExample]:
    """Return about `share` · n new examples, each joined from two of the same task and different contexts.

    In half of the joined paraphrases the second part is the same in source and target, so that the student
    learns to reword one part and keep the other. If all four texts end in a full stop, half of the joined
    examples become clauses connected by "and"; the rest are concatenated. Joined examples have no controls.
    The choice depends only on seed and texts.
    """
    lower = {word for e in examples for word in e.source.split()[1:] if word.islower()}
    joined: list[TrainingExample] = []
    for task in dict.fromkeys(e.task for e in examples):
        own = sorted((e for e in examples if e.task == task), key=lambda e: _sort_key(e, seed))
        wanted = own[: round(share * len(own))]
        joined += [_joined(a, b, i, lower) for i, (a, b) in enumerate(_partners(wanted, own))]
    return joined


def _sort_key(example: TrainingExample, seed: int) -> str:
    return text_id("join", str(seed), example.source, example.target)


def _partners(
    wanted: Sequence[TrainingExample], own: Sequence[TrainingExample]
) -> Iterator[tuple[TrainingExample, TrainingExample]]:
    """Pair each of `wanted` with the next of `own`, in reverse order, from a different context."""
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

    def connect(first: str, second: str) -> str:
        return f"{first[:-1]}, and {_uncapitalized(second, lower)}" if clauses else f"{first} {second}"

    return TrainingExample(a.context_id, a.task, connect(a.source, b.source), connect(a.target, after))


def _uncapitalized(sentence: str, lower: set[str]) -> str:
    """Lower the first letter unless the word is a name: it must occur in lower case elsewhere in the data."""
    first = sentence.split(" ", 1)[0].lower()
    return first + sentence[len(first) :] if first in lower else sentence
