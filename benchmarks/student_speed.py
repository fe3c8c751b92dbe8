"""A student's drafts a second: CTranslate2 int8 as `impossible paraphrase` draws them, against `generate`.

python benchmarks/student_speed.py STUDENT FILE.jsonl [--rows 64] [--draws 8] [--repeats 3]

FILE has a source a row. All sides draw the same number of drafts of the same prompts with the same settings;
`generate` (transformers, float32, all threads) gets one prompt at a time and, as a user would rather do it,
16 padded together. The critics that rank the drafts come on top of either: the last line is with them.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from impossible import open_student
from impossible.students.controls import Controls
from impossible.students.decode import Drawing, Transformers
from impossible.students.prompts import prompt, prompt_ids

_TOGETHER = 16


def padded(folder: Path, prompts: list[str], draws: int) -> None:
    """Plain transformers: batches padded on the left."""
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    how = Drawing.of(draws)
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("student", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--draws", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    lines = options.file.read_text(encoding="utf-8").splitlines()[: options.rows]
    texts = [json.loads(line)["source"] for line in lines]
    student = open_student(options.student)
    causal = student.info.kind == "causal"
    prompts = [prompt("paraphrase", text, Controls(), causal) for text in texts]
    tokenizer = AutoTokenizer.from_pretrained(options.student)
    alone = Transformers(options.student, student.info.kind, tokenizer, student.info.max_tokens, "cpu")
    seeds = list(range(len(texts)))
    sides: dict[str, Callable[[], object]] = {
        "ours: CTranslate2, int8": lambda: list(
            student.decoder.draw(prompts, options.draws, seeds, Drawing.of(options.draws))
        ),
        "generate, one prompt at a time": lambda: list(
            alone.draw(prompts, options.draws, seeds, Drawing.of(options.draws))
        ),
    }
    if causal:
        sides[f"generate, {_TOGETHER} prompts padded together"] = lambda: padded(
            options.student, prompts, options.draws
        )
    sides["ours, with the critics"] = lambda: student.paraphrase(texts, 1, draws=options.draws)
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(options.repeats):  # in turn, so that all meet the same machine
        for name, side in sides.items():
            start = time.perf_counter()
            side()
            seconds[name].append(time.perf_counter() - start)
    rates = {name: len(texts) / median(found) for name, found in seconds.items()}
    first = next(iter(rates.values()))
    for name, rate in rates.items():
        print(f"{name}: {rate:.2f} sentences/s; the first is {first / rate:.1f} times as fast")


if __name__ == "__main__":
    main()
