"""Tables about students, for a terminal."""

from collections.abc import Iterator, Sequence

from rich.table import Table

from ...students.control_accuracy import ControlAccuracy, ControlExample
from ...text.escape import plain


def control_accuracy_table(found: Sequence[ControlAccuracy]) -> Table:
    """A row for each value of each control, with the shares where nothing was asked beside it."""
    table = Table(box=None, pad_edge=False)
    heads = ("control", "value", "answered", "drawn", "unasked", "first", "unasked", "accepted", "unasked")
    for i, head in enumerate(heads):
        table.add_column(head, justify="left" if i < 2 else "right")
    for row in found:
        both = (row.drawn, row.drawn_unasked, row.first, row.first_unasked)
        shares = (*both, row.accepted, row.accepted_unasked)
        answered = f"{row.answered} of {row.texts}"
        table.add_row(row.control, row.value, answered, *(f"{share:.2f}" for share in shares))
    return table


def shown_lines(found: Sequence[ControlAccuracy]) -> Iterator[str]:
    """The texts that each row shows, with what was written when asked and when not."""
    for row in found:
        for one in row.shown:
            yield f"\n{row.control}: {row.value}"
            yield f"  text     {plain(one.source)}"
            if one.like:
                yield f"  like     {plain(one.like)}"
            refused = "" if one.accepted else ", not accepted"
            yield f"  asked    {plain(one.output)}  ({_said(row, one, one.has)}{refused})"
            yield f"  unasked  {plain(one.unasked)}  ({_said(row, one, one.has_unasked)})"


def _said(row: ControlAccuracy, one: ControlExample, has: float) -> str:
    return f"likeness {has:.2f}" if one.like else row.value if has else f"not {row.value}"
