"""Facts → report.html: one self-contained file. All model output is escaped here."""

import base64
import difflib
import hashlib
import math
import re
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..data import store
from ..data.run_folder import RunFolder
from ..recipe.critic_table import CRITICS
from ..recipe.write import dump
from ..text.escape import visible
from . import plots
from .facts import Comparison, Distribution, Facts, Pair, TaskFacts
from .gather import gather

_SPACE = re.compile(r"(\s+)")
_PUNCTUATION = ".,;:!?\"'()“”‘’"


def write_report(run: Path, out: Path | None = None) -> Path:
    """Write the report of a run, by default into its folder; returns the file. Raises StoreError."""
    file = out or RunFolder(run).report_file
    store.write_text(file, page(gather(run)))
    return file


def templates(package: str) -> Environment:
    """Make the template environment of a package, with autoescaping."""
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"visible": visible, "number": number, "marked": marked}
    return environment


def page(facts: Facts) -> str:
    """Render the page."""
    environment = templates("impossible.report")
    environment.filters["duration"] = duration
    script = _source(environment, "page.js")
    return environment.get_template("page.html").render(
        facts=facts,
        recipe_text=dump(facts.recipe),
        script=Markup(script),
        style=Markup(_source(environment, "look.css") + _source(environment, "page.css")),
        # the content security policy lets no other script run, even after a missed escape
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        figures=_figures(facts),
        descriptions=descriptions(),
        drawn=_drawn,
        why=why,
    )


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _figures(facts: Facts) -> dict[str, Markup]:
    """All plots by name; matplotlib escapes their text."""
    figures = {"times": plots.times(facts.stages), "per-context": plots.per_context(facts.per_context)}
    for task in facts.tasks:
        figures[f"funnel-{task.name}"] = plots.funnel(task)
        figures[f"lengths-{task.name}"] = plots.lengths(task.name, task.lengths)
        for distribution in task.distributions:
            figures[f"scores-{task.name}-{distribution.critic}"] = plots.distribution(task.name, distribution)
        if task.frontier is not None:
            figures[f"frontier-{task.name}"] = plots.frontier(task.name, task.frontier, _frontier_axes(task))
    return {name: Markup(svg) for name, svg in (figures | _student_figures(facts)).items()}


def _student_figures(facts: Facts) -> dict[str, str]:
    """Plots of rounds, losses and comparisons, if there are any."""
    figures = {f"loss-{r.number}": plots.losses(r.number, r.curve) for r in facts.rounds if r.curve}
    if len(facts.rounds) > 1:
        figures["rounds"] = plots.rounds(facts.rounds)
    for index, of in enumerate(facts.comparisons):
        for metric in _drawn(of):
            figures[f"compared-{index}-{metric}"] = plots.compared(index, of, metric)
    return figures


def _drawn(of: Comparison) -> list[str]:
    """The metrics of a comparison to plot: the two most informative ones."""
    known = [m for m in of.figures if not any(math.isnan(f.value) for f in of.figures[m])]
    return [m for m in known if m in ("accepted", "quality", "ibleu", "rougeL")][:2]


def _frontier_axes(task: TaskFacts) -> list[Distribution]:
    return [d for d in task.distributions if d.critic in ("rouge_l", "entailment")]


def descriptions() -> dict[str, str]:
    """Critic → the meaning of its score, from the schema of the ledger."""
    return {name: spec.columns[0].meaning for name, spec in CRITICS.items()}


def why(pair: Pair, task: TaskFacts) -> str:
    """Explain the verdict on a pair in a few words."""
    if pair.margin is None:
        return pair.verdict
    bounds = {d.critic: d for d in task.distributions}
    limits = bounds.get(pair.verdict)
    score = pair.scores.get(pair.verdict)
    if limits is None or score is None:
        return f"{pair.verdict}: outside its bound by {number(pair.margin)}"
    sign, bound = ("<", limits.low) if limits.low is not None and score < limits.low else (">", limits.high)
    return f"{pair.verdict} {number(score)} {sign} {number(bound)}, by {number(pair.margin)}"


def number(value: float | None) -> str:
    """Format a count with thousands separators, a float with three significant digits."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def duration(seconds: float) -> str:
    """Format seconds as hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def marked(pair: tuple[str, str]) -> tuple[Markup, Markup]:
    """Mark words missing from the other side, in <del> and <ins>; ignore case and punctuation."""
    sides = [_SPACE.split(visible(text)) for text in pair]
    words = [side[::2] for side in sides]
    keys = [[word.lower().strip(_PUNCTUATION) for word in side] for side in words]
    same = [[False] * len(side) for side in words]
    for block in difflib.SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_matching_blocks():
        for flags, start in zip(same, block[:2], strict=True):
            flags[start : start + block.size] = [True] * block.size
    source, target = (
        _tagged(tag, *side) for tag, side in zip(("del", "ins"), zip(words, same, strict=True), strict=True)
    )
    return source, target


def _tagged(tag: str, words: Sequence[str], same: Sequence[bool]) -> Markup:
    """Join words, and wrap each run of differing ones in an element."""
    parts: list[Markup] = []
    run: list[str] = []
    for word, known in [*zip(words, same, strict=True), ("", True)]:
        if not known:
            run.append(word)
            continue
        if run:
            parts.append(Markup(f"<{tag}>{{}}</{tag}>").format(" ".join(run)))
            run = []
        parts.append(Markup.escape(word))
    return Markup(" ").join(parts).strip()
