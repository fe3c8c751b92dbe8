"""Measure seconds per training step of a student in each number format.

python benchmarks/training_speed.py PAIRS [--steps 20] [--precisions float32 bfloat16 …]

PAIRS is a run or a file. The mean excludes the first 10 steps as warm-up. `auto` is the default format.
"""

import argparse
import tempfile
import time
from pathlib import Path

from impossible.data.pairs import pair_table
from impossible.models.locate import locate
from impossible.models.progress import Progress
from impossible.recipe.distil import Distil
from impossible.students.augment import join
from impossible.students.examples import make_examples, tagged
from impossible.students.train import train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--precisions", nargs="+", default=["float32", "bfloat16"])
    options = parser.parse_args()
    settings = Distil(epochs=1.0, validation=0.0)
    examples = tagged(make_examples(pair_table([options.pairs]), settings.tasks), settings, seed=7)
    examples = [*examples, *join(examples, 0.5, seed=7)][-options.steps * settings.batch :]
    for precision in options.precisions:
        times: dict[int, float] = {}

        def tell(progress: Progress, times: dict[int, float] = times) -> None:
            times.setdefault(progress.step, time.perf_counter())

        with tempfile.TemporaryDirectory() as folder:
            out, work = Path(folder) / "student", Path(folder) / "work"
            how = settings.model_copy(update={"precision": precision})
            done = train(examples, [], locate(how.base), out, work, how, 7, tell)
        last = max(times)
        each = (times[last] - times[10]) / (last - 10)
        print(f"{precision}: {each:.2f} s a step, steps 11 to {last} ({done.precision})", flush=True)


if __name__ == "__main__":
    main()
