"""Compare the generation time of the tree backend with two lower bounds, and profile its parts.

python benchmarks/floors.py RECIPE [--prompts 4] [--per-context 400] [--repeats 3] [--json FILE]

The arithmetic floor is the time of the matrix products of all rows at the rate that products of the model's
shapes reach alone, one per thread on all threads: the best rate over several row counts. "At its rows" uses
the rate at the row count of each step. Another figure counts each sampled token as a row of its own, as
without the tree. The memory floor is the time to read the weights once per step and the keys and values of
each row, at the bandwidth of reading a large array on all threads. Attention products are counted at the best
float32 rate. Sampling, stopping and bookkeeping count as zero on both floors.

All figures are CPU-seconds, which depend less on other load than seconds do. The profile is each part's share
of the CPU time of all threads, from a separate run, since its timers slow the run down.
"""

import argparse
import json
import os
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.nn import functional as F

from impossible import load_recipe
from impossible.data.schema import Context
from impossible.generation.contexts import grow, prompts
from impossible.generation.groups import contexts_from_table, generate
from impossible.models import llama
from impossible.recipe.execution import Execution
from impossible.recipe.recipe import Recipe
from impossible.teachers import open_teacher, tree
from run import machine

ROWS = (16, 32, 64, 128, 256, 512)  # row counts at which products are timed
_READ_BYTES = 2**28  # per thread; larger than any cache
_SECONDS = 0.1  # duration of timing each product
# timed function → part of the profile; time outside of them is "the rest of Python"
PARTS: list[tuple[Any, str, str]] = [
    (llama.Int8Linear, "product", "matrix products"),
    (llama.Int8Linear, "__call__", "quantising their inputs"),
    (llama.Suffixes, "_attend", "attention"),
    (llama.Prompt, "_attend", "attention"),
    (llama.Suffixes, "copy", "copying the cache of new branches"),
    (llama.Decoder, "run", "norms, rotation, activation"),
    (tree.TreeSampler, "_choices", "log-probabilities, top-k, top-p"),
    (tree.TreeSampler, "_children", "drawing, stopping at sentence ends"),
    (tree, "_arranged", "slots of the tree"),
]


@dataclass(frozen=True)
class Shape:
    """A linear map of the model and how often a row passes through it."""

    name: str
    inputs: int
    outputs: int
    times: int


class Work:
    """Counts the work of a run: rows through the layers and the head, steps, keys and values read."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, **counts: int) -> None:
        with self._lock:
            self.counts.update(counts)


class Clock:
    """Seconds of each part without its nested parts, over all threads."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = threading.local()
        self._lock = threading.Lock()

    def timed(self, call: Callable[..., Any], part: str) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            outside, self._inner.seconds = getattr(self._inner, "seconds", 0.0), 0.0
            start = time.thread_time()
            try:
                return call(*args, **kwargs)
            finally:
                took = time.thread_time() - start
                with self._lock:
                    self.seconds[part] += took - self._inner.seconds
                self._inner.seconds = outside + took

        return wrapped


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--prompts", type=int, default=4)
    parser.add_argument("--per-context", type=int)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, dest="json_file")
    options = parser.parse_args()
    recipe = load_recipe(options.recipe)
    if options.per_context:
        sampling = recipe.sampling.model_copy(update={"per_context": options.per_context})
        recipe = recipe.model_copy(update={"sampling": sampling})
    threads = os.cpu_count() or 1
    sampler = open_teacher(recipe.teacher, Execution())
    rows, _ = prompts(recipe.contexts, recipe.seed)
    contexts = contexts_from_table(grow(rows[: options.prompts], sampler, recipe.contexts, recipe.seed))
    with counting() as work:  # also warms up
        draw(sampler, contexts, recipe)
    spent = [draw(sampler, contexts, recipe) for _ in range(options.repeats)]
    with profiling() as clock:
        profiled, _ = draw(sampler, contexts, recipe)
    network = sampler._decoder
    rates = {kind: products(shapes(network), kind, threads) for kind in ("int8", "bfloat16", "float32")}
    found = floors(network, work.counts, rates, recipe.teacher.compute_type, bandwidth(threads))
    found |= {"cpu": median(cpu for cpu, _ in spent), "wall": median(wall for _, wall in spent)}
    found |= {"spent": spent, "continuations": len(contexts) * recipe.sampling.per_context}
    shares = {part: s / profiled for part, s in clock.seconds.items()}
    shares["the rest of Python"] = 1 - sum(shares.values())
    show(Console(width=140, soft_wrap=True), found, rates, shares, work.counts)
    if options.json_file is not None:
        report = {"machine": machine(), **found, "work": work.counts, "rates": rates, "profile": shares}
        options.json_file.write_text(json.dumps(report, indent=2) + "\n")


