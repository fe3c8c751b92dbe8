"""Write run folders with given scores: real files through the real filter, without models."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from impossible.data import dataset, store
from impossible.data.rounds import Round, write_rounds
from impossible.data.run_folder import STAGES, RunFolder
from impossible.data.schema import CONTEXTS, GROUPS, LEDGER, SCORE_FIELDS, SCORES, text_id
from impossible.errors import DataError
from impossible.filtering.ledger import filter_scores
from impossible.generation.contexts import prompts
from impossible.models.locate import digest
from impossible.pipeline.stages import plan
from impossible.recipe.critic_table import CRITICS
from impossible.recipe.load import resolve
from impossible.recipe.recipe import Recipe
from impossible.recipe.write import dump

# A model that no stage loads and that is fast to hash.
NEVER_LOADED = "embedded:nli"
UNUSED = dict.fromkeys(CRITICS, False)
BOUNDS = {
    "paraphrase": {**UNUSED, "rouge_l": {"max": 0.8}, "entailment": {"min": 0.75}, "duplicates": 0.75},
    "summary": False,
}
GATES = {
    **dict.fromkeys(("similarity", "nli", "judge", "parser"), NEVER_LOADED),
    "paraphrase": {**UNUSED, "rouge_l": {"max": 0.9}, "entailment": {"min": 0.5}},
    "summary": False,
}


def recipe(**sections: Any) -> Recipe:
    return resolve(
        {
            "preset": "continuation",
            "contexts": {"domains": ["support"]},
            "teacher": {"model": NEVER_LOADED},
            "score": GATES,
            "filter": BOUNDS,
            "seed": 7,
        }
        | sections
    )


def row(
    context: str, source: str, target: str, rouge: float, forward: float, backward: float
) -> dict[str, Any]:
    return {
        **dict.fromkeys((name for name, _, _ in SCORE_FIELDS), 1.0),
        "context": context,
        "task": "paraphrase",
        "source": source,
        "target": target,
        "rouge_l": rouge,
        "entailment_forward": forward,
        "entailment_backward": backward,
        "judge_forward": None,
        "judge_backward": None,
        "retention": None,
        "tree_distance": None,
    }


# Kept; a duplicate of it; too little entailed; outside the bound of ROUGE-L; kept; outside the gate.
ROWS = [
    row("One.", "a b c", "a b d", 0.5, 0.9, 0.8),
    row("One.", "a b c", "a e f", 0.6, 0.8, 0.8),
    row("One.", "g h i", "g h j", 0.4, 0.6, 0.9),
    row("Two.", "k l m", "k l n", 0.85, 0.9, 0.9),
    row("Three.", "o p q", "o r q", 0.3, 0.85, 0.85),
    row("Two.", "s t u", "s v u", 0.3, 0.4, 0.85),
]


def plant(out: Path, rows: Sequence[dict[str, Any]], settings: Recipe, per_shard: int = 100) -> Path:
    """Write a finished run in one shard, with one context per distinct `context` of the rows."""
    texts = list(dict.fromkeys(r["context"] for r in rows))
    size = {"count": len(texts), "per_shard": per_shard}
    settings = settings.model_copy(update={"contexts": settings.contexts.model_copy(update=size)})
    shards = [texts[i : i + per_shard] for i in range(0, len(texts), per_shard)]
    ledgers, groups = [], []
    for index, some in enumerate(shards):
        chain = Chain(out, settings, index)
        of_it = [r for r in rows if r["context"] in some]
        contexts = [
            {"context_id": text_id(t), "domain": "support", "context": t, "origin": "planted"} for t in some
        ]
        chain.write("contexts", pa.Table.from_pylist(contexts, CONTEXTS), {})
        counts = {"continuations": 9, "candidates": 9}
        groups.append(chain.write("generate", _groups(contexts, of_it), counts))
        scores = pa.Table.from_pylist(
            [{**r, "context_id": text_id(r["context"]), "domain": "support"} for r in of_it], SCORES
        )
        counts = {"pairs": len(of_it) + 10, "paraphrase: rouge_l": 10, "paraphrase: scored": len(of_it)}
        chain.write("score", scores, counts)
        ledgers.append(chain.write("filter", *filter_scores(scores, settings.filter)))
    models = {model: digest(model) for stage in plan(settings) for model in stage.models}
    manifest = {
        "contexts": len(texts), "shards": len(shards), "stages": list(STAGES[:-1]), "machine": "a test",
        "models": models | {"a/model": "0123"}, "versions": {"numpy": "2"}, "execution": {},
    }  # fmt: skip
    store.write_text(out / "recipe.toml", dump(settings))
    store.write_text(out / "manifest.json", json.dumps(manifest))
    for stage in STAGES[:-1]:
        store.append_line(
            out / "journal.jsonl", {"stage": stage, "shard": "00000", "seconds": 1.5, "rows": 1}
        )
    ledger, found = store.concatenate(ledgers, LEDGER), store.concatenate(groups, GROUPS)
    caps = dataset.caps(lambda: [ledger], settings.filter.template_share)
    pairs = dataset.stream(lambda: [(ledger, found)], caps)
    store.make_folder(
        out / "round-0" / "dataset", "planted", lambda new: dataset.write_stream(pairs, new, caps)
    )
    return out


class Chain:
    """Writes the shards of one index, each with the fingerprint of a real run."""

    def __init__(self, out: Path, settings: Recipe, index: int):
        self._out, self._index = out, index
        self._stages = {stage.name: stage for stage in plan(settings)}
        size = settings.contexts.per_shard
        try:
            rows = prompts(settings.contexts, settings.seed)[0]
            self._content = store.checksum(rows.slice(index * size, size))
        except DataError:  # missing corpus
            self._content = ""

    def write(self, name: str, table: pa.Table, counts: dict[str, int] | Counter[str]) -> store.Shard:
        stage = self._stages[name]
        fingerprint = stage.fingerprint([digest(model) for model in stage.models], self._content)
        shard = store.write_shard(
            RunFolder(self._out).shard_file(name, self._index), table, fingerprint, counts
        )
        self._content = shard.checksum
        return shard


def write(
    out: Path, stage: str, index: int, table: pa.Table, counts: dict[str, int] | Counter[str]
) -> store.Shard:
    return store.write_shard(RunFolder(out).shard_file(stage, index), table, "planted", counts)


def _groups(contexts: Sequence[dict[str, str]], rows: Sequence[dict[str, Any]]) -> pa.Table:
    found = []
    for context in contexts:
        of_it = [r for r in rows if r["context"] == context["context"]]
        texts = dict.fromkeys(side for r in of_it for side in (r["source"], r["target"]))
        found.append(
            {**context, "candidates": [{"text": t, "count": 2, "logprob": _logprob(t)} for t in texts]}
        )
    return pa.Table.from_pylist(found, GROUPS)


def _logprob(text: str) -> float:
    """Return the log-probability of an ordinary sentence, or of a memorized one if its text says so."""
    return -0.1 * len(text.split()) if "by heart" in text else -3.5 - len(text.split())


def plant_rounds(run: Path) -> Path:
    """Write the files of two students and their comparison with the teacher, without the students."""
    whole = dataset.read(RunFolder(run).dataset_file())
    store.make_folder(
        run / "round-1" / "dataset", "planted", lambda new: dataset.write(whole.slice(0, 1), new)
    )
    losses = [
        {"step": 10, "loss": 2.0},
        {"step": 20, "loss": 1.5},
        {"step": 20, "eval_loss": 1.75, "epoch": 1.0},
    ]
    for number in (0, 1):
        path = run / f"round-{number}" / "student" / "loss.jsonl"
        path.parent.mkdir(parents=True)
        store.write_text(path, "".join(json.dumps(row) + "\n" for row in losses))
    found = [Round(0, 0, 2, 2, accepted=0.25, quality=0.2), Round(1, 8, 1, 3, accepted=0.5, quality=0.4)]
    write_rounds(run, found)
    outcomes = [
        {"system": name, "metrics": {"accepted": {"value": v, "low": v - 0.1, "high": v + 0.1}}, "p": p}
        for name, v, p in (("teacher, prompted", 0.2, {}), ("student", 0.5, {"accepted": 0.01}))
    ]
    result = {
        "bench": "held-out sentences of the run", "task": "paraphrase", "rows": 9, "digest": "0",
        "settings": {"accepted": "share"}, "outcomes": outcomes,
    }  # fmt: skip
    (run / "evaluation" / "held-out").mkdir(parents=True)
    store.write_text(run / "evaluation/held-out/results.json", json.dumps({"results": [result]}))
    said = {"text": "a <b> c", "verdict": "kept", "quality": 0.5}
    nothing = {"text": "", "verdict": "nothing", "quality": 0.0}
    row = {"task": "paraphrase", "source": "a b c", "teacher, prompted": nothing, "student": said}
    store.write_text(run / "evaluation/held-out/outputs.jsonl", json.dumps(row) + "\n")
    return run
