"""Facts → SVG plots by matplotlib: text stays text, colours are CSS variables of the page.

A plot is as wide as a phone; on wider screens the page puts several in a row.
"""

import io
import re
from collections.abc import Callable, Sequence
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .facts import Comparison, Curve, Distribution, Frontier, Histogram, RoundFacts, Stage, TaskFacts

_WIDTH = 5.0  # inches of 72 units; the page shows a unit as one CSS pixel
# Placeholders: each is replaced in the SVG by the CSS variable of its name.
_COLOURS = {
    "ink": "#010101",
    "soft": "#020202",
    "line": "#030303",
    "all": "#040404",
    "kept": "#050505",
    "bound": "#060606",
}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "impossible",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _COLOURS["line"],
    "axes.labelcolor": _COLOURS["ink"],
    "text.color": _COLOURS["ink"],
    "xtick.color": _COLOURS["line"],
    "ytick.color": _COLOURS["line"],
    "xtick.labelcolor": _COLOURS["ink"],
    "ytick.labelcolor": _COLOURS["ink"],
    "legend.frameon": False,
    "legend.fontsize": 10,
}
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"


def funnel(task: TaskFacts) -> str:
    """Plot a task's pairs left after each critic, on a logarithmic scale."""

    def draw(ax: Axes) -> None:
        names = ["all pairs", *(f"after {step.name}" for step in task.funnel[1:])]
        _bars(ax, [*names[:-1], "kept"], [step.left for step in task.funnel])
        ax.set_xscale("log")
        ax.set_xlim(left=0.7)
        ax.set_xlabel("pairs left (logarithmic)")

    label = (
        f"Funnel of {task.name}: {task.pairs:,} pairs, {task.kept:,} kept; the table beside it has all steps"
    )
    return _picture(f"funnel-{task.name}", label, 0.32 * len(task.funnel) + 0.7, draw)


def times(stages: Sequence[Stage]) -> str:
    """Plot seconds per stage."""

    def draw(ax: Axes) -> None:
        _bars(ax, [s.name for s in stages], [round(s.seconds) for s in stages])
        ax.set_xlabel("seconds")

    return _picture("times", "Seconds per stage; the table has the figures", 0.32 * len(stages) + 0.7, draw)


def _bars(ax: Axes, names: Sequence[str], values: Sequence[int]) -> None:
    places = np.arange(len(names))
    ax.barh(places, values, color=_COLOURS["kept"], height=0.66)
    ax.set_yticks(places, names)
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.margins(x=0.16)
    for place, value in zip(places, values, strict=True):
        ax.annotate(f"{value:,}", (value, place), (4, 0), textcoords="offset points", va="center")


def per_context(histogram: Histogram) -> str:
    """Plot the number of contexts by their kept pairs."""
    counts = histogram.series["contexts"]

    def draw(ax: Axes) -> None:
        ax.bar(np.arange(len(counts)), counts, color=_COLOURS["kept"], width=0.8)
        ax.set_xlabel("kept pairs of a context" + (" (last: 20 or more)" if len(counts) > 20 else ""))
        ax.set_ylabel("contexts")
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))

    label = f"Kept pairs by context: {counts[0]:,} of {sum(counts):,} contexts have none"
    return _picture("per-context", label, 2.1, draw)


def distribution(task: str, of: Distribution) -> str:
    """Plot a critic's scores: all pairs of the ledger, kept ones, bound and gate."""
    edges = np.array(of.histogram.edges)
    shares = {name: np.array(n) / max(1, sum(n)) for name, n in of.histogram.series.items()}

    def draw(ax: Axes) -> None:
        ax.stairs(shares["all"], edges, fill=True, color=_COLOURS["all"], label="all scored")
        ax.stairs(shares["kept"], edges, color=_COLOURS["kept"], linewidth=2, label="kept")
        top = max(shares["all"].max(), shares["kept"].max())
        ax.set_ylim(0, top * 1.3)
        ax.set_xlim(edges[0], edges[-1])
        for value, name, style in _limits(of):
            if edges[0] <= value <= edges[-1]:
                ax.axvline(value, color=_COLOURS["bound"], linestyle=style, linewidth=1.5)
                if name != "gate":
                    left = value > (edges[0] + edges[-1]) / 2
                    _annotate(ax, f"{name} {value:g}", (value, top * 1.27), left)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)

    label = f"Scores of {of.critic}, {task}: {_summary(of)}"
    return _picture(f"scores-{task}-{of.critic}", label, 1.5, draw)


