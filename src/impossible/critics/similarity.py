"""Similarity: cosine of sentence embeddings, from any Hugging Face encoder."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch.nn import functional as F
from transformers import AutoModel, AutoTokenizer

from ..errors import ModelError
from ..models.threads import single_threads
from .base import Compare
from .distinct import distinct

# Constants, since the chunk size changes the last bits of an embedding.
_CHUNK = 32
_MAX_TOKENS = 128
_PAIRS = 65_536  # pairs compared at once, to bound memory


class Similarity:
    """Cosine of two sentence embeddings (Reimers and Gurevych 2019), -1 to 1.

    `folder` contains an encoder in safetensors and its tokenizer. Raises ModelError if it cannot be loaded.
    """

    def __init__(self, folder: Path, device: str = "cpu", threads: int = 0):
        self._first_token = _pooling(folder) == "cls_token"
        self._device = torch.device(device)
        self._threads = threads if self._device.type == "cpu" else 1
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
            model = AutoModel.from_pretrained(
                folder,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                dtype=torch.float32,
            )
        except (OSError, ValueError, SafetensorError) as error:
            reason = str(error).partition("\n")[0]
            raise ModelError(
                f"no usable encoder in {folder}: {reason}; give a Hugging Face folder"
            ) from error
        self._model = model.to(self._device).eval()

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """Cosines, (n,). Raises DataError if the two lists differ in length."""
        sentences, s, t = distinct(sources, targets)
        return self.read(sentences)(s, t)

    def read(self, sentences: Sequence[str]) -> Compare:
        """See Reader."""
        vectors = self.embed(sentences)

        def compare(s: NDArray[np.intp], t: NDArray[np.intp]) -> NDArray[np.float32]:
            scores = np.empty(len(s), np.float32)
            for i in range(0, len(s), _PAIRS):
                part = slice(i, i + _PAIRS)
                np.einsum("nd,nd->n", vectors[s[part]], vectors[t[part]], out=scores[part])
            return scores

        return compare

    def embed(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Unit-length embeddings, (n, d). The last bits may depend on the other sentences (padding)."""
        vectors = np.empty((len(sentences), self._model.config.hidden_size), np.float32)
        if not sentences:
            return vectors
        tokens = self._tokenizer(list(sentences), truncation=True, max_length=_MAX_TOKENS)["input_ids"]
        # sort by length, so that a chunk has little padding
        order = np.argsort([len(ids) for ids in tokens], kind="stable")
        chunks = [order[i : i + _CHUNK] for i in range(0, len(order), _CHUNK)]
        with single_threads(self._threads) as pool:
            pooled = pool.map(lambda rows: self._pooled([tokens[row] for row in rows]), chunks)
            for rows, chunk_vectors in zip(chunks, pooled, strict=True):
                vectors[rows] = chunk_vectors
        return vectors

    @torch.inference_mode()
    def _pooled(self, tokens: list[list[int]]) -> NDArray[np.float32]:
        batch = self._tokenizer.pad({"input_ids": tokens}, return_tensors="pt").to(self._device)
        states = self._model(**batch).last_hidden_state
        if self._first_token:
            pooled = states[:, 0]
        else:
            mask = batch["attention_mask"].unsqueeze(-1).to(states.dtype)
            pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1)
        vectors: NDArray[np.float32] = F.normalize(pooled, dim=-1).cpu().numpy()
        return vectors


def _pooling(folder: Path) -> str:
    """`mean_tokens` or `cls_token`, from sentence-transformers' 1_Pooling/config.json; default: the mean."""
    path = folder / "1_Pooling" / "config.json"
    if not path.exists():
        return "mean_tokens"
    try:
        config = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ModelError(f"{path} is not JSON: {error}") from error
    prefix = "pooling_mode_"
    modes = [str(key).removeprefix(prefix) for key, on in config.items() if on is True and prefix in key]
    if modes not in (["mean_tokens"], ["cls_token"]):
        raise ModelError(f"{path}: pooling by {modes} is not supported, only by mean_tokens or cls_token")
    return modes[0]
