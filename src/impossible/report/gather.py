"""A run's folder → the facts of its report."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..data import dataset
from ..data.rounds import read_rounds
from ..data.run_folder import RunFolder
from ..data.schema import KEPT
from ..data.state import read_state
from .facts import DomainFacts, Facts, Frontier, Histogram, Pair, Stage, Step, TaskFacts
from .student_facts import answers, comparisons, precision, rounds
from .task_facts import task_facts

_MANY = 20  # kept pairs of one context; more are counted with these


def gather(run: Path) -> Facts:
    """Read the facts of a run as far as it is finished; what is drawn at random depends on its seed only.

    Raises StoreError if there is no run, or nothing of it has passed the filter.
    """
    folder = RunFolder(run)
    state, about, rows = read_state(run), folder.manifest(), folder.rows("filter")
    recipe, pairs = folder.recipe(), dataset.read(folder.dataset_file())
    contexts = folder.rows("contexts")
    tasks = [
        task_facts(rows, pairs, task, state.counts, recipe, recipe.seed) for task, _ in recipe.filter.tasks()
    ]
    texts = _texts(contexts, tasks)
    return Facts(
        folder=run.resolve(),
        recipe=recipe,
        recipe_text=folder.recipe_file.read_text(encoding="utf-8"),
        contexts=state.contexts,
        shards=state.shards,
        done=state.done,
        sentences=_sentences(state.counts),
        candidates=state.counts["candidates"],
        pairs=state.counts["pairs"],
        stages=_stages(folder, about.stages, state.counts, [task.name for task in tasks]),
        domains=_domains(contexts, rows, [task.name for task in tasks]),
        per_context=_per_context(contexts, rows),
        tasks=tuple(_with_texts(task, texts) for task in tasks),
        rounds=rounds(run, recipe),
        comparisons=comparisons(run),
        answers=answers(run),
        precision=precision(run, recipe),
        dataset=pairs.num_rows,
        models=about.models,
        versions=about.versions,
        machine=about.machine,
    )


def _sentences(counts: Counter[str]) -> tuple[Step, ...]:
    left = counts["continuations"]
    steps = [Step("continuations", 0, left)]
    for name in ("malformed", "improbable", "repeated"):
        left -= counts[name]
        steps.append(Step(name, counts[name], left))
    return tuple(steps)


def _stages(
    folder: RunFolder, names: Sequence[str], counts: Counter[str], tasks: Sequence[str]
) -> tuple[Stage, ...]:
    journal = folder.journal()
    gave = {
        "generate": f"{counts['candidates']:,} sentences of {counts['continuations']:,} continuations",
        "score": ", ".join(f"{counts[f'{task}: scored']:,} {task}" for task in tasks) + " pairs with scores",
        "filter": ", ".join(f"{counts[f'{task}: {KEPT}']:,} {task}" for task in tasks) + " pairs kept",
        "distil": f"{len(read_rounds(folder.path)):,} students",
    }
    return tuple(
        Stage(
            name,
            sum(row["seconds"] for row in journal if row["stage"] == name),
            sum(row["stage"] == name for row in journal),
            gave.get(name, ""),
        )
        for name in dict.fromkeys([*names, *(row["stage"] for row in journal)])
    )


def _domains(contexts: pa.Table, rows: pa.Table, tasks: Sequence[str]) -> tuple[DomainFacts, ...]:
    kept = rows.filter(pc.equal(rows["verdict"], KEPT))
    found = []
    for domain, number in sorted(Counter(contexts["domain"].to_pylist()).items()):
        of_it = kept.filter(pc.equal(kept["domain"], domain))
        by_task = Counter(of_it["task"].to_pylist())
        fruitful = pc.count_distinct(of_it["context_id"]).as_py()
        found.append(DomainFacts(domain, number, fruitful, {task: by_task[task] for task in tasks}))
    return tuple(found)


def _per_context(contexts: pa.Table, rows: pa.Table) -> Histogram:
    kept = Counter(rows.filter(pc.equal(rows["verdict"], KEPT))["context_id"].to_pylist())
    yields = [min(kept[context], _MANY) for context in contexts["context_id"].to_pylist()]
    edges = np.arange(-0.5, max([1, *yields]) + 1)
    return Histogram(
        tuple(edges.tolist()), {"contexts": tuple(np.histogram(yields, edges)[0].astype(int).tolist())}
    )


def _shown(task: TaskFacts) -> Iterator[Pair]:
    yield from task.sample
    yield from task.lost_to
    for reason in task.reasons:
        yield from reason.pairs
    yield from task.frontier.best if task.frontier else ()


def _texts(contexts: pa.Table, tasks: Sequence[TaskFacts]) -> dict[str, str]:
    """context_id → text, of the contexts whose pairs are shown."""
    wanted = pa.array({pair.context for task in tasks for pair in _shown(task)}, pa.string())
    some = contexts.filter(pc.is_in(contexts["context_id"], wanted))
    return dict(zip(some["context_id"].to_pylist(), some["context"].to_pylist(), strict=True))


def _with_texts(task: TaskFacts, texts: Mapping[str, str]) -> TaskFacts:
    def told(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
        return tuple(replace(pair, context=texts.get(pair.context, "")) for pair in pairs)

    frontier: Frontier | None = task.frontier and replace(task.frontier, best=told(task.frontier.best))
    return replace(
        task,
        sample=told(task.sample),
        lost_to=told(task.lost_to),
        reasons=tuple(replace(reason, pairs=told(reason.pairs)) for reason in task.reasons),
        frontier=frontier,
    )
