"""Compare int8 on onnxruntime with float32 on transformers: pairs per second and score differences.

python benchmarks/critic_speed.py FOLDER PAIRS.jsonl [--rows 1000] [--repeats 3]

FOLDER is written by `impossible critic train` (safetensors and ONNX); PAIRS has premise and hypothesis.
"""

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from impossible.critics.nli import Nli


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.pairs.read_text(encoding="utf-8").splitlines()]
    a, b = ([r[k] for r in rows[: options.rows]] for k in ("premise", "hypothesis"))
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "float32"
        shutil.copytree(
            options.folder, plain, ignore=shutil.ignore_patterns("*.onnx", "checkpoints", "adapter")
        )
        critics = {"int8 onnxruntime": Nli(options.folder), "float32 transformers": Nli(plain)}
        seconds: dict[str, list[float]] = {name: [] for name in critics}
        scores = {}
        for _ in range(options.repeats):  # in turn, so that both see the same load
            for name, critic in critics.items():
                start = time.perf_counter()
                scores[name] = critic.score(a, b)
                seconds[name].append(time.perf_counter() - start)
    rates = {name: len(a) / median(s) for name, s in seconds.items()}
    for name, rate in rates.items():
        print(f"{name}: {rate:.1f} pairs/s")
    ours, theirs = scores.values()
    moved = np.abs(ours - theirs)
    crossed = ((ours >= 0.8) != (theirs >= 0.8)).mean()
    print(
        f"p(entailment) moved by {moved.mean():.4f} on average, {np.quantile(moved, 0.99):.3f} in the worst "
        f"of a hundred, {moved.max():.3f} at most; {crossed:.2%} cross 0.8"
    )


if __name__ == "__main__":
    main()
