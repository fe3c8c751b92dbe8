"""Export a trained critic to ONNX for onnxruntime on CPU: float32, and int8 at a quarter of the size."""

from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel

from ..errors import ModelError, first_line
from ..models.extras import require_extra
from ..models.onnx import forget_the_machine, quiet, write_int8

FLOAT32, INT8 = "model.onnx", "model_int8.onnx"


def export(folder: Path) -> None:
    """Write `model.onnx` and `model_int8.onnx` beside the safetensors of a sequence classifier.

    Inputs are those of its tokenizer, (batch, length) int64 with both axes free; the output is `logits`,
    (batch, labels). Raises ModelError if there is no such model or it cannot be exported.
    """
    require_extra("train", "the export to ONNX")
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        model = AutoModelForSequenceClassification.from_pretrained(
            folder,
            local_files_only=True,
            dtype=torch.float32,
            attn_implementation="eager",
            trust_remote_code=False,
        )
    except (OSError, ValueError) as error:
        raise ModelError(f"no usable classifier in {folder}: {first_line(error)}") from error
    # two rows of different length, so that the exporter takes neither axis for a constant
    example = dict(tokenizer(["a b c", "d"], ["e f", "g"], padding=True, return_tensors="pt"))
    _write_float32(model.eval(), example, folder / FLOAT32)
    write_int8(folder / FLOAT32, folder / INT8)
    for name in (FLOAT32, INT8):
        forget_the_machine(folder / name)


class _Logits(torch.nn.Module):
    """The model with positional inputs and its logits alone as output, as the exporter wants it."""

    def __init__(self, model: PreTrainedModel, inputs: list[str]):
        super().__init__()
        self.model, self.inputs = model, inputs

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(**dict(zip(self.inputs, tensors, strict=True))).logits
        return logits


def _write_float32(model: PreTrainedModel, example: dict[str, torch.Tensor], path: Path) -> None:
    names = list(example)
    axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("length")}
    try:
        with quiet():
            torch.onnx.export(
                _Logits(model, names),
                tuple(example.values()),
                path,
                input_names=names,
                output_names=["logits"],
                dynamic_shapes=(tuple(axes for _ in names),),
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    except torch.onnx.errors.OnnxExporterError as error:
        raise ModelError(f"{path.parent} cannot be exported to ONNX: {first_line(error)}") from error
