"""Restate the sentences of a corpus with one part switched off at a time, and by the published procedure.

python benchmarks/restatement.py CORPUS [--field text] [--count 36] [--only PART …] [--out FOLDER]

Every run has the same sentences, models, critics and bounds. CPU-seconds are those of `impossible run` up to
the dataset (user and system, all threads). The published procedure
continues a sentence as often as it is restated. FOLDER keeps the runs, to read their pairs.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from impossible.data.dataset import read

BOTH = ("paraphrase", "summary")
# part → the settings without it
PARTS: dict[str, list[str]] = {
    "as it is": [],
    "no demonstrations": ["restatement.demonstrations=0"],
    "the same demonstrations for all": ["restatement.pool=3"],
    "a cue that asks for nothing": [f'restatement.{task}.cue="Also,"' for task in BOTH],
    "no bonus": [f"restatement.{task}.bonus=0" for task in BOTH],
    "copies of at most 8 tokens": ["restatement.copied=8"],
    "no edits by grammar": ["restatement.edits=0"],
    "no template cap": ["filter.template_share=1"],
    "free pairs too": ['score.pairs="all"'],
    "published": ["preset=continuation", 'teacher.backend="tree"', "sampling.per_context=80"],
}


@dataclass(frozen=True)
class Measured:
    """What one run kept: pairs by task, those that are anchored, sentences with one, words, CPU-seconds."""

    part: str
    pairs: dict[str, int]
    anchored: int
    sentences: int
    words: float
    seconds: float

    def row(self) -> str:
        """A row of the table."""
        rate = 1000 * sum(self.pairs.values()) / self.seconds
        counts = " | ".join(str(self.pairs[task]) for task in BOTH)
        return (
            f"| {self.part} | {counts} | {self.anchored} | {self.sentences} | {self.words:.1f} | "
            f"{self.seconds:.0f} | {rate:.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--field", default="text")
    parser.add_argument("--count", type=int, default=36)
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", default=list(PARTS))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    out = options.out or Path(tempfile.mkdtemp(prefix="restatement-"))
    print("| | paraphrases | summaries | anchored | sentences | words | CPU-s | pairs per 1,000 CPU-s |")
    print("|---|---|---|---|---|---|---|---|")
    for part in options.only:
        sets = [f'contexts.corpus="{options.corpus.resolve()}"', f'contexts.field="{options.field}"']
        sets += [f"contexts.count={options.count}", "seed=31", *PARTS[part]]
        print(run(part, sets, out / part.replace(" ", "-")).row(), flush=True)


def run(part: str, sets: Sequence[str], folder: Path) -> Measured:
    folder.parent.mkdir(parents=True, exist_ok=True)
    recipe = folder.parent / "empty.toml"
    recipe.write_text("")
    command = [
        sys.executable,
        "-m",
        "impossible",
        "run",
        str(recipe),
        "--out",
        str(folder),
        "--until",
        "filter",
    ]
    for one in sets:
        command += ["--set", one]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    rows = read(folder).to_pylist()
    texts = [text for row in rows for text in (row["source"], row["target"])]
    return Measured(
        part,
        {task: sum(row["task"] == task for row in rows) for task in BOTH},
        sum(row["anchored"] for row in rows),
        len({row["context_id"] for row in rows}),
        sum(len(text.split()) for text in texts) / max(len(texts), 1),
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    )


if __name__ == "__main__":
    main()
