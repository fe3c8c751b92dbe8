"""Who does the work of a run. Each shard's way through the stages is the same whichever engine takes it.

A `Way` decides what has to be made, and writes down what was; an engine only makes it: in this process
(`local`), or in workers on many machines (`ray`).
"""

from ...models.extras import require_extra
from ...recipe.execution import Execution
from .base import Engine


def open_engine(execution: Execution) -> Engine:
    """The engine that a recipe asks for. Raises ModelError if it is not installed."""
    if execution.engine == "local":
        from .local import local

        return local
    require_extra("ray", 'execution.engine = "ray"')
    from .ray import distributed

    return distributed
