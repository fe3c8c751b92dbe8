"""Draw a reliability diagram of a critic, before and after temperature scaling.

python benchmarks/reliability.py MODEL FILE.jsonl… --out picture.svg [--rows 1000]
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from impossible.critic_training.measure import calibration_error
from impossible.critic_training.train import LABELS, read_examples
from impossible.critics.nli import Nli, temperature
from impossible.models.adapter import CALIBRATION
from impossible.models.locate import locate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=1000)
    options = parser.parse_args()
    folder = locate(options.model)
    examples = [e for path in options.files for e in read_examples(path, options.rows)]
    p = Nli(folder).probabilities([e.premise for e in examples], [e.hypothesis for e in examples])
    truth = np.array([LABELS.index(e.label) for e in examples])
    raw = p.astype(np.float64) ** temperature(folder)  # undoes the division of the logits
    figure, axes = plt.subplots(figsize=(4.5, 4.5))
    axes.plot([0.33, 1], [0.33, 1], color="grey", linewidth=1)
    curves = {"as trained": raw / raw.sum(1, keepdims=True)}
    if temperature(folder) != 1:
        curves[f"with {CALIBRATION}"] = p
    for name, q in curves.items():
        x, y = curve(q, truth)
        axes.plot(x, y, marker="o", label=f"{name}: error {calibration_error(q, truth):.3f}")
    axes.set(xlabel="confidence", ylabel="share that is right", title=f"{options.model}, {len(truth)} pairs")
    axes.legend()
    figure.savefig(options.out, bbox_inches="tight", metadata={"Date": None})


def curve(p: NDArray[np.floating], truth: NDArray[np.intp]) -> tuple[list[float], list[float]]:
    """Return mean confidence and accuracy of ten equal bins of the rows."""
    confidence, right = p.max(1), p.argmax(1) == truth
    parts = np.array_split(np.argsort(confidence), 10)
    return [float(confidence[i].mean()) for i in parts], [float(right[i].mean()) for i in parts]


if __name__ == "__main__":
    main()
