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
from ..recipe.public import public, public_name
from .facts import DomainFacts, Facts, Frontier, FunnelStep, Histogram, Pair, Stage, TaskFacts
from .student_facts import answers, comparisons, precision, rounds
from .task_facts import task_facts

_MANY = 20  # kept pairs of one context; the last bin also counts higher numbers


def gather(run: Path) -> Facts:
    """Read the facts of the finished part of a run; samples depend only on its seed.

    Raises StoreError if there is no run, or no shard of it is filtered.
    """
    folder = RunFolder(run)
    state, manifest, rows = read_state(run), folder.manifest(), folder.rows("filter")
    recipe, pairs = folder.recipe(), dataset.read(folder.dataset_file())
    left_out = dataset.left_out(folder.dataset_file())
    contexts = folder.rows("contexts")
    tasks = [
        task_facts(rows, pairs, left_out.get(task, 0), task, state.counts, recipe)
        for task, _ in recipe.filter.tasks()
    ]
    texts = _texts(contexts, tasks)
    return Facts(
        folder=run.resolve(),
        recipe=public(recipe),
        contexts=state.contexts,
        shards=state.shards,
        done=state.done,
        sentences=_sentences(state.counts),
        candidates=state.counts["candidates"],
        pairs=state.counts["pairs"],
        stages=_stages(folder, manifest.stages, state.counts, [task.name for task in tasks]),
        domains=_domains(contexts, rows, [task.name for task in tasks]),
        per_context=_per_context(contexts, rows),
        tasks=tuple(_with_texts(task, texts) for task in tasks),
        rounds=rounds(run, recipe),
        comparisons=comparisons(run),
        answers=answers(run),
        precision=precision(run, recipe),
        dataset=pairs.num_rows,
        # a model of a server has its name for a digest
        models={public_name(model): public_name(digest) for model, digest in manifest.models.items()},
        versions=manifest.versions,
        machine=manifest.machine,
    )


def _sentences(counts: Counter[str]) -> tuple[FunnelStep, ...]:
    left = counts["continuations"]
    steps = [FunnelStep("continuations", 0, left)]
    for name in ("malformed", "improbable", "unrelated", "repeated"):
        left -= counts[name]
        steps.append(FunnelStep(name, counts[name], left))
    return tuple(steps)


def _stages(
    folder: RunFolder, names: Sequence[str], counts: Counter[str], tasks: Sequence[str]
) -> tuple[Stage, ...]:
    journal = folder.journal()
    outputs = {
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
            outputs.get(name, ""),
        )
        for name in dict.fromkeys([*names, *(row["stage"] for row in journal)])
    )


def _domains(contexts: pa.Table, rows: pa.Table, tasks: Sequence[str]) -> tuple[DomainFacts, ...]:
    kept = rows.filter(pc.equal(rows["verdict"], KEPT))
    domains = []
    for domain, number in sorted(Counter(contexts["domain"].to_pylist()).items()):
        in_domain = kept.filter(pc.equal(kept["domain"], domain))
        by_task = Counter(in_domain["task"].to_pylist())
        productive = pc.count_distinct(in_domain["context_id"]).as_py()
        domains.append(DomainFacts(domain, number, productive, {task: by_task[task] for task in tasks}))
    return tuple(domains)


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
    """context_id → text, for the contexts of shown pairs."""
    wanted = pa.array({pair.context for task in tasks for pair in _shown(task)}, pa.string())
    some = contexts.filter(pc.is_in(contexts["context_id"], wanted))
    return dict(zip(some["context_id"].to_pylist(), some["context"].to_pylist(), strict=True))


def _with_texts(task: TaskFacts, texts: Mapping[str, str]) -> TaskFacts:
    def with_text(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
        return tuple(replace(pair, context=texts.get(pair.context, "")) for pair in pairs)

    frontier: Frontier | None = task.frontier and replace(task.frontier, best=with_text(task.frontier.best))
    return replace(
        task,
        sample=with_text(task.sample),
        lost_to=with_text(task.lost_to),
        reasons=tuple(replace(reason, pairs=with_text(reason.pairs)) for reason in task.reasons),
        frontier=frontier,
    )
