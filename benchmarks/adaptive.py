"""Estimate from a run whether stopping a group early would pay off.

python benchmarks/adaptive.py RUN

RUN is a folder made by `impossible run`. The counts of each sentence give the expected yield of a random
subset of the continuations (rarefaction, Hurlbert 1971): the number of kept pairs with both sentences in the
subset. The probability that one more continuation is a new sentence is the share of sentences drawn once
(Good 1953). Omitting the last quarter pays off if it yields much less than a quarter of the pairs.
"""

import argparse
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import comb
from pathlib import Path

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from impossible.recipe.load import load

SHARES = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Group:
    """A context's sentences with their counts, and its kept pairs."""

    context: str
    counts: Mapping[str, int]
    pairs: tuple[tuple[str, str], ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("run", type=Path)
    options = parser.parse_args()
    n = load(options.run / "recipe.toml").sampling.per_context
    groups = read(options.run)
    shown = Table(title=f"{len(groups)} contexts, {n} continuations each", box=None, pad_edge=False)
    heads = ("written", "distinct", "chance of a new one")
    for head in ("context", *heads, *(f"pairs at {round(n * share)}" for share in SHARES)):
        shown.add_column(head, justify="left" if head == "context" else "right", no_wrap=True)
    for group in groups:
        shown.add_row(*cells(group, n))
    totals = [sum(pairs_at(group, n, round(n * share)) for group in groups) for share in SHARES]
    once = sum(k == 1 for group in groups for k in group.counts.values())
    shown.add_row("all", "", "", f"{once / n / len(groups):.0%}", *(f"{total:.1f}" for total in totals))
    console = Console(width=140, soft_wrap=True)
    console.print(shown)
    console.print(
        f"the last quarter of the continuations gives {1 - totals[2] / totals[3]:.0%} of the pairs"
        if totals[3]
        else "no pair was kept"
    )


def read(run: Path) -> list[Group]:
    kept = defaultdict(list)
    for path in sorted(run.glob("round-0/ledger/*.parquet")):
        rows = pq.read_table(path, columns=["context_id", "source", "target", "verdict"]).to_pylist()
        for row in rows:
            if row["verdict"] == "kept":
                kept[row["context_id"]].append((row["source"], row["target"]))
    found = []
    for path in sorted(run.glob("round-0/groups/*.parquet")):
        for row in pq.read_table(path).to_pylist():
            counts = {c["text"]: c["count"] for c in row["candidates"]}
            found.append(Group(row["context"], counts, tuple(kept[row["context_id"]])))
    return found


def cells(group: Group, n: int) -> tuple[str, ...]:
    return (
        group.context[:30],
        f"{sum(group.counts.values())}",
        f"{len(group.counts)}",
        f"{sum(k == 1 for k in group.counts.values()) / n:.0%}",
        *(f"{pairs_at(group, n, round(n * share)):.1f}" for share in SHARES),
    )


def pairs_at(group: Group, n: int, drawn: int) -> float:
    """Return the expected number of kept pairs with both sentences among `drawn` of the n continuations."""
    total = 0.0
    for source, target in group.pairs:
        a, b = group.counts[source], group.counts[target]
        total += 1 - absent(a, n, drawn) - absent(b, n, drawn) + absent(a + b, n, drawn)
    return total


def absent(k: int, n: int, drawn: int) -> float:
    """Return the probability that none of k continuations is drawn."""
    return comb(n - k, drawn) / comb(n, drawn)


if __name__ == "__main__":
    main()
