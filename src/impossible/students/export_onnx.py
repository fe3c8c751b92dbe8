"""A student → ONNX for onnxruntime and transformers.js: one step of decoding with its key-value cache."""

import shutil
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import AutoModelForCausalLM, DynamicCache, PreTrainedModel

from ..errors import ModelError, first_line
from ..models.extras import require_extra
from ..models.onnx import forget_the_machine, quiet, write_int8

Precision = Literal["f32", "int8"]
# names that transformers.js looks for
FILES: dict[Precision, str] = {"f32": "onnx/model.onnx", "int8": "onnx/model_quantized.onnx"}
_KEPT = (
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "special_tokens_map.json", "chat_template.jinja", "student.json",
)  # fmt: skip


def export_onnx(student: Path, out: Path, precision: Precision) -> None:
    """Write a Hugging Face folder with `onnx/model.onnx`, or `model_quantized.onnx` for int8, into `out`.

    Inputs: `input_ids` and `position_ids` (batch, new), `attention_mask` (batch, past + new), and of each
    layer `past_key_values.N.key` and `.value` (batch, heads, past, size); past may be 0. Outputs: `logits`
    (batch, new, vocabulary), and `present.N.key` and `.value` (batch, heads, past + new, size). Raises
    ModelError if the student is not causal or cannot be exported.
    """
    require_extra("train", "the export to ONNX")
    try:
        model = AutoModelForCausalLM.from_pretrained(
            student, dtype=torch.float32, attn_implementation="sdpa", trust_remote_code=False
        )
    except (OSError, ValueError) as error:
        raise ModelError(f"{student} is not a causal student: {first_line(error)}") from error
    for name in _KEPT:
        if (student / name).is_file():
            shutil.copyfile(student / name, out / name)
    (out / "onnx").mkdir()
    float32 = out / FILES["f32"]
    _write_float32(model.eval(), float32)
    if precision == "int8":
        write_int8(float32, out / FILES["int8"])
        float32.unlink()
    forget_the_machine(out / FILES[precision])


class _Step(torch.nn.Module):
    """The model with tensors alone as inputs and outputs, as the exporter wants it."""

    def __init__(self, model: PreTrainedModel):
        super().__init__()
        self.model = model

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        position_ids: torch.Tensor,
        past: list[torch.Tensor],
    ) -> tuple[torch.Tensor, ...]:
        found = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=DynamicCache(list(zip(past[::2], past[1::2], strict=True))),
            use_cache=True,
        )
        present = (t for layer in found.past_key_values.layers for t in (layer.keys, layer.values))
        return (found.logits, *present)


def _write_float32(model: PreTrainedModel, path: Path) -> None:
    inputs, past = _example(model.config)
    cache = [f"{i}.{part}" for i in range(len(past) // 2) for part in ("key", "value")]
    free = torch.export.Dim.DYNAMIC
    try:
        with quiet():
            torch.onnx.export(
                _Step(model),
                (*inputs, past),
                path,
                input_names=[
                    "input_ids",
                    "attention_mask",
                    "position_ids",
                    *(f"past_key_values.{name}" for name in cache),
                ],
                output_names=["logits", *(f"present.{name}" for name in cache)],
                dynamic_shapes=(*({0: free, 1: free} for _ in inputs), [{0: free, 2: free} for _ in past]),
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    except torch.onnx.errors.OnnxExporterError as error:
        raise ModelError(f"the student cannot be exported to ONNX: {first_line(error)}") from error


def _example(config: Any) -> tuple[tuple[torch.Tensor, ...], list[torch.Tensor]]:
    """Inputs in which no two axes have the same size, so that the exporter takes none for another."""
    batch, before, new = 2, 3, 4
    heads = config.num_key_value_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    past = [torch.zeros(batch, heads, before, size) for _ in range(2 * config.num_hidden_layers)]
    inputs = (
        torch.ones(batch, new, dtype=torch.long),
        torch.ones(batch, before + new, dtype=torch.long),
        torch.arange(before, before + new).repeat(batch, 1),
    )
    return inputs, past
