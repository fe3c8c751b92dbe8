"""What a person sees of critics: a table of their figures, and one pair after the other to judge."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from .calibrate import Population, Threshold, judge
from .critics.measure_nli import Measured
from .plain import plain

_KEYS = {"r": True, "w": False, "s": None}


def ask(console: Console, run: Path, people: Population, known: Mapping[str, bool | None]) -> None:
    """Show each drawn pair that has no judgement yet and write down the key pressed; q ends it early."""
    open_pairs = [i for i in people.drawn() if people.pair_id[i] not in known]
    question = (
        "same meaning?" if people.task == "paraphrase" else "is the second a true summary of the first?"
    )
    for number, i in enumerate(open_pairs, 1):
        console.print(f"\n{number} of {len(open_pairs)}   {question}", style="dim")
        console.print(plain(people.source[i]), markup=False)
        console.print(plain(people.target[i]), markup=False)
        console.print("r right   w wrong   s skip   q stop here", style="dim")
        while (key := _key()) not in (*_KEYS, "q"):
            pass
        if key == "q":
            return
        judge(run, people, i, _KEYS[key])


def _key() -> str:
    """One keypress in lower case; without a terminal one letter a line, and its end is a q."""
    if sys.stdin.isatty():
        return typer.getchar().lower()
    return (sys.stdin.readline().strip() or "q")[0].lower()


def thresholds_table(found: Sequence[Threshold], pairs: int) -> Table:
    """Precision and yield of every tenth bound."""
    table = Table(box=None, pad_edge=False)
    for name in ("bound", "right", "95 % interval", "kept", "judged"):
        table.add_column(name, justify="right")
    for t in found[max(len(found) // 10, 1) - 1 :: max(len(found) // 10, 1)]:
        interval = f"{t.low:.0%} to {t.high:.0%}"
        table.add_row(f"{t.bound:.3f}", f"{t.precision:.0%}", interval, f"{t.kept} of {pairs}", str(t.judged))
    return table


def critic_table(found: Sequence[Measured]) -> Table:
    """A critic's figures, a row a file."""
    table = Table(box=None, pad_edge=False)
    table.add_column("file")
    heads = ("rows", "accuracy", "F1 e/n/c", "AUC", "P at R .3/.5/.7", "ECE", "pairs/s")
    for name in heads:
        table.add_column(name, justify="right")
    for m in found:
        r = m.report
        table.add_row(
            m.name,
            f"{r.rows:,}",
            f"{r.accuracy:.3f}",
            " ".join(f"{x:.2f}" for x in r.f1.values()),
            f"{r.entailment_auc:.3f}",
            " ".join(f"{x:.2f}" for x in r.precision_at_recall.values()),
            f"{r.calibration_error:.3f}",
            f"{m.pairs_per_second:.0f}",
        )
    return table
