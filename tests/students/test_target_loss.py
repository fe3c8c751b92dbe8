"""The loss at target tokens against the usual loss."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from impossible.students import target_loss
from tests.students import models

LABELS = torch.tensor([[-100, -100, 7, 8, 9], [-100, 6, 5, -100, -100]])
BATCH = {
    "input_ids": torch.tensor([[1, 2, 3, 7, 8, 9], [1, 2, 3, 6, 5, 0]]),
    "attention_mask": torch.tensor([[1] * 6, [1] * 5 + [0]]),
    "labels": LABELS,
    "logits_to_keep": 5,
}


@pytest.mark.parametrize("items", [None, 7])
@pytest.mark.parametrize("trained_head", [False, True])
def test_it_equals_the_usual_loss(
    tmp_path: Path, items: int | None, trained_head: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target_loss, "_ROWS", 2)  # several parts
    model = AutoModelForCausalLM.from_pretrained(models.llama(tmp_path))
    model.get_output_embeddings().weight.requires_grad_(trained_head)
    usual = model(**BATCH, num_items_in_batch=items)
    usual.loss.backward()
    wanted = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    target_loss.loss_at_targets(model)
    ours = model(**BATCH, num_items_in_batch=items)
    assert (ours.logits is None) is not trained_head
    ours.loss.backward()
    assert ours.loss.item() == pytest.approx(usual.loss.item(), rel=1e-5)
    for name, gradient in wanted.items():
        torch.testing.assert_close(dict(model.named_parameters())[name].grad, gradient, rtol=1e-4, atol=1e-6)
    with torch.no_grad():
        assert model(**BATCH, num_items_in_batch=items).loss.item() == pytest.approx(
            usual.loss.item(), rel=1e-5
        )
