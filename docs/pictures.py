"""Draw the pictures of docs/method.md from a finished run: python docs/pictures.py RUN docs/images

Each is drawn twice, for light and for dark pages.
"""

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

import matplotlib
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from impossible.critics.similarity import Similarity
from impossible.data.run_folder import RunFolder
from impossible.data.schema import text_id
from impossible.data.state import read_state
from impossible.models.locate import locate
from impossible.recipe.critic_table import CRITICS
from impossible.recipe.load import load


@dataclass(frozen=True)
class Ink:
    """The colours of a light or dark page."""

    name: str
    text: str
    faint: str
    fill: str
    kept: str
    rejected: str
    duplicate: str


INKS = (
    Ink("light", "#1f2933", "#9aa5b1", "#e6f2f1", "#00796b", "#d9822b", "#5c7cfa"),
    Ink("dark", "#e4e7eb", "#7b8794", "#16302e", "#4db6ac", "#f0a35e", "#91a7ff"),
)
STAGES = (
    ("contexts", "prefixes of\na domain, or\nyour own texts"),
    ("generate", "many\ncontinuations\nof each"),
    ("score", "its pairs\nthrough the\ncritics"),
    ("filter", "bounds on\nthe scores;\nsaid once"),
    ("student", "learns them;\nperhaps the\nnext teacher"),
)


def way(ink: Ink) -> Figure:
    """Draw the stages in a row."""
    figure, axes = blank(ink, 7.6, 1.7)
    for i, (name, what) in enumerate(STAGES):
        box = FancyBboxPatch((i * 2 + 0.08, 0.1), 1.62, 1.3, "round,pad=0.06", fc=ink.fill, ec=ink.kept)
        axes.add_patch(box)
        axes.text(i * 2 + 0.89, 1.18, name, ha="center", va="center", weight="bold", color=ink.text, size=10)
        axes.text(i * 2 + 0.89, 0.52, what, ha="center", va="center", color=ink.text, size=8)
        if i:
            ends = {"xy": (i * 2 + 0.02, 0.75), "xytext": (i * 2 - 0.24, 0.75)}
            axes.annotate("", **ends, arrowprops={"arrowstyle": "->", "color": ink.text})
    axes.set_xlim(-0.05, 9.85)
    axes.set_ylim(-0.05, 1.55)
    return figure


def context(run: Path, ink: Ink) -> Figure:
    """Draw the sentences of the context with the most kept paraphrases, placed by their embeddings."""
    rows = RunFolder(run).rows("filter")
    pairs = rows.filter(pc.equal(rows["task"], "paraphrase"))
    kept = pairs.filter(pc.equal(pairs["verdict"], "kept"))
    best = Counter(kept["context_id"].to_pylist()).most_common(1)[0][0]
    groups = {row["context_id"]: row for row in RunFolder(run).rows("generate").to_pylist()}
    texts = [candidate["text"] for candidate in groups[best]["candidates"]]
    places = dict(zip(texts, flat(texts), strict=True))
    figure, axes = blank(ink, 7, 4.6)
    axes.scatter(*np.array(list(places.values())).T, s=9, color=ink.faint, zorder=2)
    of_it = pairs.filter(pc.equal(pairs["context_id"], best))
    for verdict, colour, width in (
        ("judge", ink.rejected, 0.7),
        ("duplicate", ink.duplicate, 0.8),
        ("kept", ink.kept, 2),
    ):
        for row in of_it.filter(pc.equal(of_it["verdict"], verdict)).to_pylist():
            ends = np.array([places[row["source"]], places[row["target"]]])
            axes.plot(*ends.T, color=colour, lw=width, zorder=3 if verdict == "kept" else 1)
        axes.plot(
            [], [], color=colour, lw=width, label={"judge": "rejected by the judge"}.get(verdict, verdict)
        )
    name_some(axes, of_it.filter(pc.equal(of_it["verdict"], "kept")), places, ink)
    axes.margins(0.12)
    legend(axes, ink, loc="lower left")
    title = shorten(groups[best]["context"], 90, placeholder=" …")
    axes.set_title(f"“{title}”", color=ink.text, size=10)
    return figure


def flat(texts: list[str]) -> np.ndarray:
    """Return the first two principal components of sentence embeddings, (n, 2)."""
    vectors = Similarity(locate("embedded:minilm-l6")).embed(texts)
    centred = vectors - vectors.mean(0)
    return centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T


