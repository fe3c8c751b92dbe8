"""Tables for evaluations: benchmarks, dataset quality, proximity, safety, runs."""

import math
from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from ...evaluate.benchmark import Result, SystemResult
from ...evaluate.compare_runs import RunFigures
from ...evaluate.dataset_quality import Quality
from ...evaluate.proximity import Cell
from ...evaluate.safety import Safety
from ...metrics.richness import MEANINGS
from ...metrics.statistics import Interval
from ...metrics.table import METRICS

_ARROWS = {1: "↑", -1: "↓", 0: ""}
_STAR = 0.05


def result_table(result: Result) -> Table:
    """Metrics × systems: value and 95 % interval; * marks p < 0.05 against the first system."""
    table = Table(
        title=f"{escape(result.bench)}: {result.task}, {result.rows:,} rows", box=None, pad_edge=False
    )
    table.add_column("metric")
    for outcome in result.outcomes:
        table.add_column(escape(outcome.system), justify="right")
    for name in result.settings:
        cells = [_cell(outcome, name) for outcome in result.outcomes]
        table.add_row(f"{name} {_ARROWS[METRICS[name].better]}".strip(), *cells)
    table.add_row("seconds", *(f"{o.seconds_generating + o.seconds_scoring:.1f}" for o in result.outcomes))
    return table


def result_markdown(results: Sequence[Result], command: str) -> str:
    """The same tables as Markdown, with the command and the settings of each metric."""
    lines = ["Intervals are 95 %; * marks p < 0.05 against the first system. Made by", "", f"    {command}"]
    for result in results:
        systems = [outcome.system for outcome in result.outcomes]
        lines += ["", f"## {result.bench}: {result.task}, {result.rows:,} rows", ""]
        lines += [_row(["metric", *systems]), "|---" * (1 + len(systems)) + "|"]
        for name in result.settings:
            cells = [_cell(outcome, name).strip() for outcome in result.outcomes]
            lines.append(_row([f"{name} {_ARROWS[METRICS[name].better]}".strip(), *cells]))
    lines += ["", "## Settings", ""]
    lines += [f"- {line}" for line in dict.fromkeys(x for r in results for x in settings_lines(r))]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def settings_lines(result: Result) -> list[str]:
    """One line per metric: its settings."""
    return [f"{name}: {text}" for name, text in result.settings.items()]


def _cell(outcome: SystemResult, name: str) -> str:
    star = "*" if outcome.p.get(name, 1.0) < _STAR else " "
    return f"{interval(outcome.metrics[name])}{star}"


def interval(x: Interval) -> str:
    """Value and interval, with one decimal from 10 on, else three."""
    if math.isnan(x.value):
        return "–"
    digits = 1 if max(abs(x.value), abs(x.high)) >= 10 else 3
    return f"{x.value:.{digits}f} ({x.low:.{digits}f} to {x.high:.{digits}f})"


def quality_table(title: str, found: Sequence[Quality]) -> Table:
    """Measures × datasets."""
    rows = [(name, [number(q.of_set[name]) for q in found]) for name in found[0].of_set]
    rows += [(name, [interval(q.of_pairs[name]) for q in found]) for name in found[0].of_pairs]
    return comparison_table(title, [q.name for q in found], rows)


def number(x: float) -> str:
    """A number: an integer without decimals, else one decimal from 10 on, three below."""
    if math.isnan(x):
        return "–"
    return f"{x:,.0f}" if x == int(x) and abs(x) >= 1 else f"{x:,.{1 if abs(x) >= 10 else 3}f}"


def comparison_table(title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> Table:
    """Named rows × columns of formatted cells."""
    table = Table(title=escape(title), box=None, pad_edge=False)
    table.add_column("")
    for column in columns:
        table.add_column(escape(column), justify="right")
    for name, cells in rows:
        table.add_row(name, *cells)
    return table


def proximity_table(cells: Sequence[Cell]) -> Table:
    """One row per domain, temperature and context length."""
    columns = [
        "temperature",
        "sentences",
        "candidates",
        "within",
        "across",
        "no context",
        "gain",
    ]
    rows = [
        (
            cell.domain,
            [
                f"{cell.temperature:g}",
                str(cell.sentences),
                number(cell.candidates),
                *(interval(rate) for rate in (cell.within, cell.across, cell.none, cell.gain)),
            ],
        )
        for cell in cells
    ]
    return comparison_table("share of pairs that are equivalent", columns, rows)


def samples_table(cells: Sequence[Cell]) -> Table:
    """One row per domain, temperature, context length and number of continuations."""
    columns = ["temperature", "sentences", "continuations", "candidates", "within", "pairs per context"]
    rows = [
        (
            cell.domain,
            [
                f"{cell.temperature:g}",
                str(cell.sentences),
                str(some.continuations),
                number(some.candidates),
                interval(some.within),
                interval(some.pairs),
            ],
        )
        for cell in cells
        for some in cell.samples
    ]
    return comparison_table("equivalent pairs by continuations", columns, rows)


def safety_table(found: Sequence[Safety]) -> Table:
    """Rates × sets of sentences."""
    rows = [(name, [interval(one.rates[name]) for one in found]) for name in found[0].rates]
    rows.append(("sentences", [f"{one.sentences:,}" for one in found]))
    named = [", ".join(f"{name} {n}" for name, n in one.nationalities.items()) for one in found]
    rows.append(("nationalities", named))
    return comparison_table("share of sentences", [one.name for one in found], rows)


def runs_table(found: Sequence[RunFigures]) -> Table:
    """Figures × runs."""
    rows = [(name, [figures.settings[name] for figures in found]) for name in found[0].settings]
    for name in (
        "contexts",
        "continuations",
        "kept",
        "kept_a_context",
        "kept_a_thousand_continuations",
        "seconds",
        "seconds_a_pair",
        "entailment",
        "judged",
        "judged_right",
        "equal_size",
        "distinct_2",
        "mtld",
        "self_bleu",
    ):
        rows.append((name, [_figure(getattr(figures, name)) for figures in found]))
    rows += [(name, [number(getattr(figures.richness, name)) for figures in found]) for name in MEANINGS]
    return comparison_table(f"runs: {found[0].task}", [figures.run for figures in found], rows)


def _figure(x: float | Interval) -> str:
    return interval(x) if isinstance(x, Interval) else number(x)
