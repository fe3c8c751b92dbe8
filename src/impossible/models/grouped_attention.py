"""Attention for training on CPU in short rows: no repeated keys, few passes over the scores.

For a few dozen tokens the backward pass of torch's fused kernel takes four times as long as plain products.
transformers' eager attention copies keys and values for every head that shares them, and passes over the
scores once each for scale, mask and softmax. The products are the same here.
"""

from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedConfig
from transformers.masking_utils import eager_mask

# Llama-like decoders: their logits are those of the head alone, their attention that of the function below
ARCHITECTURES = ("llama", "mistral", "qwen2", "qwen3")
NAME = "impossible_grouped"
_SHORT = 256  # tokens; memory for scores is quadratic in them


def attention_for_training(config: PreTrainedConfig, max_tokens: int) -> str | None:
    """Return the fastest attention for a model's training in rows of `max_tokens`; None: its own."""
    if max_tokens > _SHORT or torch.accelerator.is_available():
        return None
    return NAME if config.model_type in ARCHITECTURES else "eager"


def _attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attend: query (batch, heads, tokens, size), key and value (batch, key heads, all tokens, size)
    → (batch, tokens, heads, size)."""
    batch, heads, tokens, size = query.shape
    shared, length = key.shape[1:3]
    scale = size**-0.5 if scaling is None else scaling
    # heads that share keys are rows of one product
    rows = query.reshape(batch * shared, heads // shared * tokens, size)
    scores = _Scores.apply(rows, key.reshape(batch * shared, length, size), attention_mask, scale, batch)  # type: ignore[no-untyped-call]
    weights = torch.nn.functional.dropout(scores, dropout, module.training) if dropout else scores
    mixed = torch.bmm(weights, value.reshape(batch * shared, length, size))
    return mixed.view(batch, heads, tokens, size).transpose(1, 2).contiguous(), None


class _Scores(torch.autograd.Function):
    """softmax(scale · q·kᵀ + mask), of q (batch · key heads, rows, size) and k (batch · key heads, n, size)
    → (batch · key heads, rows, n)."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, mask: Tensor | None, scale: float, batch: int) -> Tensor:
        scores = torch.bmm(q, k.transpose(1, 2)).mul_(scale)
        if mask is not None:  # (batch or 1, 1, tokens, n)
            scores.view(batch, -1, mask.shape[-2], k.shape[1]).add_(mask[..., : k.shape[1]])
        weights = torch.softmax(scores, -1, dtype=torch.float32).to(q.dtype)
        ctx.save_for_backward(q, k, weights)
        ctx.scale = scale
        return weights

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        q, k, weights = ctx.saved_tensors
        d = torch._softmax_backward_data(gradients[0], weights, -1, weights.dtype).mul_(ctx.scale)
        return torch.bmm(d, k), torch.bmm(d.transpose(1, 2), q), None, None, None


AttentionInterface.register(NAME, _attention)
AttentionMaskInterface.register(NAME, eager_mask)
