"""Compare a student's exports with the merged model: agreement of greedy outputs, sizes, sentences a second.

python benchmarks/exports.py STUDENT SENTENCES.txt [--rows 100] [--only gguf-q8_0 onnx-int8 …] [--threads 1]

Each format writes its own greedy paraphrase of every sentence, one at a time, with the same prompt. "Same" is
the share of sentences whose whole text is that of the merged model in float32; "tokens" the mean share of its
tokens before the first that differs. llama.cpp runs in this process through xllamacpp's server.
"""

import argparse
import json
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from transformers import AutoModelForCausalLM

from impossible.students.controls import Controls
from impossible.students.decode import open_student_tokens
from impossible.students.export import PRECISIONS, export_student
from impossible.students.info import best_student, read_info
from impossible.students.prompts import prompt

Writer = Callable[[list[int]], list[int]]
_MOST = 96  # tokens of an output


def merged(folder: Path, end: int) -> Writer:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def write(ids: list[int]) -> list[int]:
        given = torch.tensor([ids])
        mask = torch.ones_like(given)
        made = model.generate(
            given, attention_mask=mask, max_new_tokens=_MOST, do_sample=False, eos_token_id=end
        )
        return list(made[0, len(ids) :].tolist())

    return write


def llama_cpp(weights: Path, threads: int) -> Writer:
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path, settings.n_ctx, settings.n_parallel = str(weights), 1024, 1
    settings.cpuparams.n_threads, settings.n_gpu_layers, settings.warmup = threads, 0, False
    server = xllamacpp.Server(settings)

    def write(ids: list[int]) -> list[int]:
        asked = {"prompt": ids, "n_predict": _MOST, "temperature": 0, "return_tokens": True}
        request = urllib.request.Request(
            f"{server.listening_address}/completion",
            json.dumps(asked).encode(),
            {"content-type": "application/json"},
        )
        with urllib.request.urlopen(request) as reply:
            return list(json.load(reply)["tokens"])

    return write


def onnx(weights: Path, end: int, threads: int) -> Writer:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(weights, options)
    names = [output.name for output in session.get_outputs()]
    empty = {
        i.name: np.zeros((1, i.shape[1], 0, i.shape[3]), np.float32)
        for i in session.get_inputs()
        if i.name.startswith("past")
    }

    def write(ids: list[int]) -> list[int]:
        past: dict[str, Any] = empty
        new, made = ids, list[int]()
        while len(made) < _MOST and made[-1:] != [end]:
            total = len(ids) + len(made)
            mask, places = np.ones((1, total), np.int64), np.arange(total - len(new), total)[None]
            given = {"input_ids": np.array([new]), "attention_mask": mask, "position_ids": places, **past}
            found = session.run(None, given)
            past = {
                n.replace("present", "past_key_values"): a for n, a in zip(names[1:], found[1:], strict=True)
            }
            new = [int(found[0][0, -1].argmax())]
            made += new
        return made

    return write


def agreement(wanted: list[int], found: list[int]) -> float:
    """The share of the wanted tokens before the first that differs."""
    same = [a == b for a, b in zip(wanted, found, strict=False)]
    return (same.index(False) if False in same else len(same)) / max(len(wanted), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("student", type=Path)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    folder = best_student(options.student)
    info = read_info(folder)
    tokens = open_student_tokens(folder, info.kind)
    end: Any = tokens.tokenizer.eos_token_id
    lines = options.sentences.read_text(encoding="utf-8").splitlines()[: options.rows]
    prompts = [tokens.prompt(prompt("paraphrase", line, Controls(), True)) for line in lines]
    size = (folder / "model.safetensors").stat().st_size
    wanted: list[list[int]] = []
    print("| format | MB | same | tokens | sentences/s | CPU-seconds each |\n|---|---:|---:|---:|---:|---:|")

    def measure(name: str, size: int, write: Writer) -> None:
        write(prompts[0])  # whatever is made once
        start, cpu = time.perf_counter(), time.process_time()
        found = [[i for i in write(ids) if i != end] for ids in prompts]
        clock, cpu = time.perf_counter() - start, time.process_time() - cpu
        wanted[:] = wanted or found
        same = np.mean([a == b for a, b in zip(wanted, found, strict=True)])
        shared = np.mean([agreement(a, b) for a, b in zip(wanted, found, strict=True)])
        n = len(prompts)
        cells = [f"{size / 1e6:.0f}", f"{same:.2f}", f"{shared:.2f}", f"{n / clock:.2f}", f"{cpu / n:.2f}"]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)

    measure("merged, float32", size, merged(folder, end))
    for to, precisions in PRECISIONS.items():
        for precision in precisions:
            if options.only and f"{to}-{precision}" not in options.only:
                continue
            with tempfile.TemporaryDirectory() as scratch:
                weights = export_student(folder, Path(scratch) / "new", to, precision)
                threads = options.threads
                writer = llama_cpp(weights, threads) if to == "gguf" else onnx(weights, end, threads)
                measure(f"{to}, {precision}", weights.stat().st_size, writer)


if __name__ == "__main__":
    main()
