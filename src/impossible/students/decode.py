"""Choose the decoding parameters and the sampler backend of a student."""

from collections.abc import Sequence
from pathlib import Path

from transformers import AutoConfig, PreTrainedTokenizerBase

from ..errors import ModelError
from ..models.number_format import exact_int8
from ..recipe.execution import Execution
from ..recipe.teacher import Backend, Teacher
from ..teachers import open_teacher
from ..teachers.base import Continuation, Decoding, Sampler
from ..teachers.ctranslate2 import converted
from ..teachers.tokens import Tokens, open_tokens
from ..teachers.tree import ARCHITECTURES
from .info import Kind
from .prompts import prompt_ids


def decoding(drafts: int, max_tokens: int) -> Decoding:
    """Return the paper's parameters for one draft, and a higher temperature for several.

    The critics choose among several drafts, so diversity is worth more. Both truncate the vocabulary.
    """
    temperature, top_p = (0.7, 0.9) if drafts == 1 else (0.85, 0.95)
    return Decoding(temperature, top_p, top_k=50, max_tokens=max_tokens)


def finished(drawn: Sequence[Continuation]) -> list[str]:
    """Return the texts of the complete continuations, one line each."""
    return [" ".join(one.text.split()) for one in drawn if one.ended]


def open_student_tokens(folder: Path, kind: Kind) -> Tokens:
    """Open the tokenizer of a student, with prompts encoded as in training. Raises ModelError."""

    def read(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
        return prompt_ids(tokenizer, text, kind == "causal")

    return open_tokens(str(folder), read, kind == "seq2seq")


def open_sampler(
    folder: Path, tokens: Tokens, execution: Execution, backend: Backend | None = None
) -> Sampler:
    """Open a student on a backend, by default `default_backend`. Raises ModelError."""
    backend = backend or default_backend(folder, tokens.seq2seq, execution)
    settings = Teacher(
        backend=backend,
        model=str(folder),
        compute_type="float32" if backend == "transformers" else "int8",
    )
    return open_teacher(settings, execution, tokens)


def default_backend(folder: Path, seq2seq: bool, execution: Execution) -> Backend:
    """Return CTranslate2 on CPU; transformers on other devices and for architectures it cannot convert.

    CTranslate2 is the fastest. Where the processor saturates int8 sums it computes in float32, and the tree
    backend, with weights of 7 bits, is faster for the architectures it supports.
    """
    if execution.device != "cpu":
        return "transformers"
    saturates = not seq2seq and not exact_int8()
    if saturates and AutoConfig.from_pretrained(folder, trust_remote_code=False).model_type in ARCHITECTURES:
        return "tree"
    try:
        converted(str(folder), "int8")
    except ModelError:
        return "transformers"
    return "ctranslate2"
