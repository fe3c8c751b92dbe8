"""Measure the time of each critic, and how many good pairs the bi-encoder gate rejects.

python benchmarks/cascade.py RUN [--contexts 8] [--sample 2000] [--json FILE]

RUN is a folder made by `impossible run`; its groups are scored again with its recipe.

Time: CPU-seconds of each critic, with each directed pair scored once, and the number of pairs scored.

Prescreen: of the pairs that pass all critics without a model, `--sample` are drawn for each task regardless
of similarity, and scored by all critics after the bi-encoder: parser, NLI model (both directions for a
paraphrase) and judge. The report gives the share within the similarity gate, of the pairs that the NLI model
accepts and of those that all critics accept, and the gate that would let 99 % through. The recipe's bound on
similarity is not applied, since it is a verdict and saves no time. Intervals: 95 %, Wilson.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table as Shown

from impossible.analysis.calibrate import wilson
from impossible.critics import open_critics
from impossible.critics.base import Compare, Critic, Reader
from impossible.data.schema import Group
from impossible.filtering.cascade import CHEAP, Indices, Table, oriented, score
from impossible.filtering.verdict import shortfall
from impossible.generation.groups import groups_from_table
from impossible.recipe.critic_table import CRITICS
from impossible.recipe.critics import Bound, Bounds
from impossible.recipe.load import load
from impossible.recipe.recipe import Recipe
from run import machine

_BEHIND = ("entities", "clause", "entailment", "judge")


class Timed:
    """A critic that counts and times its scoring."""

    def __init__(self, critic: Critic):
        self._critic = critic
        self.seconds, self.pairs = 0.0, 0

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        start = time.process_time()
        found = self._critic.score(sources, targets)
        self.seconds += time.process_time() - start
        self.pairs += len(sources)
        return found


class TimedReader(Timed):
    """Time the reading of texts, and count and time the scoring of pairs."""

    def read(self, sentences: Sequence[str]) -> Compare:
        assert isinstance(self._critic, Reader)
        start = time.process_time()
        compare = self._critic.read(sentences)
        self.seconds += time.process_time() - start

        def counted(s: Indices, t: Indices) -> NDArray[np.float32]:
            self.pairs += len(s)
            return compare(s, t)

        return counted


@dataclass(frozen=True)
class Passed:
    """Of the sampled pairs that `what` would keep, the total and the number within the gate."""

    task: str
    what: str
    drawn: int
    kept: int
    through: int
    low: float
    high: float
    gate: float
    gate_for_99: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--contexts", type=int, default=8)
    parser.add_argument("--sample", type=int, default=2000, help="pairs a task; 0: no prescreen")
    parser.add_argument("--json", type=Path, dest="json_file")
    options = parser.parse_args()
    recipe = load(options.run / "recipe.toml")
    files = sorted(options.run.glob("round-0/groups/*.parquet"))
    tables = [pq.read_table(path).replace_schema_metadata(None) for path in files]
    groups = groups_from_table(pa.concat_tables(tables))[: options.contexts]
    console = Console(width=140, soft_wrap=True)
    for line in machine():
        console.print(line, markup=False)
    critics = {
        name: TimedReader(critic) if isinstance(critic, Reader) else Timed(critic)
        for name, critic in open_critics(recipe.score, recipe.execution).items()
    }
    for critic in critics.values():  # warm up the models
        critic.score(["A cat sat on a mat."], ["A cat was on the mat."])
        critic.seconds, critic.pairs = 0.0, 0
    spent = timed(groups, critics, recipe)
    console.print(time_table(critics, spent, len(groups)))
    passed = prescreen(groups, critics, recipe, options.sample) if options.sample else []
    if passed:
        console.print(passed_table(passed))
    if options.json_file is not None:
        rows = {name: {"seconds": c.seconds, "pairs": c.pairs} for name, c in critics.items()}
        report = {"machine": machine(), "contexts": len(groups), "seconds": spent, "critics": rows}
        report |= {"prescreen": [asdict(one) for one in passed]}
        options.json_file.write_text(json.dumps(report, indent=2) + "\n")


def timed(groups: Sequence[Group], critics: dict[str, Timed], recipe: Recipe) -> float:
    start = time.process_time()
    score(groups, critics, recipe.score, [task for task, _ in recipe.filter.tasks()], lambda: None)
    return time.process_time() - start


def time_table(critics: dict[str, Timed], spent: float, groups: int) -> Shown:
    shown = Shown(title=f"scoring {groups} groups: {spent:.1f} CPU-seconds", box=None, pad_edge=False)
    shown.add_column("critic")
    for head in ("directed pairs", "CPU-s", "share", "pairs/CPU-s"):
        shown.add_column(head, justify="right")
    for name, c in critics.items():
        if not c.pairs:  # retention, which is the judge's
            continue
        rate = f"{c.pairs / c.seconds:,.0f}" if c.seconds else ""
        shown.add_row(name, f"{c.pairs:,}", f"{c.seconds:.2f}", f"{c.seconds / spent:.1%}", rate)
    rest = spent - sum(c.seconds for c in critics.values())
    shown.add_row("pairing and tables", "", f"{rest:.2f}", f"{rest / spent:.1%}", "")
    return shown


def prescreen(
    groups: Sequence[Group], critics: dict[str, Timed], recipe: Recipe, sample: int
) -> list[Passed]:
    """Measure how many pairs that the later critics keep are within the similarity gate."""
    found = []
    for task, bounds in recipe.filter.tasks():
        gates = getattr(recipe.score, task) or Bounds()
        wall = gates.of("similarity")
        gate = wall.min if wall is not None and wall.min is not None else -1.0
        sources, targets = drawn(groups, critics, task, gates, sample)
        similarity = critics["similarity"].score(sources, targets)
        kept = np.ones(len(sources), bool)
        for name in [name for name in _BEHIND if name in critics]:
            if (bound := bounds.of(name)) is None:
                continue
            kept[kept] = within(
                critics[name], name, task, bound, np.array(sources)[kept], np.array(targets)[kept]
            )
            if name == "entailment" or name == "judge":
                what = "the NLI model" if name == "entailment" else "it and the judge"
                found.append(passed(task, what, similarity[kept], gate, len(sources)))
    return found


def drawn(
    groups: Sequence[Group], critics: dict[str, Timed], task: str, gates: Bounds, sample: int
) -> tuple[list[str], list[str]]:
    """Return the pairs of all groups within the gates of the critics without a model."""
    sources: list[str] = []
    targets: list[str] = []
    for group in groups:
        texts = [c.text for c in group.candidates]
        s, t = oriented(texts)
        for name, gate in gates.given():
            if name not in CHEAP or name == "similarity":
                continue
            table = Table(name, critics[name], texts)
            scores = {
                column.name: table.score(t, s) if column.backward else table.score(s, t)
                for column in CRITICS[name].read(task)
            }
            inside = shortfall(name, gate, task, scores) == 0
            s, t = s[inside], t[inside]
        sources += [texts[i] for i in s]
        targets += [texts[i] for i in t]
    chosen = np.random.default_rng(0).permutation(len(sources))[:sample]
    return [sources[i] for i in chosen], [targets[i] for i in chosen]


def within(
    critic: Timed, name: str, task: str, bound: Bound, sources: NDArray[np.str_], targets: NDArray[np.str_]
) -> NDArray[np.bool_]:
    """Return which pairs are within a directed critic's bound; score the reverse only if the first passes."""

    def one_way(a: NDArray[np.str_], b: NDArray[np.str_]) -> NDArray[np.bool_]:
        scores = {f"{name}_forward": critic.score(a.tolist(), b.tolist())}
        return shortfall(name, bound, "summary", scores) == 0

    inside = one_way(sources, targets)
    if task == "paraphrase":
        inside[inside] = one_way(targets[inside], sources[inside])
    return inside


