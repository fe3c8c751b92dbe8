"""A Llama-like decoder on CPU that shares a prompt's key-value cache among its continuations."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from .number_format import exact_int8, int8_product

Linear = Callable[[Tensor], Tensor]
Attend = Callable[[int, Tensor, Tensor, Tensor], Tensor]  # layer, q, k, v → (rows, heads, width)
# Size of one block of logits: above 32 MiB, glibc's malloc returns memory, and each step pages it in again.
_LOGITS_BYTES = 24 * 2**20


class Int8Linear:
    """x Wᵀ + b with int8 weights, one scale per output; x is quantised to 8 bits with one scale per row.

    The integer sums are exact, so that a row's result does not depend on the other rows of its batch.
    Processors that cannot add 8-bit products exactly use 7-bit weights.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None):
        largest = 127 if exact_int8() else 63
        self._scale = weight.abs().amax(1).clamp_min(1e-9).div(largest)
        whole = (weight / self._scale[:, None]).round_().to(torch.int8)
        self._packed = torch.ops.onednn.qlinear_prepack(whole, None)
        self._bias = bias

    def __call__(self, x: Tensor) -> Tensor:
        """(rows, in) → (rows, out), float32."""
        scale = x.abs().amax(-1, keepdim=True).clamp_min_(1e-9).div_(127)
        # conversion truncates, so add a half to round; 128 is the zero point
        y = self.product(torch.mul(x, scale.reciprocal()).add_(128.5).to(torch.uint8))
        y.mul_(scale)
        return y if self._bias is None else y.add_(self._bias)

    def product(self, rounded: Tensor) -> Tensor:
        """(rows, in), 8-bit with zero point 128 → (rows, out), float32, without the scale of x."""
        return int8_product(rounded, 128, self._packed, self._scale)


@dataclass(frozen=True, slots=True)
class _Layer:
    qkv: Linear
    out: Linear
    up: Linear  # gate above up
    down: Linear
    attention_norm: Tensor
    mlp_norm: Tensor


