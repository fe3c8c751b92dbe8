"""Engines: execute the stages of a run in this process (`local`) or on Ray workers (`ray`).

A `ShardRun` decides which tasks are needed and stores their results; an engine only executes the tasks.
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
