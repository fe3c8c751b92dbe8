"""The published procedure on our teacher, our critics and our bounds: what benchmarks/run.py sets us against.

python benchmarks/reference.py RECIPE CONTEXTS.parquet FOLDER [--reload 10] [--set KEY=VALUE …]

Written from its description (Jung et al. 2024, arXiv 2305.16635): 100 continuations of 100 tokens a context
from transformers' `generate` (top-p 0.9, temperature 0.7), of each the first sentence; every pair whose
lengths fit goes through the NLI model both ways, then through the cheap critics; models are loaded anew for
every ten contexts (`--reload 0`: once, as a user of plain transformers would). Where that leaves a choice it
falls in favour of this side: contexts are given and cost nothing; the top-k of 50 that `generate` has by
itself; equal sentences are dropped before they are paired; the small NLI model reads all pairs and the
judge, which is large, only what all others accept; the duplicates' graph takes its edges from scores that
are there already; a sentence's log-probability, for which `generate` would have to do more, is not asked for
(`sampling.min_logprob`).

Critics and bounds are the recipe's, run by the same code as ours: a pair gets the same verdict on both sides.
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
from transformers.utils.logging import disable_progress_bar

from impossible.critics import open_critics
from impossible.critics.base import Critics
from impossible.data import dataset
from impossible.data.schema import SCORES, Candidate, Context, Group
from impossible.filtering.cascade import Ask, Indices, Pairs, Table, cascade, oriented, to_table, unscored
from impossible.filtering.ledger import filter_scores
from impossible.filtering.verdict import Floats, columns
from impossible.generation.groups import candidates, contexts_from_table, groups_to_table
from impossible.models.locate import locate
from impossible.recipe.critics import Bounds, Filter
from impossible.recipe.load import load
from impossible.recipe.recipe import Recipe
from impossible.recipe.teacher import Sampling
from impossible.teachers.base import Continuation

CONTINUATIONS, TOKENS, TEMPERATURE, TOP_P = 100, 100, 0.7, 0.9
# the published order: what fits in length through the NLI model, then the rest
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
    disable_progress_bar()
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
    """The contexts with their first sentences, and how many tokens were drawn."""
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
    """All scores of a group's pairs that the published order asks for, rows of SCORES."""
    sentences = [c.text for c in group.candidates]
    tables = {name: Table(critics[name], sentences) for name in critics}
    source, target = oriented(sentences)

    def ask(critic: str, s: Indices, t: Indices) -> Floats:
        return tables[critic].score(s, t)

    found, roles = [], []
    for task, of_task in bounds.tasks():
        pairs = unscored(task, source, target)
        asked = [name for name in ORDER if name in tables and (task, name) != ("paraphrase", "retention")]
        # the NLI model reads every pair both ways
        steps = [(c, columns(c, task) if c == "judge" else columns(c)) for c in asked]
        alive = cascade(pairs, steps, of_task, ask)
        found.append(to_table(group, sentences, pairs))
        roles += [source[alive], target[alive]]
    return [*found, to_table(group, sentences, _equivalent(roles, ask))]


def _equivalent(roles: Sequence[np.ndarray], ask: Ask) -> Pairs:
    """Both entailments of all sources of accepted pairs among each other, and of all targets."""
    edges = {(a, b) for role in roles for a in set(role.tolist()) for b in set(role.tolist()) if a < b}
    both = np.array(sorted(edges), dtype=np.intp).reshape(-1, 2)
    pairs = unscored("equivalence", both[:, 0], both[:, 1])
    cascade(pairs, [("entailment", columns("entailment"))], Bounds(), ask)
    return pairs


if __name__ == "__main__":
    main()
