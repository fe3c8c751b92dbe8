"""A beginning that is computed once, against whole rows."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from impossible.models import grouped_attention
from impossible.students.prefix_cache import share_common_prefix
from tests.students import models

ROW = [5, 6, 7, 8, 9, 10, 11]
ENDS = [ROW, [*ROW[:5], 12, 13], [*ROW[:6], 0]]
# rows, how many logits are asked for, how many tokens of all rows are left for the layers
BATCHES = {
    "only their ends differ": (ENDS, 3, 4 + 3 * 3),
    "the same, but the targets need their logits": ([ROW, ROW], 2, 5 + 2 * 2),
    "they begin otherwise": ([ROW, ROW[::-1]], 3, 2 * 7),
    "one row": ([ROW], 3, 7),
}


def loss_of(model: Any, rows: list[list[int]], kept: int) -> tuple[float, list[torch.Tensor], int]:
    """The loss, all gradients, and how many tokens the layers were given."""
    ids = torch.tensor(rows)
    mask = (ids != 0).int()
    labels = ids.masked_fill(mask == 0, -100)[:, -kept:]
    seen: list[int] = []
    watch = model.model.layers[0].register_forward_pre_hook(
        lambda _, given: seen.append(given[0][..., 0].numel())
    )
    model.zero_grad()
    loss = model(input_ids=ids, attention_mask=mask, labels=labels, logits_to_keep=kept).loss
    loss.backward()
    watch.remove()
    return loss.item(), [p.grad.clone() for p in model.parameters() if p.grad is not None], sum(seen)


@pytest.mark.parametrize("attention", ["eager", "sdpa", grouped_attention.NAME])
@pytest.mark.parametrize("name", BATCHES)
def test_loss_and_gradients_are_those_of_whole_rows(tmp_path: Path, name: str, attention: str) -> None:
    base = models.llama(tmp_path / "base")
    model = AutoModelForCausalLM.from_pretrained(base, attn_implementation=attention)
    rows, kept, left = BATCHES[name]
    whole, gradients, _ = loss_of(model, rows, kept)
    share_common_prefix(model)
    shared, others, tokens = loss_of(model, rows, kept)
    assert shared == pytest.approx(whole, rel=1e-5) and tokens == left
    assert len(others) == len(gradients) > 10
    for a, b in zip(gradients, others, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)
