"""Measure the speed of a student's drafts on each backend and with transformers' `generate`.

python benchmarks/student_speed.py STUDENT FILE.jsonl [--rows 64] [--draws 8] [--repeats 3] [--only WORD]

The first backend is the default of `impossible paraphrase`. FILE has one source per row. All sides draw the
same number of drafts of the same prompts with the same settings. The transformers backend (float32, all
threads) gets one prompt at a time and, as is usual, 16 padded together. The last line adds the critics that
rank the drafts. CPU-seconds are of all threads and depend less on other load than wall time does. `--only`
selects the sides with WORD in their names.
"""

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from impossible import open_student
from impossible.errors import ModelError
from impossible.recipe.execution import Execution
from impossible.students.controls import Controls
from impossible.students.decode import decoding, default_backend, open_sampler
from impossible.students.prompts import prompt, prompt_ids
from impossible.students.student import Student
from impossible.teachers.base import Sampler

_TOGETHER = 16


def padded(folder: Path, prompts: list[str], draws: int) -> None:
    """Plain transformers: batches padded on the left."""
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    how = decoding(draws, model.config.max_position_embeddings)
    for start in range(0, len(prompts), _TOGETHER):
        ids = [prompt_ids(tokenizer, text, causal=True) for text in prompts[start : start + _TOGETHER]]
        batch = tokenizer.pad({"input_ids": ids}, return_tensors="pt")
        model.generate(
            **batch,
            do_sample=True,
            num_return_sequences=draws,
            max_new_tokens=2 * batch["input_ids"].shape[1] + 8,
            temperature=how.temperature,
            top_p=how.top_p,
            top_k=how.top_k,
        )


def drawn(student: Student, sampler: Sampler, prompts: list[str], draws: int) -> None:
    """Return the drafts of the student."""
    for _ in sampler.sample(prompts, draws, range(len(prompts)), student.decoding(draws)):
        pass


def backends(student: Student, folder: Path) -> dict[str, Sampler]:
    """Return the student on each backend that supports it, its default first."""
    own = default_backend(folder, student.tokens.seq2seq, Execution())
    found = {own: student.sampler}
    for backend in ("ctranslate2", "tree", "transformers"):
        if backend != own and not (backend == "tree" and student.tokens.seq2seq):
            try:
                found[backend] = open_sampler(folder, student.tokens, Execution(), backend)
            except ModelError as error:
                print(f"{backend}: {error}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("student", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--draws", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    lines = options.file.read_text(encoding="utf-8").splitlines()[: options.rows]
    texts = [json.loads(line)["source"] for line in lines]
    student = open_student(options.student)
    causal = not student.tokens.seq2seq
    prompts = [prompt("paraphrase", text, Controls(), causal) for text in texts]
    sides: dict[str, Callable[[], object]] = {
        f"drafts, {name}": partial(drawn, student, sampler, prompts, options.draws)
        for name, sampler in backends(student, options.student).items()
    }
    if causal:
        sides[f"generate, {_TOGETHER} prompts padded together"] = lambda: padded(
            options.student, prompts, options.draws
        )
    sides["answers, with the critics"] = lambda: student.paraphrase(texts, 1, draws=options.draws)
    sides = {name: side for name, side in sides.items() if options.only in name}
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for _ in range(options.repeats):  # in turn, so that all see the same load
        for name, side in sides.items():
            start, cpu = time.perf_counter(), time.process_time()
            side()
            seconds[name].append((time.perf_counter() - start, time.process_time() - cpu))
    for name, found in seconds.items():
        clock, cpu = (median(column) / len(texts) for column in zip(*found, strict=True))
        print(f"{name}: {1 / clock:.2f} sentences/s, {cpu:.2f} CPU-seconds each")


if __name__ == "__main__":
    main()
