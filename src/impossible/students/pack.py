"""A trained student → the small folder that `embedded:student` is merged from: its adapter and what it needs.

python -m impossible.students.pack STUDENT FOLDER
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from .base_model import ADAPTER
from .info import FILE, read_info


def pack(student: Path, folder: Path) -> None:
    """Copy a student's adapter, in bfloat16, with its metadata and card."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = load_file(student / ADAPTER / "adapter_model.safetensors")
    save_file(
        {name: weight.to(torch.bfloat16) for name, weight in weights.items()},
        folder / "adapter_model.safetensors",
    )
    config = json.loads((student / ADAPTER / "adapter_config.json").read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = read_info(student).base  # not the path of this machine
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    for name in ("generation_config.json", FILE, "README.md"):
        shutil.copyfile(student / name, folder / name)


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
