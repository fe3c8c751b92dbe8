"""A Llama-like classifier on CPU: of texts that begin alike, the beginning is computed once."""

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
# Distinct tokens computed at once: enough for the products, few enough for the caches.
_NODES = 512
TokenIds = list[int]  # the tokens of a text


@dataclass(frozen=True, slots=True)
class _Trie:
    """Texts as paths through the distinct prefixes of them all, which are its nodes.

    `ids` (nodes,) are their last tokens, `positions` (nodes,) how far in. `paths` (texts, longest) has the
    nodes of each text, padded with any; `places` (nodes,) where in it, read as one row, a node first stands;
    `ends` (texts,) are the last nodes.
    """

    ids: Tensor
    positions: Tensor
    paths: Tensor
    places: Tensor
    ends: Tensor


class PackedClassifier:
    """`model` is a sequence classifier of one of ARCHITECTURES; for `compute_type` see Decoder."""

    def __init__(self, model: Any, compute_type: str, threads: int):
        with torch.inference_mode():
            self._decoder = Decoder(model, compute_type)
        self._score = model.score.weight.detach()
        self._threads = threads

    def logits(self, texts: Sequence[TokenIds]) -> NDArray[np.float32]:
        """Texts → their logits, (n, labels)."""
        order = sorted(range(len(texts)), key=lambda i: texts[i])  # those that begin alike are neighbours
        found = np.empty((len(texts), len(self._score)), np.float32)
        parts = _parts([texts[i] for i in order])
        with single_threads(self._threads) as pool:
            found[order] = np.concatenate(list(pool.map(self._part, parts)))
        return found

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
    """Sorted texts, cut where a part has _NODES distinct prefixes."""
    parts: list[list[TokenIds]] = [[]]
    nodes, before = 0, TokenIds()
    for text in texts:
        new = len(text) - _alike(before, text)
        if parts[-1] and nodes + new > _NODES:
            parts.append([])
            nodes, new = 0, len(text)
        parts[-1].append(text)
        nodes, before = nodes + new, text
    return parts


def _trie(texts: Sequence[TokenIds]) -> _Trie:
    """Sorted texts as a trie."""
    width = max(map(len, texts))
    paths = np.zeros((len(texts), width), np.int64)
    ids: list[int] = []
    places: list[int] = []
    before = TokenIds()
    for row, text in enumerate(texts):
        same = _alike(before, text)
        paths[row, :same] = paths[row - 1, :same]
        paths[row, same : len(text)] = np.arange(len(ids), len(ids) + len(text) - same)
        ids += text[same:]
        places += range(row * width + same, row * width + len(text))
        before = text
    ends = paths[np.arange(len(texts)), [len(text) - 1 for text in texts]]
    at = torch.tensor(places)
    return _Trie(torch.tensor(ids), at % width, torch.tensor(paths), at, torch.tensor(ends))


def _alike(a: TokenIds, b: TokenIds) -> int:
    """How many tokens two texts have in common at their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))
