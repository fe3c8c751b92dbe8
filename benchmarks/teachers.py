"""Compare continuations per second of the teacher backends on the same prompts and settings, in turn.

python benchmarks/teachers.py RECIPE [--prompts 4] [--per-context 400] [--repeats 2] [--backends …]

Also compare what each samples: mean log-probability per sentence by its own count and by the float32 model,
and distinct sentences per prompt.
"""

import argparse
import os
import time
from pathlib import Path
from statistics import mean, median

from impossible import load_recipe
from impossible.data.schema import Context, text_id
from impossible.generation.contexts import prompts
from impossible.generation.groups import generate
from impossible.recipe.execution import Execution
from impossible.recipe.teacher import Teacher
from impossible.teachers import open_teacher
from impossible.teachers.base import Sampler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--prompts", type=int, default=4)
    parser.add_argument("--per-context", type=int, default=400)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--backends", nargs="+", default=["tree", "ctranslate2"])
    options = parser.parse_args()
    recipe = load_recipe(options.recipe)
    rows, _ = prompts(recipe.contexts, recipe.seed)
    texts = rows["context"].to_pylist()[: options.prompts]
    contexts = [Context(text_id(text), "", text, text) for text in texts]
    sampling = recipe.sampling.model_copy(update={"per_context": options.per_context})
    model = recipe.teacher.model
    samplers: dict[str, Sampler] = {
        name: open_teacher(Teacher(backend=name, model=model), Execution()) for name in options.backends
    }
    seconds: dict[str, list[float]] = {name: [] for name in samplers}
    cpu: dict[str, list[float]] = {name: [] for name in samplers}
    groups = {}
    for _ in range(options.repeats):  # in turn, so that all see the same load
        for name, sampler in samplers.items():
            start, used = time.perf_counter(), time.process_time()
            groups[name], counts = generate(contexts, sampler, sampling, recipe.seed, 0, lambda: None)
            seconds[name].append(time.perf_counter() - start)
            cpu[name].append(time.process_time() - used)
    exact = open_teacher(Teacher(backend="tree", model=model, compute_type="float32"), Execution())
    n = options.per_context
    print(f"{len(contexts)} prompts × {n}, {os.cpu_count()} cores, medians of {options.repeats}")
    first = median(cpu[options.backends[0]])
    for name, found in groups.items():
        own = [c.logprob for g in found for c in g.candidates[:20]]
        true = [
            p
            for g in found
            for p in exact.logprobs(g.context.text, [f" {c.text}" for c in g.candidates[:20]])
        ]
        rate, spent = len(contexts) * n / median(seconds[name]), median(cpu[name])
        distinct = mean(len(g.candidates) for g in found)
        print(
            f"{name}: {rate:.0f} continuations/s, {spent:.1f} CPU-s ({spent / first:.2f} of the first), "
            f"{distinct:.0f} distinct sentences a prompt, log-probability {mean(own):.2f}, "
            f"in float32 {mean(true):.2f}"
        )


if __name__ == "__main__":
    main()