def draw(sampler: Any, contexts: list[Context], recipe: Recipe) -> tuple[float, float]:
    """Return CPU-seconds and seconds of generating all groups."""
    start, used = time.perf_counter(), time.process_time()
    generate(contexts, sampler, recipe.sampling, recipe.seed, 0, lambda: None)
    return time.process_time() - used, time.perf_counter() - start


@contextmanager
def counting() -> Iterator[Work]:
    work = Work()
    step, head, start = llama.Suffixes.step, llama.Decoder.logits, llama.Prompt.__init__
    children = tree.TreeSampler._children

    def counted_step(self: Any, ids: Tensor) -> Tensor:
        own = self._length + 1
        work.add(rows=len(ids), steps=1, own_keys=len(ids) * own, prompt_keys=self._prompt.length)
        work.add(attended=len(ids) * (own + self._prompt.length))
        return step(self, ids)

    def counted_head(self: Any, hidden: Tensor) -> Iterator[Tensor]:
        work.add(head_rows=len(hidden))
        return head(self, hidden)

    def counted_children(self: Any, row: Any, *more: Any) -> Any:
        work.add(drawn=len(row.members))
        return children(self, row, *more)

    def counted_prompt(self: Any, network: Any, ids: Any) -> None:
        work.add(rows=len(ids), steps=1, attended=len(ids) * (len(ids) + 1) // 2, prompt_keys=len(ids))
        start(self, network, ids)

    with (
        patch.object(llama.Suffixes, "step", counted_step),
        patch.object(llama.Decoder, "logits", counted_head),
        patch.object(llama.Prompt, "__init__", counted_prompt),
        patch.object(tree.TreeSampler, "_children", counted_children),
    ):
        yield work


@contextmanager
def profiling() -> Iterator[Clock]:
    clock = Clock()
    with ExitStack() as stack:
        for owner, name, part in PARTS:
            stack.enter_context(patch.object(owner, name, clock.timed(getattr(owner, name), part)))
        yield clock


def shapes(network: Any) -> list[Shape]:
    """Return the linear maps of a decoder."""
    hidden, layers = network._embedding.shape[1], len(network.layers)
    q, kv, mlp = network.heads * network.width, network.kv_heads * network.width, network.mlp
    return [
        Shape("q, k, v", hidden, q + 2 * kv, layers),
        Shape("out", q, hidden, layers),
        Shape("gate, up", hidden, 2 * mlp, layers),
        Shape("down", mlp, hidden, layers),
        Shape("head", hidden, network.vocabulary, 1),
    ]


def products(of: list[Shape], kind: str, threads: int) -> dict[str, list[float]]:
    """Return multiply-adds per CPU-second of each shape on all threads, for each of ROWS."""
    return {shape.name: [rate(shape, rows, kind, threads) for rows in ROWS] for shape in of}


def rate(shape: Shape, rows: int, kind: str, threads: int) -> float:
    weights = torch.randn(shape.outputs, shape.inputs)

    def one(_: int) -> float:
        torch.set_num_threads(1)  # applies to this thread, as in the sampler
        call = product(weights, rows, kind)
        call()
        done, start = 0, time.thread_time()
        while (took := time.thread_time() - start) < _SECONDS:
            call()
            done += 1
        return done / took

    with torch.inference_mode(), ThreadPoolExecutor(threads) as pool:
        return mean(pool.map(one, range(threads))) * rows * shape.inputs * shape.outputs


def product(weights: Tensor, rows: int, kind: str) -> Callable[[], Tensor]:
    """Return the decoder's product; for int8 without quantizing the input."""
    x = torch.randn(rows, weights.shape[1])
    if kind != "int8":
        a, b = x.to(getattr(torch, kind)), weights.to(getattr(torch, kind))
        return lambda: F.linear(a, b)
    linear = llama.Int8Linear(weights)
    whole = torch.randint(0, 255, x.shape, dtype=torch.uint8)
    return lambda: linear.product(whole)


def bandwidth(threads: int) -> float:
    """Return bytes per CPU-second read per thread, on all threads, from arrays larger than the caches."""
    arrays = [torch.ones(_READ_BYTES // 4) for _ in range(threads)]

    def one(array: Tensor) -> float:
        torch.set_num_threads(1)
        start = time.thread_time()
        for _ in range(8):
            array.sum()
        return 8 * _READ_BYTES / (time.thread_time() - start)

    with ThreadPoolExecutor(threads) as pool:
        return max(mean(pool.map(one, arrays)) for _ in range(3))


def floors(
    network: Any, work: Counter[str], rates: dict[str, dict[str, list[float]]], kind: str, read: float
) -> dict[str, float]:
    """Return the CPU-seconds of both floors."""
    of = shapes(network)
    rows = {shape.name: work["head_rows"] if shape.name == "head" else work["rows"] for shape in of}
    macs = {s.name: s.inputs * s.outputs * s.times * rows[s.name] for s in of}
    a_step = work["rows"] / work["steps"]
    linear = sum(macs[s.name] / max(rates[kind][s.name]) for s in of)
    at_rows = sum(macs[s.name] / np.interp(a_step, ROWS, rates[kind][s.name]) for s in of)
    layers = len(network.layers)
    q, kv = network.heads * network.width, network.kv_heads * network.width
    attention = 2 * layers * q * work["attended"] / max(map(max, rates["float32"].values()))
    size = 1 if kind == "int8" else 4
    weights = size * sum(s.inputs * s.outputs * s.times for s in of) * work["steps"]
    cache = 2 * 4 * layers * kv * (work["own_keys"] + work["prompt_keys"])
    return {
        "products": linear,
        "attention": attention,
        "arithmetic": linear + attention,
        "at_rows": float(at_rows) + attention,
        "unshared": (linear + attention) * work["drawn"] / work["rows"],
        "rows_a_step": a_step,
        "weight_bytes": weights,
        "cache_bytes": cache,
        "bandwidth": read,
        "memory": (weights + cache) / read,
    }


def show(
    console: Console,
    found: dict[str, Any],
    rates: dict[str, dict[str, list[float]]],
    shares: dict[str, float],
    work: Counter[str],
) -> None:
    for line in machine():
        console.print(line, markup=False)
    rows = Table("product", "of", title="10⁹ multiply-adds a CPU-second", box=None, pad_edge=False)
    for n in ROWS:
        rows.add_column(f"{n} rows", justify="right")
    for kind, of in rates.items():
        for name, at in of.items():
            rows.add_row(name, kind, *(f"{x / 1e9:.0f}" for x in at))
    console.print(rows)
    n, cpu, wall = found["continuations"], found["cpu"], found["wall"]
    console.print(
        f"{n} continuations in {cpu:.1f} CPU-s ({n / cpu:.0f} a CPU-second; {wall:.1f} s; medians of "
        f"{len(found['spent'])}): {work['rows']:,} rows in {work['steps']:,} steps, "
        f"{found['rows_a_step']:.0f} each"
    )
    console.print(
        f"arithmetic floor {found['arithmetic']:.1f} CPU-s ({found['products']:.1f} linear maps, "
        f"{found['attention']:.1f} attention): generation runs at {found['arithmetic'] / cpu:.0%} of it; "
        f"at its rows {found['at_rows']:.1f} CPU-s: {found['at_rows'] / cpu:.0%}"
    )
    console.print(
        f"the {work['drawn']:,} tokens that were drawn, each a row of its own, would take "
        f"{found['unshared']:.1f} CPU-s at the arithmetic floor: {found['unshared'] / cpu:.0%}"
    )
    console.print(
        f"memory floor {found['memory']:.1f} CPU-s ({found['weight_bytes'] / 2**30:.0f} GiB of weights, "
        f"{found['cache_bytes'] / 2**30:.1f} GiB of cache at {found['bandwidth'] / 2**30:.0f} GiB/s a thread)"
    )
    parts = Table("part", "share of time", title="profile", box=None, pad_edge=False)
    for part, share in sorted(shares.items(), key=lambda item: -item[1]):
        parts.add_row(part, f"{share:.0%}")
    console.print(parts)


if __name__ == "__main__":
    main()