def _annotate(ax: Axes, text: str, place: tuple[float, float], left: bool) -> None:
    side, shift = ("right", -4) if left else ("left", 4)
    ax.annotate(text, place, (shift, 0), textcoords="offset points", ha=side, va="top", fontsize=10)


def _limits(of: Distribution) -> list[tuple[float, str, str]]:
    limits = [(of.low, "min", "--"), (of.high, "max", "--")]
    limits += [(of.gate_low, "gate", ":"), (of.gate_high, "gate", ":")]
    bounds = {value for value, name, _ in limits if name != "gate"}
    return [(v, name, s) for v, name, s in limits if v is not None and (name != "gate" or v not in bounds)]


def _summary(of: Distribution) -> str:
    n, kept = sum(of.histogram.series["all"]), sum(of.histogram.series["kept"])
    limits = ", ".join(f"{name} {value:g}" for value, name, _ in _limits(of)) or "no bound"
    return f"{n:,} scored, {kept:,} kept, {limits}"


def frontier(task: str, of: Frontier, bounds: Sequence[Distribution]) -> str:
    """Plot wording against meaning: scored pairs as squares, kept ones as dots, the frontier as a line."""

    def draw(ax: Axes) -> None:
        x, y, n = (np.array(column, float) for column in zip(*of.cells, strict=True))
        ax.scatter(
            x,
            y,
            marker="s",
            s=130,
            c=_COLOURS["all"],
            alpha=np.minimum(0.2 + 0.8 * np.log1p(n) / np.log1p(n.max()), 1),
            linewidths=0,
            label="all scored (denser: more)",
        )
        if of.kept:
            x, y = (np.array(column) for column in zip(*of.kept, strict=True))
            ax.scatter(x, y, s=16, facecolors="none", edgecolors=_COLOURS["kept"], label="kept")
        if of.best:
            line = [(p.scores["rouge_l"], p.scores["entailment"]) for p in of.best]
            ax.plot(*zip(*line, strict=True), color=_COLOURS["bound"], linewidth=1.5, label="frontier")
        for axis in bounds:
            across = ax.axvline if axis.critic == "rouge_l" else ax.axhline
            for value, name, style in _limits(axis):
                if name != "gate":
                    across(value, color=_COLOURS["bound"], linestyle=style, linewidth=1)
        ax.set(xlim=(0, 1), ylim=(0, 1.02))
        ax.set_xlabel("← other words · ROUGE-L · same words →")
        ax.set_ylabel("p(entailment), weaker direction")
        ax.legend(
            loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=3, handletextpad=0.3, columnspacing=1.0
        )

    total = sum(n for _, _, n in of.cells)
    label = f"Wording against meaning, {task}: {total:,} scored pairs, {len(of.kept)} kept ones drawn"
    return _picture(f"frontier-{task}", label, 4.2, draw)


def lengths(task: str, of: Histogram) -> str:
    """Plot the words in sources and targets of kept pairs."""
    edges = np.array(of.edges)

    def draw(ax: Axes) -> None:
        ax.stairs(of.series["source"], edges, fill=True, color=_COLOURS["all"], label="source")
        ax.stairs(of.series["target"], edges, color=_COLOURS["kept"], linewidth=2, label="target")
        ax.set(xlabel="words", ylabel="sentences", xlim=(edges[0], edges[-1]))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend(loc="upper right")

    means = ", ".join(f"{side} {_mean(edges, n):.1f}" for side, n in of.series.items())
    return _picture(f"lengths-{task}", f"Words in kept {task} pairs; means: {means}", 2.2, draw)


def losses(number: int, of: Curve) -> str:
    """Plot the training and validation loss of a round's student."""

    def draw(ax: Axes) -> None:
        if of.training:
            ax.plot(*zip(*of.training, strict=True), color=_COLOURS["kept"], linewidth=1.5, label="training")
        if of.validation:
            x, y = zip(*of.validation, strict=True)
            ax.plot(x, y, color=_COLOURS["bound"], marker="o", markersize=4, label="validation")
        ax.set(xlabel="steps", ylabel="loss, nats per token")
        ax.set_ylim(bottom=0)
        ax.legend(loc="upper right")

    lowest = min((loss for _, loss in of.validation), default=None)
    known = "" if lowest is None else f"; lowest validation loss {lowest:.3f}"
    label = f"Loss curve of the student of round {number}: {len(of.training)} points of training{known}"
    return _picture(f"loss-{number}", label, 2.4, draw)


