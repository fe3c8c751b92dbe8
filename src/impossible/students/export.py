"""A student → another format: GGUF for llama.cpp and Ollama, ONNX for onnxruntime and transformers.js."""

from pathlib import Path
from typing import get_args

from ..data import store
from ..errors import DataError
from ..models.sums import SUMS
from . import export_gguf, export_onnx
from .info import best_student, card_text, read_info

PRECISIONS = {"gguf": get_args(export_gguf.Precision), "onnx": get_args(export_onnx.Precision)}
DEFAULTS = {"gguf": "q8_0", "onnx": "int8"}


def export_student(student: Path, out: Path, to: str, precision: str | None = None) -> Path:
    """Write a student in the format `to` into the new folder `out`, with a card; return the file of weights.

    `precision` is one of `PRECISIONS[to]`. Raises DataError, ModelError, StoreError.
    """
    if to not in PRECISIONS:
        raise DataError(f"--to {to}: unknown format; allowed: {', '.join(PRECISIONS)}")
    chosen = precision or DEFAULTS[to]
    if chosen not in PRECISIONS[to]:
        raise DataError(f"--precision {chosen}: {to} has {', '.join(PRECISIONS[to])}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out} is not empty; give a new folder with --out")
    folder = best_student(student)
    info = read_info(folder)
    if info.kind != "causal":
        raise DataError(f"{folder} is a sequence-to-sequence student; only causal ones can be exported")

    def make(new: Path) -> None:
        match to:
            case "gguf":
                export_gguf.export_gguf(folder, new, chosen)  # type: ignore[arg-type]  # checked above
            case _:
                export_onnx.export_onnx(folder, new, chosen)  # type: ignore[arg-type]
        (new / "README.md").write_text(card_text(info), encoding="utf-8")

    store.make_folder(out, "", make)
    for name in (store.FINGERPRINT_FILE, SUMS):
        (out / name).unlink()
    return out / (f"student-{chosen}.gguf" if to == "gguf" else export_onnx.FILES[chosen])  # type: ignore[index]