class Decoder:
    """The stateless forward pass of `model`, a Llama-like model of transformers.

    `compute_type` is the number format of its products: int8, bfloat16 or float32. Only a causal LM has
    `logits`.
    """

    def __init__(self, model: Any, compute_type: str):
        config = model.config
        self.heads: int = config.num_attention_heads
        self.kv_heads: int = config.num_key_value_heads
        self.width: int = getattr(config, "head_dim", None) or config.hidden_size // self.heads
        self.layers = [_layer(block, compute_type) for block in model.model.layers]
        self.mlp: int = config.intermediate_size
        self.vocabulary: int = config.vocab_size
        self._embedding = model.get_input_embeddings().weight.detach()
        self._rotary = model.model.rotary_emb
        self._norm, self._eps = model.model.norm.weight.detach(), config.rms_norm_eps
        output = model.get_output_embeddings()
        self._head = _linear([output], compute_type) if output is not None else None

    def run(self, ids: Tensor, positions: Tensor, attend: Attend) -> Tensor:
        """Hidden states, (rows, hidden), of one token per row; `attend` reads and writes the cache."""
        x = self._embedding[ids]
        cos, sin = (t[0, :, None] for t in self._rotary(x, positions[None]))
        q_size, kv_size = self.heads * self.width, self.kv_heads * self.width
        for i, layer in enumerate(self.layers):
            qkv = layer.qkv(self._normed(x, layer.attention_norm))
            qk, v = (
                t.reshape(len(x), -1, self.width) for t in torch.split(qkv, [q_size + kv_size, kv_size], -1)
            )
            q, k = torch.split(_rotated(qk, cos, sin), [self.heads, self.kv_heads], 1)
            x = x + layer.out(attend(i, q, k, v).flatten(1))
            gate, up = layer.up(self._normed(x, layer.mlp_norm)).chunk(2, -1)
            x = x + layer.down(F.silu(gate).mul_(up))
        return self._normed(x, self._norm)

    def logits(self, hidden: Tensor) -> Iterator[Tensor]:
        """Logits in blocks of rows, (rows, vocabulary), small enough for the allocator to reuse."""
        assert self._head is not None
        for part in torch.split(hidden, max(1, _LOGITS_BYTES // (4 * self.vocabulary))):
            yield self._head(part)

    def _normed(self, x: Tensor, weight: Tensor) -> Tensor:
        return F.rms_norm(x, weight.shape, weight, self._eps)


def _layer(block: Any, compute_type: str) -> _Layer:
    attention, mlp = block.self_attn, block.mlp
    return _Layer(
        _linear([attention.q_proj, attention.k_proj, attention.v_proj], compute_type),
        _linear([attention.o_proj], compute_type),
        _linear([mlp.gate_proj, mlp.up_proj], compute_type),
        _linear([mlp.down_proj], compute_type),
        block.input_layernorm.weight.detach(),
        block.post_attention_layernorm.weight.detach(),
    )


def _linear(parts: Sequence[Any], compute_type: str) -> Linear:
    """Concatenate linear maps of the same input into one."""
    weight = torch.cat([part.weight.detach() for part in parts])
    biases = [part.bias.detach() for part in parts if part.bias is not None]
    bias = torch.cat(biases) if biases else None
    if compute_type == "int8":
        return Int8Linear(weight, bias)
    weight, bias = weight.to(dtype := getattr(torch, compute_type)), None if bias is None else bias.to(dtype)
    return lambda x: F.linear(x.to(dtype), weight, bias).float()


def _rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary position embedding; x (rows, heads, width), cos and sin (rows, 1, width)."""
    left, right = x.chunk(2, -1)
    return torch.addcmul(x * cos, torch.cat((-right, left), -1), sin)


class Prompt:
    """Keys and values of a prompt, shared by all continuations: (kv heads, length, width) per layer.

    With `prefix`, a prompt computed before, the ids continue it. `hidden` are the states of the ids alone.
    """

    def __init__(self, decoder: Decoder, ids: Sequence[int], prefix: "Prompt | None" = None):
        self.keys: list[Tensor] = []
        self.values: list[Tensor] = []
        self._prefix = prefix
        self._before: int = 0 if prefix is None else prefix.length
        self.length: int = self._before + len(ids)
        # all of the prefix and, in the triangle, the ids up to each one
        self._seen = torch.ones(len(ids), self.length, dtype=torch.bool).tril(self._before)
        self.hidden = decoder.run(torch.tensor(ids), torch.arange(self._before, self.length), self._attend)

    def _attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k, v = (t.transpose(0, 1).contiguous() for t in (q, k, v))
        if self._prefix is not None:
            k = torch.cat((self._prefix.keys[layer], k), 1)
            v = torch.cat((self._prefix.values[layer], v), 1)
        self.keys.append(k)
        self.values.append(v)
        mask = self._seen if self._before else None
        y = F.scaled_dot_product_attention(
            q[None], k[None], v[None], attn_mask=mask, is_causal=mask is None, enable_gqa=True
        )
        return y[0].transpose(0, 1)


class Suffixes:
    """Keys and values of the continuations of a prompt: (layers, slots, kv heads, tokens, width)."""

    def __init__(self, decoder: Decoder, prompt: Prompt, slots: int, tokens: int):
        self._decoder, self._prompt = decoder, prompt
        shape = (len(decoder.layers), slots, decoder.kv_heads, tokens, decoder.width)
        self._keys, self._values = torch.empty(shape), torch.empty(shape)
        self._length = 0

    @staticmethod
    def slot_bytes(decoder: Decoder, tokens: int) -> int:
        """Bytes of one slot."""
        return 2 * 4 * len(decoder.layers) * decoder.kv_heads * tokens * decoder.width

    def step(self, ids: Tensor) -> Tensor:
        """Append one token to each of the first slots; return their hidden states."""
        positions = torch.full_like(ids, self._prompt.length + self._length)
        self._length += 1
        return self._decoder.run(ids, positions, self._attend)

    def copy(self, sources: Sequence[int], targets: Sequence[int]) -> None:
        """Copy the caches of slots `sources` to slots `targets`."""
        if targets:
            for cache in (self._keys, self._values):
                held = cache[:, :, :, : self._length]
                held[:, torch.tensor(targets)] = held[:, torch.tensor(sources)]

    def _attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attention over the prompt, one matrix for all rows, and over each row's own tokens."""
        rows, kv, width = k.shape
        group = q.shape[1] // kv
        own_k = self._keys[layer, :rows, :, : self._length]
        own_v = self._values[layer, :rows, :, : self._length]
        own_k[:, :, -1], own_v[:, :, -1] = k, v
        q = (q * width**-0.5).view(rows, kv, group, width)
        by_head = q.transpose(0, 1).reshape(kv, rows * group, width)
        shared = torch.bmm(by_head, self._prompt.keys[layer].transpose(1, 2))  # (kv, rows × group, prompt)
        own = torch.matmul(q, own_k.transpose(2, 3)).transpose(0, 1).reshape(kv, rows * group, -1)
        weights = torch.cat((shared, own), -1).softmax(-1)
        y = torch.bmm(weights[..., : self._prompt.length], self._prompt.values[layer])
        own = weights[..., self._prompt.length :].view(kv, rows, group, -1).transpose(0, 1)
        return y.view(kv, rows, group, width).transpose(0, 1).add(torch.matmul(own, own_v)).flatten(1, 2)
