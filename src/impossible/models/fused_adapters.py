"""LoRA without its extra passes: one autograd step per adapted linear map, sums added in place.

peft computes an adapted map as five operations, each of which writes a tensor as large as the output, and
autograd adds two gradients of the input in a third. The products are the same here; loss and gradients equal
peft's up to rounding.
"""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from peft import PeftModel


def fuse_adapters(model: "PeftModel") -> "PeftModel":
    """Make the adapted linear maps of a model compute forward and backward in one step each, and return it.

    Maps with dropout, more than one adapter, a trained base or another kind of adapter stay as they are.
    """
    from peft.tuners.lora import Linear

    for module in model.modules():
        if isinstance(module, Linear) and _plain(module):
            module.forward = _forward(module)  # type: ignore[method-assign]
    return model


def _plain(module: Any) -> bool:
    base = module.get_base_layer()
    return (
        len(module.active_adapters) == 1
        and type(base) is torch.nn.Linear
        and not base.weight.requires_grad
        and (base.bias is None or not base.bias.requires_grad)
        and not module.lora_variant
        and not any(module.lora_bias.values())
        and all(type(dropout) is torch.nn.Identity for dropout in module.lora_dropout.values())
    )


def _forward(module: Any) -> Any:
    [name] = module.active_adapters
    base, usual = module.get_base_layer(), module.forward
    a, b, scale = module.lora_A[name], module.lora_B[name], module.scaling[name]

    def forward(x: Tensor, *others: Any, **named: Any) -> Tensor:
        if module.disable_adapters or module.merged or others or named:
            result: Tensor = usual(x, *others, **named)
            return result
        y: Tensor = _Adapted.apply(x, base.weight, base.bias, a.weight, b.weight, scale)  # type: ignore[no-untyped-call]
        return y

    return forward


class _Adapted(torch.autograd.Function):
    """x·Wᵀ + bias + scale·(x·Aᵀ)·Bᵀ with W and bias frozen, in the number format of W."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, a: Tensor, b: Tensor, scale: float
    ) -> Tensor:
        rows = x.reshape(-1, x.shape[-1]).to(weight.dtype)
        low_a, low_b = a.to(weight.dtype), b.to(weight.dtype)
        inner = rows @ low_a.t()
        y = torch.nn.functional.linear(rows, weight, bias).addmm_(inner, low_b.t(), alpha=scale)
        ctx.save_for_backward(rows, inner, weight, low_a, low_b)
        ctx.scale, ctx.x_type, ctx.types = scale, x.dtype, (a.dtype, b.dtype)
        return y.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        rows, inner, weight, a, b = ctx.saved_tensors
        dy = gradients[0].reshape(-1, weight.shape[0])
        d_inner = (dy @ b).mul_(ctx.scale)
        da = (d_inner.t() @ rows).to(ctx.types[0])
        db = (dy.t() @ inner).to(ctx.types[1]).mul_(ctx.scale)
        dx = None
        if ctx.needs_input_grad[0]:
            dx = (dy @ weight).addmm_(d_inner, a)
            dx = dx.view(*gradients[0].shape[:-1], -1).to(ctx.x_type)
        return dx, None, None, da, db, None
