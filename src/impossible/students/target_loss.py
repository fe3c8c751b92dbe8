"""The loss of a causal model with a frozen head, at target tokens only, without keeping any logits.

The logits of a batch of 500 target tokens and a vocabulary of 49,000 take 100 MB, which the usual loss passes
over six times.
"""

import functools
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

_IGNORED = -100
_ROWS = 128  # logits that exist at a time: 25 MB for 49,000 tokens, which a processor's cache holds in part


def loss_at_targets(model: PreTrainedModel) -> None:
    """Make `forward` return the loss only, of batches with labels; it and its gradient equal the usual ones.

    The model's architecture must compute its logits by its head alone. A head that is trained, or has a bias,
    is used as before.
    """
    full_forward = model.forward

    @functools.wraps(full_forward)
    def forward(
        labels: Tensor | None = None,
        logits_to_keep: int = 0,
        num_items_in_batch: Tensor | int | None = None,
        **inputs: Any,
    ) -> Any:
        head = model.get_output_embeddings()
        if labels is None or head.bias is not None or head.weight.requires_grad:
            named = {"labels": labels, "num_items_in_batch": num_items_in_batch}
            return full_forward(**inputs, logits_to_keep=logits_to_keep, **named)
        hidden = model.base_model(**inputs).last_hidden_state[:, -labels.shape[1] :]
        targets = labels[:, 1:]  # each token predicts the next
        at = targets != _IGNORED
        total = _HeadLoss.apply(hidden[:, :-1][at], head.weight, targets[at])  # type: ignore[no-untyped-call]
        return CausalLMOutput(loss=total / (at.sum() if num_items_in_batch is None else num_items_in_batch))

    model.forward = forward


class _HeadLoss(torch.autograd.Function):
    """Sum of -log softmax(hidden · Wᵀ)[target]; hidden (n, size), W (vocabulary, size), targets (n,)."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        total = hidden.new_zeros((), dtype=torch.float32)
        gradient = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        for start in range(0, len(hidden), _ROWS):
            part = slice(start, start + _ROWS)
            logits = hidden[part].to(weight.dtype) @ weight.t()
            log_p = logits.log_softmax(-1, dtype=torch.float32)
            wanted = targets[part, None]
            total -= log_p.gather(1, wanted).sum()
            if gradient is not None:
                p = log_p.exp_()
                p.scatter_add_(1, wanted, torch.full_like(wanted, -1, dtype=p.dtype))
                gradient[part] = p.to(weight.dtype) @ weight
        ctx.gradient = gradient
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return gradients[0].to(ctx.gradient.dtype) * ctx.gradient, None, None
