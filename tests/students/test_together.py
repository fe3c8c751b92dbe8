"""Training on several processes, as `accelerate launch` and torchrun start them."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import torch
from safetensors.torch import load_file

from tests.students import models


def test_two_processes_make_one_student(tmp_path: Path) -> None:
    base = models.llama(tmp_path / "base")
    pq.write_table(models.pairs(24), tmp_path / "pairs.parquet")
    sets = (
        "epochs=2",
        "batch=4",
        "precision=float32",
        'controls=["length"]',
        "save_steps=5",
        "validation=0.2",
    )
    command = [sys.executable, "-m", "impossible", "distil", str(tmp_path / "pairs.parquet")]
    command += ["--out", str(tmp_path / "student"), "--base", str(base)]
    command += [word for s in sets for word in ("--set", s)]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
    }
    shared |= {"IMPOSSIBLE_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    started = [
        subprocess.Popen(
            command,
            env={**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    said = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    assert "student of" in said[0][0] and said[1][0] == ""  # the main one alone speaks
    assert "training: step" not in said[1][1]
    info = json.loads((tmp_path / "student/student.json").read_text())
    # a step takes a batch of each: half the steps that one process would make
    alone = -(-sum(info["pairs"].values()) // 4) * 2
    assert alone / 2 <= info["steps"] <= alone / 2 + 1
    before, after = (load_file(tmp_path / name / "model.safetensors") for name in ("base", "student"))
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert not (tmp_path / "student.training").exists()
