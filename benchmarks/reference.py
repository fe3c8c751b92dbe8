"""Run the published procedure with the recipe's teacher, critics and bounds, as a baseline for run.py.

python benchmarks/reference.py RECIPE CONTEXTS.parquet FOLDER [--reload 10] [--set KEY=VALUE …]

Implemented from its description (Jung et al. 2024, arXiv 2305.16635): 100 continuations of 100 tokens per
context from transformers' `generate` (top-p 0.9, temperature 0.7), of which the first sentence is used. Every
pair whose lengths fit is scored by the NLI model in both directions, then by the cheap critics. Models are
loaded again for every ten contexts (`--reload 0`: once, as a user of plain transformers would). Where the
description leaves a choice, it is made in favour of this baseline: contexts are given at no cost; `generate`
keeps its default top-k of 50; equal sentences are merged before pairing; the small NLI model scores all pairs
and the large judge only those that all others accept; the duplicate graph reuses existing scores; and the
log-probability of a sentence, which would cost `generate` more work, is not used (`sampling.min_logprob`).

Critics and bounds are the recipe's, run by the same code, so that a pair gets the same verdict on both sides.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from impossible.critics import open_critics
from impossible.critics.base import Critics
from impossible.data import dataset
from impossible.data.schema import SCORES, Candidate, Context, Group
from impossible.filtering.cascade import Ask, Indices, Pairs, Table, cascade, oriented, to_table, unscored
from impossible.filtering.ledger import filter_scores
from impossible.filtering.verdict import Floats
from impossible.generation.groups import candidates, contexts_from_table, groups_to_table
from impossible.models.locate import locate
from impossible.models.progress_bars import hide_progress_bars
from impossible.recipe.critic_table import CRITICS
from impossible.recipe.critics import Bounds, Filter
from impossible.recipe.load import load
from impossible.recipe.recipe import Recipe
from impossible.recipe.sampling import Sampling
from impossible.teachers.base import Continuation

CONTINUATIONS, TOKENS, TEMPERATURE, TOP_P = 100, 100, 0.7, 0.9
# the published order: length, NLI model, then the rest
ORDER = (
    "length_ratio",
    "entailment",
    "numbers",
    "persons",
    "prefix",
    "rouge_l",
    "similarity",
    "entities",
    "clause",
    "tree_distance",
    "judge",
    "retention",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("contexts", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--reload", type=int, default=10, metavar="CONTEXTS")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="sets")
    options = parser.parse_args()
    hide_progress_bars()
    recipe = load(options.recipe, options.sets)
    contexts = contexts_from_table(pq.read_table(options.contexts))
    torch.manual_seed(recipe.seed)
    size = options.reload or len(contexts)
    groups: list[Group] = []
    tables = [SCORES.remove_metadata().empty_table()]
    spent: dict[str, float] = {"load": 0.0, "generate": 0.0, "score": 0.0}
    tokens = 0
    for i in range(0, len(contexts), size):
        of_chunk, drawn = generate(contexts[i : i + size], recipe, spent)
        groups, tokens = groups + of_chunk, tokens + drawn
        tables += score(of_chunk, recipe, spent)
    ledger, counts = filter_scores(pa.concat_tables(tables).cast(SCORES), recipe.filter)
    pairs = dataset.assemble(ledger, groups_to_table(groups))
    options.out.mkdir(parents=True, exist_ok=True)
    pq.write_table(pairs, options.out / "pairs.parquet")
    pq.write_table(groups_to_table(groups), options.out / "groups.parquet")
    result = {"seconds": spent, "tokens": tokens, "counts": dict(counts)}
    (options.out / "result.json").write_text(json.dumps(result, indent=2) + "\n")


def generate(contexts: Sequence[Context], recipe: Recipe, spent: dict[str, float]) -> tuple[list[Group], int]:
    """Return the groups of first sentences, and the number of sampled tokens."""
    start = time.perf_counter()
    folder = locate(recipe.teacher.model)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, use_safetensors=True).eval()
    spent["load"] += time.perf_counter() - start
    start, groups, tokens = time.perf_counter(), [], 0
    for context in contexts:
        inputs = tokenizer(context.text, return_tensors="pt")
        with torch.inference_mode():
            ids = model.generate(
                **inputs,
                do_sample=True,
                top_p=TOP_P,
                temperature=TEMPERATURE,
                max_new_tokens=TOKENS,
                num_return_sequences=CONTINUATIONS,
                pad_token_id=tokenizer.pad_token_id or tokenizer.eos_token_id or 0,
            )[:, inputs["input_ids"].shape[1] :]
        tokens += ids.numel()
        texts = tokenizer.batch_decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        groups.append(Group(context, first_sentences(texts, recipe.sampling)))
    spent["generate"] += time.perf_counter() - start
    return groups, tokens


def first_sentences(texts: Sequence[str], settings: Sampling) -> tuple[Candidate, ...]:
    unscored = settings.model_copy(update={"min_logprob": None})
    return candidates([Continuation(text, float("nan")) for text in texts], unscored, Counter())


def score(groups: Sequence[Group], recipe: Recipe, spent: dict[str, float]) -> list[pa.Table]:
    start = time.perf_counter()
    critics = open_critics(recipe.score, recipe.execution)
    spent["load"] += time.perf_counter() - start
    start = time.perf_counter()
    found = [table for group in groups for table in score_group(group, critics, recipe.filter)]
    spent["score"] += time.perf_counter() - start
    return found


def score_group(group: Group, critics: Critics, bounds: Filter) -> list[pa.Table]:
    """Return the scores of a group's pairs in the published order, rows of SCORES."""
    sentences = [c.text for c in group.candidates]
    tables = {name: Table(name, critics[name], sentences) for name in critics}
    source, target = oriented(sentences)

    def ask(critic: str, s: Indices, t: Indices) -> Floats:
        return tables[critic].score(s, t)

    found, roles = [], []
    for task, of_task in bounds.tasks():
        pairs = unscored(task, source, target)
        asked = [name for name in ORDER if name in tables and (task, name) != ("paraphrase", "retention")]
        # the NLI model scores every pair in both directions
        order = [
            (CRITICS[name], CRITICS[name].read(task) if name == "judge" else CRITICS[name].columns)
            for name in asked
        ]
        alive = cascade(pairs, order, of_task, ask)
        found.append(to_table(group, sentences, pairs))
        roles += [source[alive], target[alive]]
    return [*found, to_table(group, sentences, _equivalent(roles, ask))]


def _equivalent(roles: Sequence[np.ndarray], ask: Ask) -> Pairs:
    """Return both entailments among all sources of accepted pairs, and among all targets."""
    edges = {(a, b) for role in roles for a in set(role.tolist()) for b in set(role.tolist()) if a < b}
    both = np.array(sorted(edges), dtype=np.intp).reshape(-1, 2)
    pairs = unscored("equivalence", both[:, 0], both[:, 1])
    nli = CRITICS["entailment"]
    cascade(pairs, [(nli, nli.columns)], Bounds(), ask)
    return pairs


if __name__ == "__main__":
    main()
