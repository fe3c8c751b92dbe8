"""Open a model as a `Sampler` that continues prompts, one module per backend; students use them too."""

from typing import TYPE_CHECKING, assert_never

from ..errors import ModelError
from ..models.extras import require_extra
from ..recipe.execution import Execution
from ..recipe.teacher import Teacher
from .base import Sampler

if TYPE_CHECKING:
    from .tokens import Tokens


def open_teacher(settings: Teacher, execution: Execution, tokens: "Tokens | None" = None) -> Sampler:
    """Load a teacher, or a student if given the `tokens` it was trained with. Raises ModelError."""
    match settings.backend:
        case "ctranslate2":
            from .ctranslate2 import CTranslate2Sampler
            from .tokens import open_tokens

            return CTranslate2Sampler(settings, execution, tokens or open_tokens(settings.model))
        case "tree":
            from .tokens import open_tokens
            from .tree import TreeSampler

            return TreeSampler(settings, execution, tokens or open_tokens(settings.model))
        case "transformers":
            from .tokens import open_tokens
            from .transformers import TransformersSampler

            return TransformersSampler(settings, execution, tokens or open_tokens(settings.model))
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
