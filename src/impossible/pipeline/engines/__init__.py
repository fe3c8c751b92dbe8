"""Who does the work of a run. Each shard's way through the stages is the same whichever engine takes it.

A `Way` decides what has to be made, and writes down what was; an engine only makes it: in this process
(`local`), or in workers on many machines (`ray`).
"""

from ...errors import ModelError
from ...recipe.execution import Execution
from .base import Engine


def open_engine(execution: Execution) -> Engine:
    """The engine that a recipe asks for. Raises ModelError if it is not installed."""
    if execution.engine == "local":
        from .local import local

        return local
    try:
        from .ray import distributed
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise ModelError(
            "execution.engine = \"ray\" needs ray; run: pip install 'impossible-distillation[ray]'"
        ) from error
    return distributed