def passed(task: str, what: str, similarity: NDArray[np.float32], gate: float, drawn: int) -> Passed:
    through = int((similarity >= np.float32(gate)).sum())
    low, high = wilson(through / len(similarity), len(similarity)) if len(similarity) else (0.0, 1.0)
    for_99 = float(np.quantile(similarity, 0.01)) if len(similarity) else float("nan")
    return Passed(task, what, drawn, len(similarity), through, low, high, gate, for_99)


def passed_table(found: Sequence[Passed]) -> Shown:
    shown = Shown(title="what passes the bi-encoder", box=None, pad_edge=False)
    for head in (
        "task",
        "would be kept by",
        "drawn",
        "kept",
        "gate",
        "through",
        "95 % interval",
        "gate for 99 %",
    ):
        shown.add_column(head, justify="left" if head in ("task", "would be kept by") else "right")
    for one in found:
        share = f"{one.through / one.kept:.1%}" if one.kept else "–"
        interval = f"{one.low:.0%} to {one.high:.1%}"
        cells = (
            f"{one.drawn:,}",
            f"{one.kept:,}",
            f"{one.gate:.2f}",
            share,
            interval,
            f"{one.gate_for_99:.2f}",
        )
        shown.add_row(one.task, one.what, *cells)
    return shown


if __name__ == "__main__":
    main()
