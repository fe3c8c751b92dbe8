"""What continues a context: one protocol, a module a backend. A student is a Sampler too."""

from typing import assert_never

from ..errors import ModelError
from ..models.extras import require_extra
from ..recipe.execution import Execution
from ..recipe.teacher import Teacher
from .base import Sampler


def open_teacher(settings: Teacher, execution: Execution) -> Sampler:
    """Load a teacher. Raises ModelError."""
    match settings.backend:
        case "ctranslate2":
            from .ctranslate2 import CTranslate2Sampler

            return CTranslate2Sampler(settings, execution)
        case "tree":
            from .tree import TreeSampler

            return TreeSampler(settings, execution)
        case "transformers":
            from .transformers import TransformersSampler

            return TransformersSampler(settings, execution)
        case "endpoint":
            require_extra("endpoint", 'teacher.backend = "endpoint"')
            from .endpoint import EndpointSampler

            return EndpointSampler(settings)
        case "own":
            raise ModelError(
                'teacher.backend = "own" comes from Python: impossible.run(recipe, out, sampler=…)'
            )
        case _:
            assert_never(settings.backend)
