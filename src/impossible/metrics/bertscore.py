"""BERTScore with any encoder: greedy matching of contextual token embeddings."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from torch.nn import functional as F
from transformers import AutoModel, AutoTokenizer

from ..critics.distinct import distinct
from ..errors import ModelError
from .statistics import Float64s

# Constants, since padding changes the last bits of a score.
_PAIRS, _CHUNK = 256, 32
_MAX_TOKENS = 256


class BertScore:
    """BERTScore F1 (Zhang et al. 2020) without idf weights or rescaling.

    P is the mean over the output's tokens of the highest cosine to a token of the other text, R the same
    with the texts swapped, F1 = 2PR / (P + R). As in bert-score 0.3.13, special tokens ([CLS], [SEP]) can be
    matched but are left out of the means. `layer` is the encoder layer (1 is the first), None the last.
    Raises ModelError.
    """

    def __init__(self, folder: Path, layer: int | None = None, device: str = "cpu"):
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
            model = AutoModel.from_pretrained(
                folder, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
            )
        except (OSError, ValueError, SafetensorError) as error:
            reason = str(error).partition("\n")[0]
            raise ModelError(f"no usable encoder in {folder}: {reason}") from error
        layers = model.config.num_hidden_layers
        if layer is not None and not 1 <= layer <= layers:
            raise ModelError(f"layer {layer}: the encoder in {folder} has layers 1 to {layers}")
        self._layer = layers if layer is None else layer
        self._model = model.to(device).eval()
        self._max_tokens = min(_MAX_TOKENS, model.config.max_position_embeddings)

    def score(self, outputs: Sequence[str], others: Sequence[str]) -> Float64s:
        """F1 of pairs, (n,); 0 where either text has no token. Raises DataError if lengths differ."""
        scores = np.empty(len(outputs))
        for i in range(0, len(outputs), _PAIRS):
            part = slice(i, i + _PAIRS)
            texts, o, t = distinct(outputs[part], others[part])
            tokens = self._embed(texts)
            scores[part] = [_f1(*tokens[a], *tokens[b]) for a, b in zip(o.tolist(), t.tolist(), strict=True)]
        return scores

    @torch.inference_mode()
    def _embed(self, texts: Sequence[str]) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Each text's unit-length token embeddings, (tokens, d), and which are not special, (tokens,)."""
        encoded = [
            self._tokenizer(
                text.strip(), truncation=True, max_length=self._max_tokens, return_special_tokens_mask=True
            )
            for text in texts
        ]
        embedded: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        order = sorted(range(len(texts)), key=lambda i: len(encoded[i]["input_ids"]))
        for i in range(0, len(order), _CHUNK):
            rows = order[i : i + _CHUNK]
            ids = [{"input_ids": encoded[row]["input_ids"] or [self._padding()]} for row in rows]
            batch = self._tokenizer.pad(ids, return_tensors="pt").to(self._model.device)
            states = F.normalize(
                self._model(**batch, output_hidden_states=True).hidden_states[self._layer], dim=-1
            )
            for row, state in zip(rows, states.cpu(), strict=True):
                counts = ~torch.tensor(encoded[row]["special_tokens_mask"], dtype=torch.bool)
                embedded[row] = state[: len(counts)], counts
        return [embedded[row] for row in range(len(texts))]

    def _padding(self) -> int:
        return int(self._tokenizer.pad_token_id)


def _f1(a: torch.Tensor, a_counts: torch.Tensor, b: torch.Tensor, b_counts: torch.Tensor) -> float:
    if not a_counts.any() or not b_counts.any():
        return 0.0
    cosines = a @ b.T
    precision = float(cosines.amax(dim=1)[a_counts].mean())
    recall = float(cosines.amax(dim=0)[b_counts].mean())
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0
