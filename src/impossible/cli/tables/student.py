"""Tables for students: how well outputs obey each control."""

from collections.abc import Iterator, Sequence

from rich.table import Table

from ...students.control_accuracy import ControlAccuracy, ControlExample
from ...text.escape import plain


def control_accuracy_table(rows: Sequence[ControlAccuracy]) -> Table:
    """One row per value of each control, with the shares for outputs without the control."""
    table = Table(box=None, pad_edge=False)
    heads = ("control", "value", "answered", "drawn", "unasked", "first", "unasked", "accepted", "unasked")
    for i, head in enumerate(heads):
        table.add_column(head, justify="left" if i < 2 else "right")
    for row in rows:
        both = (row.drawn, row.drawn_unasked, row.first, row.first_unasked)
        shares = (*both, row.accepted, row.accepted_unasked)
        answered = f"{row.answered} of {row.texts}"
        table.add_row(row.control, row.value, answered, *(f"{share:.2f}" for share in shares))
    return table


def shown_lines(rows: Sequence[ControlAccuracy]) -> Iterator[str]:
    """The example texts of each row, with an output for the control and one without it."""
    for row in rows:
        for one in row.shown:
            yield f"\n{row.control}: {row.value}"
            yield f"  text     {plain(one.source)}"
            if one.like:
                yield f"  like     {plain(one.like)}"
            refused = "" if one.accepted else ", not accepted"
            yield f"  asked    {plain(one.output)}  ({_result(row, one, one.has)}{refused})"
            yield f"  unasked  {plain(one.unasked)}  ({_result(row, one, one.has_unasked)})"


def _result(row: ControlAccuracy, one: ControlExample, has: float) -> str:
    return f"likeness {has:.2f}" if one.like else row.value if has else f"not {row.value}"
