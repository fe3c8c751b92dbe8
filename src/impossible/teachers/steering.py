"""Steer restatements: favour words of the prompt that are not said yet, and forbid long copies of it."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..text.function_words import content_words
from .base import Decoding
from .tokens import Tokens


class Steering:
    """Changes the logits of a prompt's continuations as `Decoding.bonus` and `Decoding.copied` say."""

    def __init__(self, tokens: Tokens, prompt: str, decoding: Decoding):
        self._bonus, self._copied = decoding.bonus, decoding.copied
        words = [tokens.continuation(f" {word}") for word in content_words(prompt)] if self._bonus else []
        self._favoured = torch.tensor(sorted({token for ids in words for token in ids}), dtype=torch.long)
        self._next: dict[tuple[int, ...], list[int]] = {}
        if self._copied:
            ids, n = tokens.continuation(f" {prompt}"), self._copied
            for i in range(len(ids) - n):
                self._next.setdefault(tuple(ids[i : i + n]), []).append(ids[i + n])

    def __bool__(self) -> bool:
        return bool(self._next) or len(self._favoured) > 0

    def apply(self, logits: Tensor, drawn: Sequence[Sequence[int]]) -> None:
        """Change the logits, (rows, vocabulary), of continuations that have drawn these tokens so far."""
        if len(self._favoured):
            favoured = self._favoured.to(logits.device)
            said = torch.zeros_like(logits, dtype=torch.bool)
            for row, ids in enumerate(drawn):
                said[row, list(ids)] = True
            logits[:, favoured] += self._bonus * ~said[:, favoured]
        for row, ids in enumerate(drawn):
            logits[row, self._next.get(tuple(ids[-self._copied :]), [])] = -torch.inf
