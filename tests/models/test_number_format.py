"""What is fast is asked of the machine, and said of it in names that torch knows."""

import pytest
import torch

from impossible.models.number_format import fastest


@pytest.mark.parametrize(("answers", "said"), [(True, "bfloat16"), (False, "float32")])
def test_a_gpu_without_the_instructions_computes_in_float32(
    monkeypatch: pytest.MonkeyPatch, answers: bool, said: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: answers)
    assert fastest("cuda") == said and getattr(torch, said).is_floating_point


def test_without_a_gpu_the_processor_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: None)
    assert fastest() == fastest("cpu")
    has = torch.cpu.get_capabilities()
    if has["architecture"] == "x86_64" and not has["amx_bf16"]:
        assert fastest() == "float32"
