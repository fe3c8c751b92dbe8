"""Compute the common prefix of a batch's prompts, such as a chat template, only once."""

import functools
from typing import Any

from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

_MIN_PREFIX = 4  # tokens; below it sharing costs more than it saves


def share_common_prefix(model: PreTrainedModel) -> None:
    """Make a causal model's `forward` compute the common prefix of all rows for one row only.

    Under a causal mask the prefix is independent of what follows, so all rows have the same keys and values
    there, and the gradients of all rows add up in them. Loss and gradients equal those of full rows up to
    rounding. Requires padding on the right and an integer `logits_to_keep`.
    """
    full_forward = model.forward

    @functools.wraps(full_forward)  # not a hook: peft calls `forward` itself
    def forward(**inputs: Any) -> Any:
        ids: Tensor = inputs["input_ids"]
        n = min(_common_prefix_length(ids, inputs["attention_mask"]), ids.shape[1] - inputs["logits_to_keep"])
        if len(ids) < 2 or n < _MIN_PREFIX:
            return full_forward(**inputs)
        cache = DynamicCache(config=model.config)
        model.base_model(input_ids=ids[:1, :n], past_key_values=cache, use_cache=True)
        cache.batch_repeat_interleave(len(ids))
        return full_forward(**{**inputs, "input_ids": ids[:, n:], "past_key_values": cache})

    model.forward = forward


def _common_prefix_length(ids: Tensor, mask: Tensor) -> int:
    """Return the length of the common prefix of all rows (batch, tokens)."""
    same = (ids == ids[:1]).all(0) & mask.bool().all(0)
    return int(same.int().cumprod(0).sum())
