"""A Llama-like classifier on CPU that computes a prefix shared by several texts once."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from .llama import Decoder
from .threads import single_threads

ARCHITECTURES = ("llama", "mistral", "qwen2")
# Trie nodes computed at once: enough for efficient products, few enough for the processor caches.
_NODES = 512
TokenIds = list[int]  # the tokens of a text


@dataclass(frozen=True, slots=True)
class _Trie:
    """A trie of texts: its nodes are their distinct prefixes, each text is a path.

    `ids` (nodes,): the last token of each prefix. `positions` (nodes,): the index of that token in its text.
    `paths` (texts, longest): the nodes of each text, padded with arbitrary ones. `places` (nodes,): the
    index of each node's first occurrence in the flattened `paths`. `ends` (texts,): the last nodes.
    """

    ids: Tensor
    positions: Tensor
    paths: Tensor
    places: Tensor
    ends: Tensor


class PackedClassifier:
    """Runs `model`, a sequence classifier of one of ARCHITECTURES; for `compute_type` see Decoder."""

    def __init__(self, model: Any, compute_type: str, threads: int):
        with torch.inference_mode():
            self._decoder = Decoder(model, compute_type)
        self._score = model.score.weight.detach()
        self._threads = threads

    def logits(self, texts: Sequence[TokenIds]) -> NDArray[np.float32]:
        """The logits of each text, (n, labels)."""
        order = sorted(
            range(len(texts)), key=lambda i: texts[i]
        )  # texts with a common prefix become neighbours
        logits = np.empty((len(texts), len(self._score)), np.float32)
        parts = _parts([texts[i] for i in order])
        with single_threads(self._threads) as pool:
            logits[order] = np.concatenate(list(pool.map(self._part, parts)))
        return logits

    @torch.inference_mode()
    def _part(self, texts: Sequence[TokenIds]) -> NDArray[np.float32]:
        trie = _trie(texts)

        def attend(_: int, *qkv: Tensor) -> Tensor:
            # padding comes last, so a causal mask hides it
            q, k, v = (x[trie.paths].transpose(1, 2) for x in qkv)
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
            return y.transpose(1, 2).flatten(0, 1)[trie.places]

        hidden = self._decoder.run(trie.ids, trie.positions, attend)
        logits: NDArray[np.float32] = F.linear(hidden[trie.ends], self._score).numpy()
        return logits


def _parts(texts: Sequence[TokenIds]) -> list[list[TokenIds]]:
    """Split sorted texts into parts of at most _NODES distinct prefixes."""
    parts: list[list[TokenIds]] = [[]]
    nodes, previous = 0, TokenIds()
    for text in texts:
        new = len(text) - _common_prefix(previous, text)
        if parts[-1] and nodes + new > _NODES:
            parts.append([])
            nodes, new = 0, len(text)
        parts[-1].append(text)
        nodes, previous = nodes + new, text
    return parts


def _trie(texts: Sequence[TokenIds]) -> _Trie:
    """Build a trie from sorted texts."""
    width = max(map(len, texts))
    paths = np.zeros((len(texts), width), np.int64)
    ids: list[int] = []
    places: list[int] = []
    previous = TokenIds()
    for row, text in enumerate(texts):
        shared = _common_prefix(previous, text)
        paths[row, :shared] = paths[row - 1, :shared]
        paths[row, shared : len(text)] = np.arange(len(ids), len(ids) + len(text) - shared)
        ids += text[shared:]
        places += range(row * width + shared, row * width + len(text))
        previous = text
    ends = paths[np.arange(len(texts)), [len(text) - 1 for text in texts]]
    flat_places = torch.tensor(places)
    return _Trie(torch.tensor(ids), flat_places % width, torch.tensor(paths), flat_places, torch.tensor(ends))


def _common_prefix(a: TokenIds, b: TokenIds) -> int:
    """The length of the common prefix of two texts, in tokens."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))
