"""What all prompts of a batch begin with, such as a chat template's, goes through the model once."""

import functools
from typing import Any

from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

ARCHITECTURES = ("llama", "mistral", "qwen2", "qwen3")
_WORTH_IT = 4  # tokens


def share_beginnings(model: PreTrainedModel) -> None:
    """Make a causal model's `forward` compute the tokens that all rows begin with for one row only.

    Under a causal mask they see nothing of what follows, so all rows have the same keys and values there;
    gradients of all rows come together in them. Loss and gradients are those of whole rows but for rounding.
    Rows are padded at their ends, and `logits_to_keep` is a number.
    """
    whole = model.forward

    @functools.wraps(whole)  # not a hook: peft calls `forward` itself
    def forward(**given: Any) -> Any:
        ids: Tensor = given["input_ids"]
        n = min(_alike(ids, given["attention_mask"]), ids.shape[1] - given["logits_to_keep"])
        if len(ids) < 2 or n < _WORTH_IT:
            return whole(**given)
        cache = DynamicCache(config=model.config)
        model.base_model(input_ids=ids[:1, :n], past_key_values=cache, use_cache=True)
        cache.batch_repeat_interleave(len(ids))
        return whole(**{**given, "input_ids": ids[:, n:], "past_key_values": cache})

    model.forward = forward


def _alike(ids: Tensor, mask: Tensor) -> int:
    """How many tokens all rows (batch, tokens) have in common at their beginning."""
    same = (ids == ids[:1]).all(0) & mask.bool().all(0)
    return int(same.int().cumprod(0).sum())
