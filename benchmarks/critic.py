"""Measure an NLI critic: accuracy, ROC-AUC of entailment, and paraphrase ROC-AUC from the lower direction.

python benchmarks/critic.py FILE.jsonl… [--critic embedded:nli] [--rows 400]
"""

import argparse
import json
import random
import time
from pathlib import Path

from impossible.critics.measure_nli import measure, paraphrase_auc
from impossible.critics.nli import Nli
from impossible.weights import locate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--critic", default="embedded:nli")
    parser.add_argument("--rows", type=int, default=400)
    options = parser.parse_args()
    nli = Nli(locate(options.critic))
    for path in options.files:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        rows = random.Random(7).sample(rows, min(options.rows, len(rows)))
        start = time.perf_counter()
        if "premise" in rows[0]:
            p = nli.probabilities([r["premise"] for r in rows], [r["hypothesis"] for r in rows])
            report = measure(p, [r["label"] for r in rows])
            said = f"accuracy {report.accuracy:.3f}, entailment AUC {report.entailment_auc:.3f}"
        else:
            a, b = [r["source"] for r in rows], [r["target"] for r in rows]
            auc = paraphrase_auc(nli.score(a, b), nli.score(b, a), [r["label"] for r in rows])
            said = f"paraphrase AUC {auc:.3f}"
        print(f"{path.name}: {said} ({len(rows)} rows, {time.perf_counter() - start:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
