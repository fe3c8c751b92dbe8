"""Facts → the README.md of a published dataset: its dataset card."""

import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from huggingface_hub import DatasetCardData
from jinja2 import Environment, PackageLoader, StrictUndefined

from ..evaluate.safety import Safety
from ..metrics.statistics import Interval
from ..recipe.critics import Bound
from ..report.facts import Comparison, Facts, Precision
from ..report.page import number
from ..text.escape import markdown
from .gate import Finding

_SAMPLE = 10


def write_card(
    folder: Path,
    facts: Facts,
    splits: Mapping[str, pa.Table],
    name: str,
    licences: Mapping[str, str],
    findings: Sequence[Finding],
    safety: Sequence[Safety],
    against: Sequence[str] = (),
) -> None:
    """Write README.md, front matter and text, into a folder that holds `data/TASK-SPLIT.parquet`.

    `against` are the names of the benchmark files that the release gate compared it with.
    """
    tasks = sorted({task for table in splits.values() for task in table["task"].to_pylist()})
    pairs = pa.concat_tables(splits.values())
    drawn = random.Random(facts.recipe.seed).sample(range(pairs.num_rows), min(_SAMPLE, pairs.num_rows))
    text = (
        environment()
        .get_template("dataset_card.md")
        .render(
            facts=facts,
            name=name,
            tasks=tasks,
            splits={name: _by_task(table, tasks) for name, table in splits.items()},
            total=pairs.num_rows,
            shared=_shared(splits),
            sample=pairs.take(pa.array(drawn, pa.int64())).to_pylist(),
            bounds=list(_bounds(facts)),
            models=[(n, licences.get(n, "unknown"), digest) for n, digest in facts.models.items()],
            licence=licences.get("dataset", "unknown"),
            corpus=licences.get("corpus"),
            precision=[judged(one) for one in facts.precision],
            compared=[comparison(one) for one in facts.comparisons],
            rouge={task.name: _mean(pairs, task.name, "rouge_l") for task in facts.tasks},
            findings=findings,
            safety=safety,
            against=against,
        )
    )
    matter = _front_matter(name, splits, tasks, pairs.num_rows, licences.get("dataset"))
    (folder / "README.md").write_text(f"---\n{matter}\n---\n{text}", encoding="utf-8")


def environment() -> Environment:
    """Make the environment of the Markdown templates of cards."""
    environment = Environment(  # noqa: S701 `markdown` escapes model output
        loader=PackageLoader("impossible.report"), undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"number": number, "markdown": markdown, "percent": percent}
    return environment


def percent(rate: Interval) -> str:
    """A rate and its 95 % interval in per cent."""
    if math.isnan(rate.value):
        return "–"
    return f"{rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%})"


def _by_task(table: pa.Table, tasks: Sequence[str]) -> dict[str, int]:
    rows = table["task"].to_pylist()
    return {task: rows.count(task) for task in tasks}


def _mean(pairs: pa.Table, task: str, column: str) -> float:
    mean = pc.mean(pairs.filter(pc.equal(pairs["task"], task))[column]).as_py()
    return float("nan") if mean is None else float(mean)


def _shared(splits: Mapping[str, pa.Table]) -> int:
    """Count the sentences in more than one split."""
    sides = [{*table["source"].to_pylist(), *table["target"].to_pylist()} for table in splits.values()]
    times = Counter(sentence for sentences in sides for sentence in sentences)
    return sum(n > 1 for n in times.values())


def _bounds(facts: Facts) -> Iterator[tuple[str, str, str]]:
    for task, bounds in facts.recipe.filter.tasks():
        yield from ((task, critic, _limits(bound)) for critic, bound in bounds.given())
        if bounds.duplicates is not None:
            yield task, "duplicates", f"p(entailment) both ways from {bounds.duplicates:g}"
        if (share := facts.recipe.filter.template_share) is not None:
            yield task, "templates", f"at most {share:.1%} of the pairs follow one template"


def _limits(bound: Bound) -> str:
    sides = [("at least", bound.min), ("at most", bound.max)]
    return ", ".join(f"{name} {value:g}" for name, value in sides if value is not None)


def judged(one: Precision) -> str:
    """Format the precision of a task, as judged by people, as a list item."""
    how = "weighted to all scores" if one.drawn else "not a random sample"
    return (
        f"- {one.task}: {one.right} of {one.judged} judged pairs within the bounds are right; precision "
        f"{one.share:.0%} (95 % interval {one.low:.0%} to {one.high:.0%}; {how}; duplicates included)."
    )


def comparison(of: Comparison) -> str:
    """Format a comparison of systems as a Markdown table."""
    lines = [
        f"{of.task}, {markdown(of.name)}, {of.rows:,} sentences:",
        "",
        f"| metric | {' | '.join(map(markdown, of.systems))} |",
        "|---" + "|---:" * len(of.systems) + "|",
    ]
    for metric, figures in of.figures.items():
        cells = [f"{number(f.value)} ({number(f.low)} to {number(f.high)})" for f in figures]
        lines.append(f"| {metric} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _front_matter(
    name: str, splits: Mapping[str, pa.Table], tasks: Sequence[str], total: int, dataset_licence: str | None
) -> str:
    """Format the YAML: one configuration per task, and `default` with all tasks."""
    card = DatasetCardData(
        pretty_name=name,
        language="en",
        license=dataset_licence or "unknown",
        task_categories=["summarization", "text-generation"] if "summary" in tasks else ["text-generation"],
        size_categories=_size(total),
        annotations_creators="machine-generated",
        language_creators="machine-generated",
        multilinguality="monolingual",
        tags=["impossible-distillation", "synthetic", *tasks],
        configs=[_config("default", tasks, splits), *(_config(task, [task], splits) for task in tasks)],
    )
    return card.to_yaml().rstrip()


def _config(name: str, tasks: Sequence[str], splits: Mapping[str, pa.Table]) -> dict[str, object]:
    files = [
        {"split": split, "path": [f"data/{task}-{split}.parquet" for task in tasks if counts[task]]}
        for split, counts in ((s, _by_task(table, tasks)) for s, table in splits.items())
        if any(counts.values())
    ]
    return {"config_name": name, "data_files": files}


def _size(total: int) -> str:
    """The hub's size category."""
    steps = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
    return next((name for limit, name in steps if total < limit), "1M<n<10M")
