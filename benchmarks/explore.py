"""Measure the explorer's response time on a large ledger of synthetic pairs; the limit is 300 ms.

python benchmarks/explore.py --rows 1000000
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
from starlette.testclient import TestClient

from impossible.data import store
from impossible.data.run_folder import STAGES, RunFolder
from impossible.data.schema import CONTEXTS, GROUPS, SCORE_FIELDS, SCORES, text_id
from impossible.explore.app import make_app
from impossible.explore.index import open_index
from impossible.filtering.ledger import filter_scores
from impossible.recipe.load import resolve
from impossible.recipe.write import dump

BAR = 0.3
SENTENCES = 40  # per context: 780 pairs
CONTEXTS_A_SHARD = 64
WHOLE = ("the page of pairs", "the page of bounds")  # full pages; others are partial updates
QUESTIONS = {
    WHOLE[0]: "/",
    WHOLE[1]: "/bounds",
    "one word": "/?words=printer",
    "three words": "/?words=printer+very+not",
    "rare phrase": '/?words="printer 77 of"',
    "verdict and domain": "/?verdict=rejected&domain=news",
    "score range": "/?score=judge&low=0.4&high=0.5",
    "sort by judge": "/?sort=-judge",
    "sort by ROUGE-L, word, verdict": "/?sort=rouge_l&words=laptop&verdict=kept",
    "page 200, sorted": "/?sort=-entailment&page=200",
    "last page, sorted": "/?sort=-entailment&page=999999",
    "without a label": "/?label=none",
    "what if: judge": "/bounds?judge.min={:.3f}",
    "what if: ROUGE-L": "/bounds?rouge_l.max={:.3f}",
    "what if: duplicates": "/bounds?duplicates={:.3f}",
    "what if: three at once": "/bounds?judge.min={0:.3f}&rouge_l.max={0:.3f}&entailment.min=0.62",
    "what if: no bound moved": "/bounds",
    "the story of a pair": "/pair/{id}",
}
WORDS = "my our old new laptop printer screen room food day cat dog is was has really very not".split()


def shard(out: Path, index: int, recipe, random: np.random.Generator) -> int:
    """Write one shard of contexts, groups, scores and ledger; return its number of pairs."""
    domains = ("support", "news")
    contexts, groups, columns = [], [], []
    for c in range(CONTEXTS_A_SHARD):
        text = f"Context {index} {c}."
        about = {
            "context_id": text_id(text),
            "domain": domains[c % 2],
            "context": text,
            "origin": "synthetic",
        }
        said = [f"The {' '.join(random.choice(WORDS, 9))} {c} of {index} {i}." for i in range(SENTENCES)]
        contexts.append(about)
        groups.append({**about, "candidates": [{"text": s, "count": 1, "logprob": -9.0} for s in said]})
        a, b = np.triu_indices(SENTENCES, k=1)
        columns.append(([about["context_id"]] * len(a), [about["domain"]] * len(a), a, b, said))
    pairs = pa.table(
        {
            "context_id": [x for c in columns for x in c[0]],
            "domain": [x for c in columns for x in c[1]],
            "source": [c[4][i] for c in columns for i in c[2]],
            "target": [c[4][i] for c in columns for i in c[3]],
        }
    )
    n = pairs.num_rows
    pairs = pairs.append_column("task", pa.array(["paraphrase"] * n))
    for name, _, _ in SCORE_FIELDS:
        # most pairs are near the bounds, so that many are kept and many change
        pairs = pairs.append_column(name, pa.array(random.beta(6, 2, n).astype(np.float32)))
    scores = pairs.select(SCORES.names).cast(SCORES)
    ledger, counts = filter_scores(scores, recipe.filter)
    tables = {
        "contexts": pa.Table.from_pylist(contexts, CONTEXTS),
        "generate": pa.Table.from_pylist(groups, GROUPS),
        "score": scores,
        "filter": ledger,
    }
    for stage, table in tables.items():
        store.write_shard(RunFolder(out).shard_file(stage, index), table, "synthetic", counts)
    return n


def make_run(out: Path, rows: int, seed: int) -> int:
    """Write a run with at least so many pairs; return their number."""
    wide = {
        critic: False
        for critic in ("length_ratio", "numbers", "persons", "well_formed", "entities", "clause")
    }
    bounds = {**wide, "rouge_l": {"max": 0.8}, "similarity": {"min": 0.5}, "entailment": {"min": 0.6}}
    recipe = resolve(
        {
            "score": {"paraphrase": False, "summary": False},
            "filter": {"paraphrase": {**bounds, "judge": {"min": 0.6}, "duplicates": 0.95}, "summary": False},
        }
    )
    random = np.random.default_rng(seed)
    done = index = 0
    while done < rows:
        done += shard(out, index, recipe, random)
        index += 1
    manifest = {"contexts": index * CONTEXTS_A_SHARD, "shards": index, "stages": list(STAGES[:-1])}
    store.write_text(out / "recipe.toml", dump(recipe))
    store.write_text(out / "manifest.json", json.dumps(manifest))
    return done


def seconds(
    client: TestClient, question: str, repeat: int, ids: list[str], part: bool
) -> tuple[list[float], list[float]]:
    """Return wall and CPU times of a response; each request changes a bound."""
    times, busy = [], []
    for i in range(repeat):
        address = question.format(0.5 + (i + 1) / (5 * repeat), id=ids[i % len(ids)])
        address = address.replace("duplicates=0.", "duplicates=0.9") if "duplicates" in address else address
        start, worked = time.perf_counter(), time.process_time()
        assert client.get(address, headers={"x-part": "1"} if part else {}).status_code == 200, address
        times.append(time.perf_counter() - start)
        busy.append(time.process_time() - worked)
    return times, busy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = make_run(Path(folder), given.rows, given.seed)
        start = time.perf_counter()
        with open_index(Path(folder)) as index:
            client = TestClient(make_app(index, "token"), base_url="http://127.0.0.1")
            client.get("/", params={"token": "token"})
            kept = int((index.tasks["paraphrase"].before == 0).sum())
            memory = psutil.Process().memory_info().rss / 2**30
            opened = time.perf_counter() - start
            print(f"{rows:,} rows, {kept:,} kept, opened in {opened:.1f} s, {memory:.1f} GiB", flush=True)
            print(f"{'milliseconds':32}{'median':>9}{'worst':>9}{'of CPU':>9}")
            ids = [f"{pair:016x}" for pair in index.tasks["paraphrase"].pair[:: rows // 10].tolist()]
            slow = []
            for name, question in QUESTIONS.items():
                times, busy = seconds(client, question, given.repeat, ids, name not in WHOLE)
                shown = statistics.median(times), max(times), statistics.median(busy)
                print(f"{name:32}" + "".join(f"{1000 * value:9.0f}" for value in shown), flush=True)
                slow += [name] if statistics.median(times) > BAR else []
    print(f"over {1000 * BAR:.0f} ms: {', '.join(slow) or 'none'}")


if __name__ == "__main__":
    main()