def rounds(facts: Sequence[RoundFacts]) -> str:
    """Plot the accepted share and mean quality of each round's student."""

    def draw(ax: Axes) -> None:
        places = np.arange(len(facts))
        series = [("accepted", [r.accepted for r in facts]), ("quality", [r.quality for r in facts])]
        for i, (name, values) in enumerate(series):
            colour = _COLOURS["kept" if i else "all"]
            ax.bar(places + (i - 0.5) * 0.36, values, width=0.34, color=colour, label=name)
            for place, value in zip(places, values, strict=True):
                at = (place + (i - 0.5) * 0.36, value)
                ax.annotate(f"{value:.2f}", at, (0, 3), textcoords="offset points", ha="center", fontsize=10)
        ax.set_xticks(places, [f"round {r.number}" for r in facts])
        ax.set_ylim(0, max([0.1, *(v for _, values in series for v in values)]) * 1.35)
        ax.legend(loc="upper left", ncols=2)

    label = "Students by round: " + "; ".join(
        f"round {r.number}: accepted {r.accepted:.2f}, quality {r.quality:.2f}" for r in facts
    )
    return _picture("rounds", label, 2.3, draw)


def compared(index: int, of: Comparison, metric: str) -> str:
    """Plot one metric of all systems, with 95 % intervals."""
    figures = of.figures[metric]

    def draw(ax: Axes) -> None:
        places = np.arange(len(figures))
        for place, one in zip(places, figures, strict=True):
            ax.plot([one.low, one.high], [place, place], color=_COLOURS["line"], linewidth=2)
            ax.plot([one.value], [place], marker="o", color=_COLOURS["kept"])
            text = f"{one.value:.3g}"
            ax.annotate(
                text, (one.value, place), (0, 6), textcoords="offset points", ha="center", fontsize=10
            )
        ax.set_yticks(places, of.systems)
        ax.set_ylim(len(figures) - 0.5, -0.7)
        ax.margins(x=0.1)
        ax.set_xlabel(metric)

    values = ", ".join(f"{name} {one.value:.3g}" for name, one in zip(of.systems, figures, strict=True))
    label = f"{metric}, {of.task}: {values}"
    return _picture(f"compared-{index}-{metric}", label, 0.5 * len(figures) + 0.7, draw)


def _mean(edges: np.ndarray, counts: Sequence[int]) -> float:
    middles = (edges[:-1] + edges[1:]) / 2
    return float((middles * counts).sum() / max(1, sum(counts)))


def _picture(name: str, label: str, height: float, draw: Callable[[Axes], None]) -> str:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        draw(figure.subplots())
        out = io.BytesIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(out.getvalue(), name, label)


def _inline(svg: bytes, name: str, label: str) -> str:
    """matplotlib's SVG → an element of the page: scalable, labelled, with unique ids and CSS colours."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    root = ElementTree.fromstring(svg)
    for metadata in [*root.findall(f"{{{_SVG}}}metadata"), *root.findall(f"{{{_SVG}}}defs")[:1]]:
        root.remove(metadata)  # the first <defs> only holds a style, which would apply to the whole page
    for size in ("width", "height", "version"):
        root.attrib.pop(size, None)
    root.attrib |= {"role": "img", "aria-label": label, "class": "picture"}
    for element in root.iter():
        if element.tag == f"{{{_SVG}}}g":
            element.attrib.pop("id", None)  # only shapes and clips are referenced
        for key, value in list(element.attrib.items()):
            if key == "id":
                element.set(key, f"{name}-{value}")
            elif key == f"{{{_XLINK}}}href":
                element.set(key, f"#{name}-{value.removeprefix('#')}")
            else:
                element.set(key, value.replace("url(#", f"url(#{name}-"))
    text = ElementTree.tostring(root, encoding="unicode")
    for colour, value in _COLOURS.items():
        text = text.replace(value, f"var(--{colour})")
    text = re.sub(r"(\d\.\d\d)\d+", r"\1", text)
    return re.sub(r"font-family: [^;\"]*", "font-family: var(--font)", text)
