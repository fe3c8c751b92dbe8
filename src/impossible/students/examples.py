"""Turn a dataset into training examples: both directions, tagged with controls, split by context."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from ..critics.parser import load_parser
from ..critics.rouge_l import RougeL
from ..data.schema import text_id
from ..errors import DataError
from ..recipe.distil import Distil
from .controls import Controls, drop_controls, length, template_reader, wording
from .prompts import one_line


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """One training example: `target` for `source` and `controls`."""

    context_id: str
    task: str
    source: str
    target: str
    controls: Controls = Controls()


def make_examples(table: pa.Table, tasks: Sequence[str]) -> list[TrainingExample]:
    """Return the examples of a dataset, without controls; a paraphrase pair gives one per direction.

    Without a column `context_id`, pairs with the same source share a context.
    Raises DataError if columns or pairs are missing, or a text is empty.
    """
    examples = _directed_examples(table, tasks)
    if not examples:
        raise DataError(f"the dataset has no pairs of task {' or '.join(tasks)}; it has {_tasks_of(table)}")
    return examples


def tagged(examples: Sequence[TrainingExample], settings: Distil, seed: int) -> list[TrainingExample]:
    """Tag examples with the controls that they show; control dropout depends only on seed and texts."""
    rouge = RougeL().score([e.source for e in examples], [e.target for e in examples])
    syntax = "syntax" in settings.controls
    templates = _templates([e.target for e in examples], settings.parser) if syntax else {}
    return [
        replace(e, controls=_controls(e, float(r), templates, settings, seed))
        for e, r in zip(examples, rouge, strict=True)
    ]


def _directed_examples(table: pa.Table, tasks: Sequence[str]) -> list[TrainingExample]:
    for name in ("task", "source", "target"):
        if name not in table.column_names:
            raise DataError(
                f"the dataset has no column {name!r}; it has {', '.join(table.column_names)}, "
                "required: task, source and target"
            )
    names = [n for n in ("task", "source", "target", "context_id") if n in table.column_names]
    examples = []
    for i, row in enumerate(table.select(names).to_pylist()):
        if row["task"] not in tasks:
            continue
        source, target = (one_line(row[side] or "") for side in ("source", "target"))
        if not source or not target:
            raise DataError(f"row {i} of the dataset has an empty source or target")
        context = row.get("context_id") or text_id(source)
        pair = TrainingExample(context, row["task"], source, target)
        examples.append(pair)
        if pair.task == "paraphrase":
            examples.append(replace(pair, source=target, target=source))
    return examples


def _tasks_of(table: pa.Table) -> str:
    counts = Counter(table["task"].to_pylist())
    return ", ".join(f"{n} of {task}" for task, n in sorted(counts.items())) or "no rows"


def _templates(texts: Sequence[str], parser: str) -> dict[str, str]:
    distinct, nlp = list(dict.fromkeys(texts)), load_parser(parser)
    read, docs = template_reader(nlp), nlp.pipe(distinct, disable=["ner"])
    return {text: read(doc) for text, doc in zip(distinct, docs, strict=True)}


def _controls(
    example: TrainingExample, rouge: float, templates: Mapping[str, str], settings: Distil, seed: int
) -> Controls:
    task, source, target = example.task, example.source, example.target
    shown = Controls(
        length=length(task, source, target) if "length" in settings.controls else None,
        wording=wording(rouge) if "wording" in settings.controls else None,
        syntax=templates.get(target) or None,
    )
    return drop_controls(shown, settings.control_dropout, seed, task, source, target)


def split_examples(
    examples: Sequence[TrainingExample], validation: float
) -> tuple[list[TrainingExample], list[TrainingExample]]:
    """Split into training and validation examples; about `validation` of the contexts are held out by hash.

    Neither a context nor a sentence is in both: validation examples with a training sentence are dropped.
    """
    held_out = _held_out({e.context_id for e in examples}, validation)
    train = [e for e in examples if e.context_id not in held_out]
    seen = {text for e in train for text in (e.source, e.target)}
    return train, [
        e for e in examples if e.context_id in held_out and e.source not in seen and e.target not in seen
    ]


def _held_out(contexts: set[str], share: float) -> set[str]:
    if not share or len(contexts) < 2:
        return set()
    position = {c: int(text_id("validation", c), 16) / 2**64 for c in contexts}
    first = min(contexts, key=lambda c: (position[c], c))  # at least one context
    return {c for c in contexts if position[c] < share} | {first}
