"""Evaluate each critic: accuracy on NLI sets, ROC-AUC on paraphrase sets, and the gain by the cascade.

python benchmarks/critic.py --nli val_a.jsonl val_b.jsonl --pairs paws_dev.jsonl mrpc.jsonl [--rows 400]

NLI files have premise, hypothesis, label. Paraphrase files have source, target, label (1 or 0), or source and
references. With references, the negative of a source is the reference of another row that is nearest to it
for the bi-encoder, which disadvantages cosine similarity. The score of a pair is the lower of both
directions.
"""

import argparse
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from impossible.critic_training.measure import auc, measure, precision_recall
from impossible.critics.clause import ClauseCritic
from impossible.critics.entities import Entities
from impossible.critics.nli import Nli
from impossible.critics.numbers import Numbers
from impossible.critics.parser import ParsedSentences, load_parser
from impossible.critics.persons import Persons
from impossible.critics.rouge_l import RougeL
from impossible.critics.similarity import Similarity
from impossible.models.locate import locate

Texts = Sequence[str]
Floats = NDArray[np.float32]


def read(path: Path, rows: int) -> list[dict[str, object]]:
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return random.Random(7).sample(found, min(rows, len(found)))


def pairs_of(rows: Sequence[dict], similarity: Similarity) -> tuple[list[str], list[str], NDArray[np.bool_]]:
    if "references" not in rows[0]:
        truth = np.array([row["label"] in (1, "paraphrase") for row in rows])
        return [r["source"] for r in rows], [r["target"] for r in rows], truth
    sources, references = [r["source"] for r in rows], [r["references"][0] for r in rows]
    close = similarity.embed(sources) @ similarity.embed(references).T
    np.fill_diagonal(close, -1)
    wrong = [references[i] for i in close.argmax(1)]
    return sources * 2, references + wrong, np.arange(2 * len(rows)) < len(rows)


def lower(score: Callable[[Texts, Texts], Floats], a: Texts, b: Texts) -> Floats:
    return np.minimum(score(a, b), score(b, a))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--nli", nargs="*", type=Path, default=[])
    parser.add_argument("--pairs", nargs="*", type=Path, default=[])
    parser.add_argument("--critics", nargs="+", default=["embedded:nli", "embedded:judge"])
    parser.add_argument("--rows", type=int, default=400)
    options = parser.parse_args()
    critics = {name: Nli(locate(name)) for name in options.critics}
    if options.nli:
        accuracies(options.nli, critics, options.rows)
    if options.pairs:
        ablation(options.pairs, critics, options.rows)


def accuracies(files: Sequence[Path], critics: dict[str, Nli], limit: int) -> None:
    print(f"| set | {' | '.join(f'{c}: accuracy | AUC | ECE' for c in critics)} |")
    print(f"|---|{'---|' * 3 * len(critics)}")
    totals: dict[str, list[float]] = {name: [] for name in critics}
    for path in files:
        rows = read(path, limit)
        cells = []
        for name, nli in critics.items():
            p = nli.probabilities([r["premise"] for r in rows], [r["hypothesis"] for r in rows])
            report = measure(p, [r["label"] for r in rows])
            totals[name].append(report.accuracy)
            cells.append(
                f"{report.accuracy:.3f} | {report.entailment_auc:.3f} | {report.calibration_error:.3f}"
            )
        print(f"| {path.stem} ({len(rows)}) | {' | '.join(cells)} |", flush=True)
    print(f"| mean | {' | '.join(f'{np.mean(v):.3f} | |' for v in totals.values())} |\n")


def ablation(files: Sequence[Path], critics: dict[str, Nli], limit: int) -> None:
    similarity = Similarity(locate("embedded:minilm-l6"))
    parsed = ParsedSentences(load_parser())
    facts = {
        "numbers": Numbers(),
        "persons": Persons(),
        "entities": Entities(parsed),
        "clause": ClauseCritic(parsed),
    }
    for path in files:
        a, b, truth = pairs_of(read(path, limit), similarity)
        scores = {"word overlap (ROUGE-L)": RougeL().score(a, b), "cosine": similarity.score(a, b)}
        scores |= {name: lower(nli.score, a, b) for name, nli in critics.items()}
        chain, said = np.ones(len(a), np.float32), []
        for name in critics:
            chain = np.minimum(chain, scores[name])
            said.append(name)
            scores[" + ".join(said)] = chain
        for name, critic in facts.items():
            chain = np.where(lower(critic.score, a, b) >= 1, chain, np.float32(0))
            said.append(name)
            scores[" + ".join(said)] = chain
        print(
            f"| {path.stem}: {len(a)} pairs, {truth.mean():.0%} paraphrases | ROC-AUC | P at R 0.3 | at 0.5 |"
        )
        print("|---|---|---|---|")
        for name, score in scores.items():
            precision, recall = precision_recall(score, truth)
            best = [precision[recall >= r].max(initial=0) for r in (0.3, 0.5)]
            print(f"| {name} | {auc(score, truth):.3f} | {best[0]:.2f} | {best[1]:.2f} |", flush=True)
        print()


if __name__ == "__main__":
    main()
