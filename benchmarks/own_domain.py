"""Compare a student with its own teacher on unseen sentences of its domain.

python benchmarks/own_domain.py STUDENT RUN [--rows 200] [--unseen-by OTHER] [--outputs FILE.jsonl]

RUN is a run of the same domain with another seed. Its sentences are sampled at random, without those that are
also in OTHER, the run that the student was trained on (for summaries, with at least eight words). The
teacher, with four examples in its prompt, and the student each write 8 outputs per sentence, and RUN's
cascade chooses among them. p is by approximate randomization over sentences. --outputs writes the best
outputs side by side.
"""

import argparse
import json
import random
from pathlib import Path

from impossible.data.run_folder import RunFolder
from impossible.evaluate.held_out import against_teacher
from impossible.models.progress_bars import hide_progress_bars
from impossible.recipe.load import load
from impossible.students.student import Student


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("student", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--unseen-by", type=Path, metavar="RUN")
    parser.add_argument("--outputs", type=Path)
    options = parser.parse_args()
    hide_progress_bars()
    recipe = load(options.run / "recipe.toml")
    seen = written(options.unseen_by) if options.unseen_by else set()
    texts = sorted(written(options.run) - seen)
    random.Random(recipe.seed).shuffle(texts)
    sources = {
        "paraphrase": texts[: options.rows],
        "summary": [text for text in texts[options.rows :] if len(text.split()) >= 8][: options.rows],
    }
    student = Student.load(options.student, recipe.filter, recipe.score, recipe.execution)
    results, rows = against_teacher(sources, student, recipe)
    print("| task | rows | system | accepted | quality | ROUGE-L to the source | compression |")
    print("|---|---|---|---|---|---|---|")
    for found in results:
        for one in found.outcomes:
            cells = [
                f"{x.value:.3f} ({x.low:.3f} to {x.high:.3f})" + (f", p {one.p[name]:.3f}" if one.p else "")
                for name, x in one.metrics.items()
            ]
            print(f"| {found.task} | {found.rows} | {one.system} | {' | '.join(cells)} |")
    if options.outputs:
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        options.outputs.write_text("".join(lines), encoding="utf-8")


def written(run: Path) -> set[str]:
    """Return every candidate of a run."""
    groups = (group for shard in RunFolder(run).shards("generate") for group in shard.table().to_pylist())
    return {candidate["text"] for group in groups for candidate in group["candidates"]}


if __name__ == "__main__":
    main()
