"""Measure what each optimization saves: disable one at a time, on the same contexts, in one process.

python benchmarks/ablation.py RECIPE [--contexts 2] [--only MEASURE …] [--set KEY=VALUE] [--json FILE]

Optimizations of generation sample all groups again and score them. Optimizations of the cascade score the
same groups and must keep the same pairs. Each is disabled by a setting or, where there is none, by a patch of
the code. CPU-seconds (user and system, all threads) exclude the loading of models. Contexts are grown
beforehand.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pyarrow.compute as pc
from rich.console import Console
from rich.table import Table as Shown
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from impossible.critics import nli, open_critics
from impossible.critics.base import Critics
from impossible.data.schema import Candidate, Context, Group
from impossible.filtering import cascade
from impossible.filtering.cascade import Indices, Step, Table
from impossible.filtering.ledger import filter_scores
from impossible.filtering.verdict import Floats
from impossible.generation import groups
from impossible.generation.contexts import grow, prompts
from impossible.generation.groups import contexts_from_table
from impossible.models.locate import locate
from impossible.models.progress_bars import hide_progress_bars
from impossible.recipe.base import TASKS
from impossible.recipe.load import load
from impossible.recipe.recipe import Recipe
from impossible.recipe.sampling import Sampling
from impossible.teachers import open_teacher
from impossible.teachers.base import Continuation, Decoding
from impossible.teachers.sentence_stop import SentenceStop
from run import machine

_GATES = [f"score.{task}.{{}}=false" for task in TASKS]
_CHEAP = ("length_ratio", "numbers", "persons", "prefix", "rouge_l", "similarity")


def no_stop() -> AbstractContextManager[object]:
    """Sample continuations to `max_tokens`; their probability is still that of the first sentence."""
    push = SentenceStop.push

    def on(self: SentenceStop, token: int, surface: str, logprob: float) -> bool:
        if self._left:
            push(self, token, surface, logprob)
        else:
            self.ids.append(token)
        return False

    return patch.object(SentenceStop, "push", on)


def all_finished() -> AbstractContextManager[object]:
    """Sample improbable continuations to the end before dropping them."""

    def patient(*values: float, min_logprob: float, **named: int) -> Decoding:
        return Decoding(*values, **named)

    return patch.object(groups, "Decoding", patient)


def repeats_paired() -> AbstractContextManager[object]:
    """Keep repeated sentences as separate candidates."""
    distinct = groups.candidates

    def candidates(
        continuations: Sequence[Continuation], settings: Sampling, counts: Counter[str]
    ) -> tuple[Candidate, ...]:
        found = distinct(continuations, settings, counts)
        return tuple(replace(c, count=1) for c in found for _ in range(c.count))

    return patch.object(groups, "candidates", candidates)


def nothing_shared() -> AbstractContextManager[object]:
    """Score pairs separately for each task."""

    def alone(self: Table, sources: Indices, targets: Indices) -> Floats:
        texts = ([self._sentences[i] for i in of] for of in (sources, targets))
        return self._critic.score(*texts) if len(sources) else np.empty(0, np.float32)

    return patch.object(Table, "score", alone)


def both_ways() -> AbstractContextManager[object]:
    """Let entailment and judge score both directions of each pair, whatever the first score."""
    expensive = cascade._expensive

    def at_once(critics: Critics, task: str) -> Iterator[Step]:
        for critic, columns in expensive(critics, task):
            if critic.name not in ("entailment", "judge") or task == "summary":
                yield critic, columns
            elif not columns[0].backward:
                yield critic, critic.columns

    return patch.object(cascade, "_expensive", at_once)


def pairs_alone() -> AbstractContextManager[object]:
    """Let the judge read each whole pair, in padded float32 batches of transformers."""
    folder = locate("embedded:judge")
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    slow = nli._Transformers(model, AutoTokenizer.from_pretrained(folder), 0, 0)
    return patch.object(nli._Packed, "logits", lambda _, *pairs: slow.logits(*pairs))


def embedded_again() -> AbstractContextManager[object]:
    """Embed sentences once per task."""

    def afresh(self: Table, s: Indices, t: Indices) -> Floats:
        return self._critic.score([self._sentences[i] for i in s], [self._sentences[i] for i in t])

    return patch.object(Table, "_score", afresh)


Patch = Callable[[], AbstractContextManager[object]]
# optimization → the settings and the patch that disable it
GENERATION: dict[str, tuple[list[str], Patch]] = {
    "shared prefixes computed once (CTranslate2 instead)": (["teacher.backend=ctranslate2"], nullcontext),
    "int8 (float32 instead)": (["teacher.compute_type=float32"], nullcontext),
    "both (transformers in float32 instead)": (
        ["teacher.backend=transformers", "teacher.compute_type=float32"],
        nullcontext,
    ),
    "top-k before top-p": (["sampling.top_k=0"], nullcontext),
    "stop at the sentence's end": ([], no_stop),
    "improbable ones left unfinished": ([], all_finished),
    "equal sentences paired once": ([], repeats_paired),
}
CASCADE: dict[str, tuple[list[str], Patch]] = {
    "bi-encoder before the NLI model": ([gate.format("similarity") for gate in _GATES], nullcontext),
    "all critics without a parser or cross-encoder first": (
        [gate.format(critic) for critic in _CHEAP for gate in _GATES],
        nullcontext,
    ),
    "parser before the NLI model": (
        [gate.format(critic) for critic in ("entities", "clause") for gate in _GATES],
        nullcontext,
    ),
    "NLI model before the judge": ([gate.format("entailment") for gate in _GATES], nullcontext),
    "second way after the first": ([], both_ways),
    "scores shared by both tasks": ([], nothing_shared),
    "each sentence embedded once": ([], embedded_again),
    "judge: beginnings shared, no padding, bfloat16": ([], pairs_alone),
}


@dataclass(frozen=True)
class Measured:
    """CPU-seconds of generation and scoring, the kept pairs, and whether they equal ours."""

    measure: str
    generate: float
    score: float
    kept: int
    same: bool

    @property
    def total(self) -> float:
        """Total CPU-seconds."""
        return self.generate + self.score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--contexts", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=[*GENERATION, *CASCADE], metavar="MEASURE")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="sets")
    parser.add_argument("--json", type=Path, dest="json_file")
    options = parser.parse_args()
    hide_progress_bars()
    console = Console(width=140, soft_wrap=True)
    for line in machine():
        console.print(line, markup=False)
    recipe = load(options.recipe, options.sets)
    critics = open_critics(recipe.score, recipe.execution)
    for critic in critics.values():  # warm up the models
        critic.score(["A cat sat on a mat."], ["A cat was on the mat."])
    contexts = contexts_of(recipe, options.contexts)
    groups, drawn = draw(contexts, recipe)
    seconds, kept = judged(groups, critics, recipe)
    found = [Measured("none: as it is", drawn, seconds, len(kept), True)]
    for name in options.only or [*GENERATION, *CASCADE]:
        sets, off = (GENERATION | CASCADE)[name]
        other = load(options.recipe, [*options.sets, *sets])
        with off():
            of_it, took = draw(contexts, other) if name in GENERATION else (groups, drawn)
            seconds, pairs = judged(of_it, critics, other)
        found.append(Measured(name, took, seconds, len(pairs), pairs == kept))
        console.print(found[-1], markup=False)
    console.print(table(found, contexts))
    if options.json_file is not None:
        rows = [asdict(one) for one in found]
        report = {"machine": machine(), "contexts": len(contexts), "sets": options.sets, "measured": rows}
        options.json_file.write_text(json.dumps(report, indent=2) + "\n")


def contexts_of(recipe: Recipe, count: int) -> list[Context]:
    rows, _ = prompts(recipe.contexts, recipe.seed)
    sampler = open_teacher(recipe.teacher, recipe.execution)
    return contexts_from_table(grow(rows[:count], sampler, recipe.contexts, recipe.seed))


def draw(contexts: Sequence[Context], recipe: Recipe) -> tuple[list[Group], float]:
    """Return the groups and the CPU-seconds of sampling them."""
    sampler = open_teacher(recipe.teacher, recipe.execution)
    start = time.process_time()
    made, _ = groups.generate(contexts, sampler, recipe.sampling, recipe.seed, 0, lambda: None)
    return made, time.process_time() - start


def judged(groups: Sequence[Group], critics: Critics, recipe: Recipe) -> tuple[float, set[str]]:
    """Return the CPU-seconds of scoring and filtering groups, and the kept pairs."""
    start = time.process_time()
    scores, _ = cascade.score(
        groups, critics, recipe.score, [t for t, _ in recipe.filter.tasks()], lambda: None
    )
    ledger, _ = filter_scores(scores, recipe.filter)
    kept = ledger.filter(pc.equal(ledger["verdict"], "kept"))["pair_id"].to_pylist()
    return time.process_time() - start, set(kept)


def table(found: Sequence[Measured], contexts: Sequence[Context]) -> Shown:
    shown = Shown(title=f"{len(contexts)} contexts, CPU-seconds", box=None, pad_edge=False)
    shown.add_column("measure that is off", no_wrap=True)
    for head in ("generate", "score", "all", "× ours", "kept", "the same pairs"):
        shown.add_column(head, justify="right", no_wrap=True)
    for one in found:
        shown.add_row(
            one.measure,
            f"{one.generate:.1f}",
            f"{one.score:.1f}",
            f"{one.total:.1f}",
            f"{one.total / found[0].total:.2f}",
            f"{one.kept}",
            "yes" if one.same else "other draws" if one.measure in GENERATION else "no",
        )
    return shown


if __name__ == "__main__":
    main()
