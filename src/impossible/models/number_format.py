"""The number formats in which a machine multiplies fast, and right."""

import functools
from typing import Literal

import torch
from torch import Tensor


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


@functools.cache
def exact_int8() -> bool:
    """Whether this processor adds up products of 8 bit exactly.

    x86 without VNNI adds them by twos in 16 bits, cut off at 32,767: 255 · 127 · 2 is too much for that,
    255 · 63 · 2 is not.
    """
    size = 64
    try:
        weights = torch.ops.onednn.qlinear_prepack(torch.full((size, size), 127, dtype=torch.int8), None)
        largest = torch.full((1, size), 255, dtype=torch.uint8)
        sums = int8_product(largest, 0, weights, torch.ones(size))
    except (AttributeError, RuntimeError):  # a torch without these kernels, as on ARM
        return True
    return bool((sums == 255 * 127 * size).all())


def int8_product(x: Tensor, zero: int, weights: Tensor, scale: Tensor) -> Tensor:
    """(rows, in) of 8 bit, `zero` for 0, times prepacked int8 weights with a scale per output → (rows, out),
    float32.
    """
    zeros = torch.zeros(len(scale), dtype=torch.int64)
    y: Tensor = torch.ops.onednn.qlinear_pointwise(
        x, 1.0, zero, weights, scale, zeros, None, 1.0, 0, torch.float32, "none", [], ""
    )
    return y
