"""How a student's drafts are drawn, and by what: a student is a Sampler on one of the teachers' backends."""

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
    """One draft as the paper draws it; several more widely, since the critics choose among them.

    Both with a cut of the vocabulary.
    """
    temperature, top_p = (0.7, 0.9) if drafts == 1 else (0.85, 0.95)
    return Decoding(temperature, top_p, top_k=50, max_tokens=max_tokens)


def finished(drawn: Sequence[Continuation]) -> list[str]:
    """The texts that came to their end, on one line each."""
    return [" ".join(one.text.split()) for one in drawn if one.ended]


def open_student_tokens(folder: Path, kind: Kind) -> Tokens:
    """The tokens of a student, which reads its prompts as in training. Raises ModelError."""

    def read(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
        return prompt_ids(tokenizer, text, kind == "causal")

    return open_tokens(str(folder), read, kind == "seq2seq")


def open_sampler(
    folder: Path, tokens: Tokens, execution: Execution, backend: Backend | None = None
) -> Sampler:
    """A student on a backend, without one on that of `suited`. Raises ModelError."""
    backend = backend or suited(folder, tokens.seq2seq, execution)
    settings = Teacher(
        backend=backend,
        model=str(folder),
        compute_type="float32" if backend == "transformers" else "int8",
    )
    return open_teacher(settings, execution, tokens)


def suited(folder: Path, seq2seq: bool, execution: Execution) -> Backend:
    """CTranslate2 on CPU, since it is the fastest; transformers elsewhere and for families it cannot convert.

    Where a processor cuts sums of 8-bit products off, CTranslate2 computes in float32, and the tree, in int8
    of 7 bit, is faster for the families that it knows.
    """
    if execution.device != "cpu":
        return "transformers"
    spoilt = not seq2seq and not exact_int8()
    if spoilt and AutoConfig.from_pretrained(folder).model_type in ARCHITECTURES:
        return "tree"
    try:
        converted(str(folder), "int8")
    except ModelError:
        return "transformers"
    return "ctranslate2"
