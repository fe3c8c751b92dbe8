"""Tables for critics: metrics by file, precision by bound."""

from collections.abc import Sequence

from rich.table import Table

from ...analysis.calibrate import MeasuredBound
from ...critic_training.measure import Measured


def bounds_table(bounds: Sequence[MeasuredBound], pairs: int) -> Table:
    """Precision and kept pairs of ten bounds."""
    table = Table(box=None, pad_edge=False)
    for name in ("bound", "right", "95 % interval", "kept", "judged"):
        table.add_column(name, justify="right")
    step = max(len(bounds) // 10, 1)
    for t in bounds[step - 1 :: step]:
        interval = f"{t.low:.0%} to {t.high:.0%}"
        table.add_row(f"{t.bound:.3f}", f"{t.precision:.0%}", interval, f"{t.kept} of {pairs}", str(t.judged))
    return table


def critic_table(measured: Sequence[Measured]) -> Table:
    """A critic's metrics, one row per file."""
    table = Table(box=None, pad_edge=False)
    table.add_column("file")
    heads = ("rows", "accuracy", "F1 e/n/c", "AUC", "P at R .3/.5/.7", "ECE", "pairs/s")
    for name in heads:
        table.add_column(name, justify="right")
    for m in measured:
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
