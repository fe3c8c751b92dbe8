"""Compare kept pairs per CPU-second of this tool, the published procedure and plain transformers.

python benchmarks/run.py RECIPE --contexts 10 --repeats 3 [--agree 2] [--json FILE]

Every repeat has its own seed and the same contexts for all sides. Each side is a separate process, started in
turn (published, plain, ours, published, …). The time includes starting the interpreter, loading models and,
for ours only, growing the contexts. `published` and `plain` are benchmarks/reference.py with and without
loading models again for every ten contexts. All keep the pairs within the recipe's bounds, without exact
duplicates. CPU is user and system time of a side's processes. "Sentence tokens" are the tokens of well-formed
first sentences, the useful part of the generated tokens. `--agree N` runs N of our contexts through both
cascades, whose verdicts must be equal. `--earlier` adds results that `--json` has written on the same
machine. For the gain of each optimization see benchmarks/ablation.py.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table
from transformers import AutoTokenizer

from impossible.critics import open_critics
from impossible.data import dataset
from impossible.data.schema import KEPT, SCORES
from impossible.data.state import read_state
from impossible.filtering.cascade import score
from impossible.filtering.ledger import filter_scores
from impossible.generation.groups import groups_from_table
from impossible.models.locate import locate
from impossible.models.progress_bars import hide_progress_bars
from impossible.recipe.base import TASKS
from impossible.recipe.load import load
from impossible.recipe.recipe import Recipe
from reference import score_group


@dataclass(frozen=True)
class Measured:
    """One side in one repeat. `generate` is the wall time of generation alone, in seconds."""

    side: str
    seed: int
    cpu: float
    wall: float
    generate: float
    kept: dict[str, int]
    sentence_tokens: int

    @property
    def rate(self) -> float:
        """Kept pairs per CPU-second."""
        return sum(self.kept.values()) / self.cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--contexts", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="sets")
    parser.add_argument("--only", nargs="+", default=["published", "plain", "ours"], metavar="SIDE")
    parser.add_argument("--agree", type=int, default=0, metavar="CONTEXTS")
    parser.add_argument("--json", type=Path, dest="json_file")
    parser.add_argument("--earlier", type=Path, nargs="*", default=[], metavar="FILE", help="count these too")
    options = parser.parse_args()
    hide_progress_bars()
    sets = [f"contexts.count={options.contexts}", *options.sets]
    recipe = load(options.recipe, sets)
    console = Console(width=140, soft_wrap=True)
    for line in machine():
        console.print(line, markup=False)
    found = [Measured(**row) for path in options.earlier for row in json.loads(path.read_text())["measured"]]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        warm(recipe)
        for repeat in range(options.repeats):
            seeded = [*sets, f"seed={recipe.seed + repeat}"]
            contexts = grow(options.recipe, seeded, folder / f"contexts-{repeat}")
            for side in options.only:
                found.append(measure(side, options.recipe, seeded, contexts, folder / f"{side}-{repeat}"))
                console.print(f"repeat {repeat + 1}: {describe(found[-1])}", markup=False)
        same = agreement(recipe, folder / "ours-0", options.agree) if options.agree else None
    console.print(table(found))
    if same is not None:
        console.print(f"the same candidates through both cascades: {same}", markup=False)
    if options.json_file is not None:
        write(options.json_file, options, found, same)


def machine() -> list[str]:
    """Return the processor and the versions that results depend on."""
    try:
        rows = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(row.partition(": ")[2] for row in rows if row.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor()
    names = ("torch", "transformers", "ctranslate2", "onnxruntime", "numpy")
    versions = ", ".join(f"{n} {version(n)}" for n in names)
    return [
        f"{os.cpu_count()} × {name}, {platform.platform()}",
        f"Python {sys.version.split()[0]}, {versions}",
    ]


def warm(recipe: Recipe) -> None:
    """Unpack and convert models beforehand, since this happens once per machine."""
    from impossible.teachers.ctranslate2 import converted

    for model in (recipe.score.nli, recipe.score.judge, recipe.score.similarity, recipe.score.parser):
        locate(model)
    if recipe.teacher.backend == "ctranslate2":
        converted(recipe.teacher.model, recipe.teacher.compute_type)


def grow(recipe: Path, sets: Sequence[str], out: Path) -> Path:
    """Write the contexts of a repeat to one file, for the sides that do not grow them."""
    subprocess.run(ours(recipe, sets, out, "contexts"), check=True, stdout=subprocess.DEVNULL)
    tables = [
        pq.read_table(path).replace_schema_metadata(None) for path in sorted(out.glob("contexts/*.parquet"))
    ]
    pq.write_table(pa.concat_tables(tables), out / "all.parquet")
    return out / "all.parquet"


def ours(recipe: Path, sets: Sequence[str], out: Path, until: str = "filter") -> list[str]:
    overrides = [word for s in sets for word in ("--set", s)]
    to = ["--out", str(out), "--until", until]
    return [sys.executable, "-m", "impossible", "run", str(recipe), *to, *overrides]


def theirs(recipe: Path, sets: Sequence[str], out: Path, contexts: Path, reload: int) -> list[str]:
    overrides = [word for s in sets for word in ("--set", s)]
    script = Path(__file__).with_name("reference.py")
    arguments = [str(recipe), str(contexts), str(out), "--reload", str(reload)]
    return [sys.executable, str(script), *arguments, *overrides]


def measure(side: str, recipe: Path, sets: Sequence[str], contexts: Path, out: Path) -> Measured:
    """Run one side in its own process and read its results."""
    reload = {"published": 10, "plain": 0}.get(side)
    command = ours(recipe, sets, out) if reload is None else theirs(recipe, sets, out, contexts, reload)
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    settings = load(recipe, sets)
    if reload is None:
        pairs, groups = dataset.read(out), read(out.glob("round-0/groups/*.parquet"))
        generate = read_state(out).seconds["generate"]
    else:
        pairs, groups = pq.read_table(out / "pairs.parquet"), read([out / "groups.parquet"])
        generate = json.loads((out / "result.json").read_text())["seconds"]["generate"]
    kept = Counter(pairs["task"].to_pylist())
    tokens = sentence_tokens(groups, settings.teacher.model)
    return Measured(side, settings.seed, cpu, wall, generate, dict(kept), tokens)


def read(files: Iterable[Path]) -> pa.Table:
    return pa.concat_tables([pq.read_table(path).replace_schema_metadata(None) for path in sorted(files)])


def sentence_tokens(groups: pa.Table, model: str) -> int:
    tokenizer = AutoTokenizer.from_pretrained(locate(model))
    found = [c for of_group in groups["candidates"].to_pylist() for c in of_group]
    ids = tokenizer([" " + c["text"] for c in found], add_special_tokens=False)["input_ids"] if found else []
    return sum(c["count"] * len(of_it) for c, of_it in zip(found, ids, strict=True))


def agreement(recipe: Recipe, out: Path, contexts: int) -> dict[str, int]:
    """Count the pairs of the same candidates that both cascades keep, and that only one keeps."""
    groups = groups_from_table(read(out.glob("round-0/groups/*.parquet")))[:contexts]
    critics = open_critics(recipe.score, recipe.execution)
    tasks = [task for task, _ in recipe.filter.tasks()]
    mine, _ = score(groups, critics, recipe.score, tasks, lambda: None)
    published = [table for group in groups for table in score_group(group, critics, recipe.filter)]
    kept = []
    for scores in (mine, pa.concat_tables(published).cast(SCORES)):
        ledger, _ = filter_scores(scores, recipe.filter)
        kept.append(set(ledger.filter(pc.equal(ledger["verdict"], KEPT))["pair_id"].to_pylist()))
    a, b = kept
    return {"both": len(a & b), "only ours": len(a - b), "only published": len(b - a)}


def describe(one: Measured) -> str:
    kept = ", ".join(f"{one.kept.get(task, 0)} {task}" for task in TASKS)
    return f"{one.side}: {kept}; {one.cpu:.0f} CPU-s, {one.wall:.0f} s"


def table(found: Sequence[Measured]) -> Table:
    """Return medians over the repeats; the ratio uses totals, since a repeat may keep no pair."""
    shown = Table(title="medians over repeats", box=None, pad_edge=False)
    shown.add_column("side")
    for name in ("paraphrases", "summaries", "CPU-s", "s", "pairs a CPU-s", "× first", "sentence tokens a s"):
        shown.add_column(name, justify="right")
    first = overall(found, found[0].side)
    for side in dict.fromkeys(one.side for one in found):
        of_side = [one for one in found if one.side == side]
        shown.add_row(
            side,
            *(f"{median(one.kept.get(task, 0) for one in of_side):g}" for task in TASKS),
            f"{median(one.cpu for one in of_side):.0f}",
            f"{median(one.wall for one in of_side):.0f}",
            f"{median(one.rate for one in of_side):.4f}",
            f"{overall(found, side) / first:.2f}" if first else "–",
            f"{median(one.sentence_tokens / one.generate for one in of_side):.0f}",
        )
    return shown


def overall(found: Sequence[Measured], side: str) -> float:
    """Return kept pairs per CPU-second over all repeats."""
    of_side = [one for one in found if one.side == side]
    return sum(sum(one.kept.values()) for one in of_side) / sum(one.cpu for one in of_side)


def write(
    path: Path, options: argparse.Namespace, found: Sequence[Measured], same: dict[str, int] | None
) -> None:
    first = overall(found, found[0].side)
    names = dict.fromkeys(one.side for one in found)
    report = {
        "machine": machine(),
        "contexts": options.contexts,
        "sets": options.sets,
        "measured": [asdict(one) for one in found],
        "pairs_per_cpu_second": {side: overall(found, side) for side in names},
        "times_first": {side: overall(found, side) / first if first else None for side in names},
        "agreement": same,
    }
    path.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
