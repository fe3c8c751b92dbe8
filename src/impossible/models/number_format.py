"""Number formats: which ones this machine multiplies fast and exactly."""

import functools
from typing import Literal

import torch
from torch import Tensor


def fastest(device: str | None = None) -> Literal["bfloat16", "float32"]:
    """bfloat16 if the processor or accelerator multiplies faster in it, else float32.

    `device` is a torch device type (cpu, cuda, mps); default: the one that transformers trains on. On x86,
    bfloat16 pays only with AMX: the instructions of AVX-512 alone reach half the rate of float32, and a
    processor with neither a tenth.
    """
    if device is None:
        accelerator = torch.accelerator.current_accelerator(check_available=True)
        device = "cpu" if accelerator is None else accelerator.type
    if device == "cpu":
        has = torch.cpu.get_capabilities()
        amx = has["architecture"] != "x86_64" or has["amx_bf16"]
        supported = amx and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    else:
        supported = device != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False)
    return "bfloat16" if supported else "float32"


@functools.cache
def exact_int8() -> bool:
    """Whether this processor sums 8-bit products exactly.

    x86 without VNNI adds pairs of products in 16 bits, which saturate at 32,767: 255 · 127 · 2 overflows,
    255 · 63 · 2 does not.
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
    """Multiply 8-bit x, (rows, in), by prepacked int8 weights → (rows, out), float32.

    `zero` is the zero point of x; `scale` has one scale per output.
    """
    zeros = torch.zeros(len(scale), dtype=torch.int64)
    y: Tensor = torch.ops.onednn.qlinear_pointwise(
        x, 1.0, zero, weights, scale, zeros, None, 1.0, 0, torch.float32, "none", [], ""
    )
    return y
