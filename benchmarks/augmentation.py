"""Measure whether a student's paraphrases improve a classifier that has few examples.

python benchmarks/augmentation.py STUDENT TRAIN.jsonl TEST.jsonl [--shots 5 10] [--seeds 5] [--pool N] …

Rows have source and label. The classifier is logistic regression on sentence embeddings (all-MiniLM-L6-v2),
trained on 5 and 10 examples per class, drawn anew for each seed. It is trained without augmentation and with
extra copies of each example: the student's paraphrases that the default cascade keeps (at most `--extra`),
the same drafts without the cascade, the example with words dropped and swapped, and the example itself. Every
method gives an example as many copies as the cascade accepted, so that only their text differs. With `--pool`
all seeds draw from the same N random examples per class, each rewritten from `--draws` drafts. This is
faster, but the seeds share examples, which underestimates the spread.
"""

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from impossible import open_student
from impossible.critics.similarity import Similarity
from impossible.models.locate import locate

Rows = list[dict[str, str]]
Copies = dict[str, list[str]]


def read(path: Path) -> Rows:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def few(rows: Rows, shots: int, seed: int) -> Rows:
    """Return `shots` examples per class; a smaller number gives a subset."""
    by_class: dict[str, Rows] = defaultdict(list)
    for row in random.Random(seed).sample(rows, len(rows)):
        by_class[row["label"]].append(row)
    return [row for label in sorted(by_class) for row in by_class[label][:shots]]


def paraphrases(folder: Path, texts: Sequence[str], extra: int, draws: int) -> tuple[Copies, Copies]:
    """Return the accepted outputs of each text, and its first drafts regardless of the cascade."""
    student = open_student(folder)
    accepted, drafts = {}, {}
    for i, answer in enumerate(student.answers("paraphrase", texts, n=draws, draws=draws), 1):
        found = [o for o in answer.outputs if o.text != answer.source]
        accepted[answer.source] = [o.text for o in found if o.accepted][:extra]
        drafts[answer.source] = [o.text for o in random.Random(answer.source).sample(found, len(found))]
        print(f"\r{i} of {len(texts)} rewritten", end="", flush=True)
    print()
    return accepted, drafts


def noisy(text: str, seed: object, chance: float = 0.1) -> str:
    """Drop words at random and swap two words (as EDA, Wei and Zou 2019)."""
    draw = random.Random(f"{seed}/{text}")
    words = [w for w in text.split() if draw.random() >= chance] or text.split()
    if len(words) > 1:
        i, j = draw.sample(range(len(words)), 2)
        words[i], words[j] = words[j], words[i]
    return " ".join(words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("student", type=Path)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--shots", nargs="+", type=int, default=[5, 10])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--extra", type=int, default=2)
    parser.add_argument("--pool", type=int, help="examples a class that all seeds draw from; default all")
    parser.add_argument("--draws", type=int, default=8)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    train, test = read(options.train), read(options.test)
    most = max(options.shots)
    if options.pool:
        train = few(train, max(options.pool, most), seed=0)
    drawn = {row["source"] for seed in range(options.seeds) for row in few(train, most, seed)}
    accepted, drafts = paraphrases(options.student, sorted(drawn), options.extra, options.draws)
    kinds: dict[str, Callable[[str], list[str]]] = {
        "nothing": lambda text: [],
        "student, kept by the cascade": lambda text: accepted[text],
        "student, any draft": lambda text: drafts[text][: len(accepted[text])],
        "words dropped and swapped": lambda text: [noisy(text, i) for i in range(len(accepted[text]))],
        "the example again": lambda text: [text] * len(accepted[text]),
    }
    encoder = Similarity(locate("embedded:minilm-l6"))
    known: dict[str, np.ndarray] = {}

    def embed(texts: Sequence[str]) -> np.ndarray:
        new = sorted(set(texts) - known.keys())
        known.update(zip(new, encoder.embed(new), strict=True) if new else ())
        return np.stack([known[text] for text in texts])

    truth, tests = [row["label"] for row in test], embed([row["source"] for row in test])
    found: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for seed in range(options.seeds):
        for shots in options.shots:
            rows = few(train, shots, seed)
            for kind, copies in kinds.items():
                texts = [(t, r["label"]) for r in rows for t in [r["source"], *copies(r["source"])]]
                model = LogisticRegression(C=10, max_iter=1000)
                model.fit(embed([t for t, _ in texts]), [label for _, label in texts])
                found[kind][shots].append(float(model.score(tests, truth)))
    rate = np.mean([len(v) for v in accepted.values()])
    print(f"{len(drawn)} examples, {rate:.2f} extra copies each; accuracy on {len(test)}, mean (sd) of seeds")
    print("| extra examples |" + "".join(f" {s} a class |" for s in options.shots))
    print("|---|" + "---|" * len(options.shots))
    for kind, by_shots in found.items():
        cells = [f"{np.mean(v):.3f} ({np.std(v, ddof=1):.3f})" for v in by_shots.values()]
        print(f"| {kind} | {' | '.join(cells)} |")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
