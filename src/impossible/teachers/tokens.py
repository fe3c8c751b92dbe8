"""Wrap a model's tokenizer for samplers: prompts, continuations and end tokens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from ..errors import ModelError, first_line
from ..models.locate import locate


def _plain(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    return list(tokenizer(text)["input_ids"])


@dataclass(frozen=True, slots=True)
class Tokens:
    """Converts text to token ids and back.

    `read` encodes a prompt in the form that the model was trained on. With `seq2seq` an encoder
    reads the prompt.
    """

    tokenizer: PreTrainedTokenizerBase
    read: Callable[[PreTrainedTokenizerBase, str], list[int]] = _plain
    seq2seq: bool = False

    def prompt(self, text: str) -> list[int]:
        """Return the token ids of a prompt."""
        return self.read(self.tokenizer, text)

    def continuation(self, text: str) -> list[int]:
        """Return the token ids of a continuation, without an end token."""
        if not self.seq2seq:
            return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])
        ids = list(self.tokenizer(text_target=text)["input_ids"])
        return ids[:-1] if ids[-1:] == [self.tokenizer.eos_token_id] else ids

    def vocabulary_entries(self, ids: Sequence[int]) -> list[str]:
        """Return the vocabulary entries of token ids."""
        return list(self.tokenizer.convert_ids_to_tokens(list(ids)))

    def text(self, ids: Sequence[int]) -> str:
        """Decode token ids, without special tokens."""
        return str(self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def ends(self, sentences: int) -> set[int]:
        """Return the tokens that end a continuation: any special token if it stops by sentence, else EOS."""
        special = cast(list[int], self.tokenizer.all_special_ids)
        return set(special) if sentences else {cast(int, self.tokenizer.eos_token_id)}


def open_tokens(
    model: str, read: Callable[[PreTrainedTokenizerBase, str], list[int]] = _plain, seq2seq: bool = False
) -> Tokens:
    """Open the tokenizer of a model by hub id, folder or `embedded:` name. Raises ModelError."""
    try:
        return Tokens(AutoTokenizer.from_pretrained(locate(model), trust_remote_code=False), read, seq2seq)
    except (OSError, ValueError, ImportError) as error:
        reason = first_line(error)
        raise ModelError(f"the tokenizer of {model} cannot be loaded: {reason}") from error
