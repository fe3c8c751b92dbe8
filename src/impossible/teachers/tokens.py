"""A model's tokenizer as samplers use it."""

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
    """Text to tokens and back. `read` gives a prompt's, as the model was trained to read it; `seq2seq`: an
    encoder reads the prompt.
    """

    tokenizer: PreTrainedTokenizerBase
    read: Callable[[PreTrainedTokenizerBase, str], list[int]] = _plain
    seq2seq: bool = False

    def prompt(self, text: str) -> list[int]:
        """The tokens of a prompt."""
        return self.read(self.tokenizer, text)

    def continuation(self, text: str) -> list[int]:
        """The tokens of what follows a prompt, without an end token."""
        if not self.seq2seq:
            return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])
        ids = list(self.tokenizer(text_target=text)["input_ids"])
        return ids[:-1] if ids[-1:] == [self.tokenizer.eos_token_id] else ids

    def spelt(self, ids: Sequence[int]) -> list[str]:
        """The entries of the vocabulary."""
        return list(self.tokenizer.convert_ids_to_tokens(list(ids)))

    def text(self, ids: Sequence[int]) -> str:
        """What tokens say."""
        return str(self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def ends(self, sentences: int) -> set[int]:
        """The tokens that end a continuation: of sentences any special one, else the end token."""
        special = cast(list[int], self.tokenizer.all_special_ids)
        return set(special) if sentences else {cast(int, self.tokenizer.eos_token_id)}


def open_tokens(
    model: str, read: Callable[[PreTrainedTokenizerBase, str], list[int]] = _plain, seq2seq: bool = False
) -> Tokens:
    """The tokens of a model, by hub id, folder or `embedded:` name. Raises ModelError."""
    try:
        return Tokens(AutoTokenizer.from_pretrained(locate(model)), read, seq2seq)
    except (OSError, ValueError, ImportError) as error:
        reason = first_line(error)
        raise ModelError(f"the tokenizer of {model} cannot be loaded: {reason}") from error