def name_some(axes: Axes, kept: pa.Table, places: dict[str, np.ndarray], ink: Ink) -> None:
    """Label a few kept pairs that lie apart, on the side with more room."""
    taken: list[float] = []
    centre = np.mean(list(places.values()), 0)
    for row in kept.to_pylist():
        middle = (places[row["source"]] + places[row["target"]]) / 2
        if len(taken) == 5 or any(abs(middle[1] - y) < 0.12 for y in taken):
            continue
        taken.append(middle[1])
        left = middle[0] > centre[0]
        axes.annotate(
            f"{row['source']}\n{row['target']}",
            middle,
            (-14 if left else 14, 12),
            textcoords="offset points",
            ha="right" if left else "left",
            size=8,
            color=ink.text,
            zorder=4,
            bbox={"boxstyle": "round,pad=0.25", "fc": ink.fill, "ec": "none", "alpha": 0.9},
        )


def funnel(run: Path, ink: Ink) -> Figure:
    """Draw the funnel of all paraphrase pairs on a logarithmic scale."""
    counts, task = read_state(run).counts, "paraphrase"
    left = counts["pairs"]
    bars = [("pairs", left)]
    for critic in CRITICS:
        if counts[f"{task}: {critic}"]:
            left -= counts[f"{task}: {critic}"]
            bars.append((f"past {critic}", left))
    bars.append(("kept, no duplicates", counts[f"{task}: kept"]))
    figure, axes = blank(ink, 7, 0.3 * len(bars) + 0.4)
    names, values = zip(*bars, strict=True)
    axes.barh(range(len(bars)), values, color=[ink.faint] * (len(bars) - 1) + [ink.kept], height=0.7)
    for i, value in enumerate(values):
        axes.text(value * 1.15, i, f"{value:,}", va="center", color=ink.text, size=9)
    axes.set_axis_on()
    axes.set_yticks(range(len(bars)), names, color=ink.text, size=9)
    axes.tick_params(left=False, bottom=False, which="both", labelbottom=False)
    axes.spines[:].set_visible(False)
    axes.set_facecolor("none")
    axes.set_xscale("log")
    axes.set_xlim(0.7, max(values) * 4)
    axes.invert_yaxis()
    return figure


def frontier(run: Path, ink: Ink) -> Figure:
    """Draw wording against meaning of each scored paraphrase, with the bounds."""
    rows = RunFolder(run).rows("filter")
    pairs = rows.filter(
        pc.and_(pc.equal(rows["task"], "paraphrase"), pc.is_valid(rows["entailment_backward"]))
    )
    meaning = np.minimum(pairs["entailment_forward"].to_numpy(), pairs["entailment_backward"].to_numpy())
    wording, verdicts = pairs["rouge_l"].to_numpy(), np.array(pairs["verdict"].to_pylist())
    figure = Figure(figsize=(7, 3.8), layout="constrained", facecolor="none")
    axes = figure.subplots()
    axes.set_facecolor("none")
    kinds = (
        ("rejected", ~np.isin(verdicts, ("kept", "duplicate")), ink.faint),
        ("duplicate", verdicts == "duplicate", ink.duplicate),
        ("kept", verdicts == "kept", ink.kept),
    )
    for name, which, colour in kinds:
        axes.scatter(wording[which], meaning[which], s=14, color=colour, label=name, alpha=0.8, lw=0)
    bounds = load(run / "recipe.toml").filter.paraphrase
    if bounds and bounds.rouge_l and bounds.rouge_l.max:
        axes.axvline(bounds.rouge_l.max, color=ink.text, ls="--", lw=0.8)
    if bounds and bounds.entailment and bounds.entailment.min:
        axes.axhline(bounds.entailment.min, color=ink.text, ls="--", lw=0.8)
    axes.set_xlabel("words in common, in order (ROUGE-L)", color=ink.text)
    axes.set_ylabel("p(entailment), weaker way", color=ink.text)
    axes.tick_params(colors=ink.text)
    for spine in axes.spines.values():
        spine.set_color(ink.faint)
    legend(axes, ink, loc="lower right")
    return figure


def blank(ink: Ink, width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure without axes or background."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="none")
    axes = figure.subplots()
    axes.set_axis_off()
    return figure, axes


def legend(axes: Axes, ink: Ink, loc: str) -> None:
    """Draw a legend without a frame."""
    axes.legend(loc=loc, frameon=False, labelcolor=ink.text, fontsize=8)


def main(run: Path, folder: Path) -> None:
    """Draw all pictures."""
    matplotlib.rcParams["svg.hashsalt"] = text_id("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    for ink in INKS:
        drawn = {
            "way": way(ink),
            "context": context(run, ink),
            "funnel": funnel(run, ink),
            "frontier": frontier(run, ink),
        }
        for name, figure in drawn.items():
            figure.savefig(folder / f"{name}-{ink.name}.svg", transparent=True, metadata={"Date": None})


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
