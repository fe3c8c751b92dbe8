"""One shard after the other in this process."""

from collections.abc import Generator, Iterable, Sequence

from ...recipe.execution import Execution
from ..stages import MapStage
from .base import Calls, Done, Task, Way, Workshop, step


def local(
    ways: Iterable[Way], stages: Sequence[MapStage], execution: Execution, calls: Calls
) -> Generator[Done]:
    """Take shard after shard through all stages. Raises ImpossibleError."""
    shop = Workshop(execution)
    for one in ways:
        at = step(one)
        while isinstance(at, Task):
            at = step(one, shop.make(at.stage, at.index, at.rows, lambda: calls.tick(1)))
        yield at
