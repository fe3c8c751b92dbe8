"""Fused adapters, attention of short rows and freed memory, against what they replace."""

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from impossible.models.fused_adapters import fuse_adapters
from impossible.models.grouped_attention import attention_for_training
from tests.students import models

IDS = torch.tensor([[5, 6, 7, 8, 9, 10], [5, 6, 11, 12, 0, 0]])


def adapted(base: Path, attention: str, dropout: float = 0.0) -> Any:
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_pretrained(base, attn_implementation=attention)
    model = get_peft_model(
        model, LoraConfig(task_type="CAUSAL_LM", r=4, target_modules="all-linear", lora_dropout=dropout)
    )
    for name, weight in model.named_parameters():
        if "lora_B" in name:  # zero at first, which would hide the gradient of A
            torch.nn.init.normal_(weight, std=0.3)
    return model


def gradients(model: Any) -> tuple[float, dict[str, torch.Tensor]]:
    mask = (IDS != 0).int()
    loss = model(input_ids=IDS, attention_mask=mask, labels=IDS.masked_fill(mask == 0, -100)).loss
    loss.backward()
    return loss.item(), {n: p.grad for n, p in model.named_parameters() if p.grad is not None}


def same(ours: Any, theirs: Any) -> None:
    (loss, grads), (usual_loss, usual) = gradients(ours), gradients(theirs)
    assert loss == pytest.approx(usual_loss, rel=1e-5) and grads.keys() == usual.keys() and len(grads) > 10
    for name, gradient in usual.items():
        assert gradient.abs().max() > 0
        torch.testing.assert_close(grads[name], gradient, rtol=1e-4, atol=1e-6)


def test_fused_adapters_and_attention_give_the_usual_loss_and_gradients(tmp_path: Path) -> None:
    base = models.llama(tmp_path)
    ours = attention_for_training(AutoModelForCausalLM.from_pretrained(base).config, 192)
    assert ours not in (None, "eager") or torch.accelerator.is_available()
    fused = fuse_adapters(adapted(base, ours or "sdpa"))
    usual = {type(m).forward for m in fused.modules() if hasattr(m, "lora_A")}
    assert all(
        getattr(m.forward, "__func__", None) not in usual for m in fused.modules() if hasattr(m, "lora_A")
    )
    same(fused, adapted(base, "eager"))


def test_other_adapters_are_left_alone(tmp_path: Path) -> None:
    model = adapted(models.llama(tmp_path), "eager", dropout=0.1)
    before = [m.forward for m in model.modules() if hasattr(m, "lora_A")]
    fuse_adapters(model)
    assert before == [m.forward for m in model.modules() if hasattr(m, "lora_A")]


def test_fused_adapters_in_bfloat16_are_as_near_as_the_usual_ones(tmp_path: Path) -> None:
    exact = adapted(models.llama(tmp_path), "eager")
    usual = copy.deepcopy(exact)
    for name, weight in usual.named_parameters():
        if "lora" not in name:
            weight.data = weight.data.bfloat16()
    fused = fuse_adapters(copy.deepcopy(usual))
    _, wanted = gradients(exact)
    off = []
    for model in (usual, fused):
        with torch.autocast("cpu", torch.bfloat16):
            _, found = gradients(model)
        assert {g.dtype for g in found.values()} == {torch.float32}
        off.append(sum(float((found[n] - g).norm() / g.norm()) for n, g in wanted.items()) / len(wanted))
    assert off[0] > 0 and off[1] < 1.3 * off[0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc has the setting")
def test_freed_memory_is_not_mapped_anew() -> None:
    code = """
import resource, torch
from impossible.models.memory import keep_freed_memory
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(12):
        torch.ones(1_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
usual = faults()
keep_freed_memory()
faults()
print(usual, faults())
"""
    usual, kept = map(int, subprocess.check_output([sys.executable, "-c", code], text=True).split())
    assert kept < usual / 4
