"""The number format in which a machine multiplies fastest."""

from typing import Literal

import torch


def fastest(device: str | None = None) -> Literal["bfloat16", "float32"]:
    """bfloat16 where the processor or the accelerator multiplies it, else float32.

    `device` is a type as torch names it (cpu, cuda, mps); left out, what transformers trains on. A processor
    without the instructions takes ten times as long and more in bfloat16.
    """
    if device is None:
        found = torch.accelerator.current_accelerator(check_available=True)
        device = "cpu" if found is None else found.type
    if device == "cpu":
        has = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    else:
        has = device != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False)
    return "bfloat16" if has else "float32"
