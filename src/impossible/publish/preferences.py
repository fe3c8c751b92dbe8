"""The ledger of a run → preferences: of one sentence a rewriting that was kept and one that was rejected."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from huggingface_hub import DatasetCardData

from ..data import store
from ..data.run_folder import RunFolder
from ..data.schema import DUPLICATE, KEPT, SCORE_FIELDS, UNKNOWN, text_id
from ..errors import DataError
from ..filtering.ranking import quality
from ..models.sums import SUMS
from ..students.controls import Controls
from ..students.prompts import prompt
from ..text.escape import markdown
from .folder import split_by_context

_MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
_SCORES = pa.struct([(name, kind) for name, kind, _ in SCORE_FIELDS])
PREFERENCES = pa.schema(
    [
        ("prompt", _MESSAGES),
        ("chosen", _MESSAGES),
        ("rejected", _MESSAGES),
        ("score_chosen", pa.float32()),  # quality of a kept rewriting, 0 to 1
        ("score_rejected", pa.float32()),  # 0: no quality is given to what a critic rejects
        ("rejected_by", pa.string()),
        ("margin", pa.float32()),
        ("scores_chosen", _SCORES),
        ("scores_rejected", _SCORES),
        ("task", pa.string()),
        ("context_id", pa.string()),
    ]
)
_SHOWN = 5


def write_preferences(run: Path, out: Path, per_sentence: int = 2) -> dict[str, int]:
    """Write `data/SPLIT.parquet` and README.md into the new folder `out`; return the rows of each split.

    Raises DataError if no sentence has both a kept and a rejected rewriting, StoreError.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out} is not empty; give a new folder with --out")
    found = list(preferences(RunFolder(run).rows("filter"), per_sentence))
    if not found:
        raise DataError(f"{run} has no sentence with both a kept and a rejected rewriting")
    splits = split_by_context(pa.Table.from_pylist(found, PREFERENCES))
    counts = {name: table.num_rows for name, table in splits.items()}

    def make(new: Path) -> None:
        (new / "data").mkdir()
        for name, table in splits.items():
            pq.write_table(table, new / "data" / f"{name}.parquet", compression="zstd")
        (new / "README.md").write_text(_card(out.resolve().name, counts, found), encoding="utf-8")

    store.make_folder(out, "", make)
    for name in (store.FINGERPRINT_FILE, SUMS):
        (out / name).unlink()
    return counts


def preferences(ledger: pa.Table, per_sentence: int) -> Iterator[dict[str, Any]]:
    """Yield at most `per_sentence` preferences of each sentence of a context.

    Kept rewritings come best first, rejected ones in an order that says nothing of them. A duplicate of a
    kept pair is neither; nor is a pair that misses a score. Either side of a paraphrase rewrites the other.
    """
    rows = ledger.to_pylist()
    worth = _qualities(ledger)
    groups: dict[tuple[str, str, str], dict[bool, list[tuple[float, str, dict[str, Any]]]]] = {}
    for row, value in zip(rows, worth, strict=True):
        if row["verdict"] in (DUPLICATE, UNKNOWN):
            continue
        sides = [(row["source"], row["target"], row)]
        if row["task"] == "paraphrase":
            sides.append((row["target"], row["source"], _turned(row)))
        for source, target, seen in sides:
            group = groups.setdefault((row["context_id"], row["task"], source), {True: [], False: []})
            group[row["verdict"] == KEPT].append((value, target, seen))
    for (_, task, source), group in groups.items():
        kept = sorted(group[True], key=lambda one: (-one[0], one[1]))
        rejected = sorted(group[False], key=lambda one: text_id(source, one[1]))
        for good, bad in list(zip(kept, rejected, strict=False))[:per_sentence]:
            yield _preference(task, source, good, bad)


def _turned(row: dict[str, Any]) -> dict[str, Any]:
    """A pair the other way round: what was said forward is said backward."""
    there, back = "_forward", "_backward"
    swapped = {name: name.replace(there, "\0").replace(back, there).replace("\0", back) for name in row}
    return {name: row.get(other, row[name]) for name, other in swapped.items()}


def _qualities(ledger: pa.Table) -> list[float]:
    """The quality of each pair, 0 of those that are not kept."""
    names = [name for name, _, _ in SCORE_FIELDS]
    scores = {name: ledger[name].to_numpy(zero_copy_only=False).astype(np.float32) for name in names}
    kept = np.array([verdict == KEPT for verdict in ledger["verdict"].to_pylist()])
    tasks = np.array(ledger["task"].to_pylist())
    found = np.zeros(ledger.num_rows, np.float32)
    for task in ("paraphrase", "summary"):
        found = np.where(tasks == task, quality(task, scores, kept), found)
    return list(found.tolist())


def _preference(
    task: str, source: str, good: tuple[float, str, dict[str, Any]], bad: tuple[float, str, dict[str, Any]]
) -> dict[str, Any]:
    (value, chosen, of_chosen), (_, rejected, of_rejected) = good, bad
    return {
        "prompt": _said("user", prompt(task, source, Controls(), True).rstrip("\n")),
        "chosen": _said("assistant", chosen),
        "rejected": _said("assistant", rejected),
        "score_chosen": value,
        "score_rejected": 0.0,
        "rejected_by": of_rejected["verdict"],
        "margin": of_rejected["margin"],
        "scores_chosen": {name: of_chosen[name] for name, _, _ in SCORE_FIELDS},
        "scores_rejected": {name: of_rejected[name] for name, _, _ in SCORE_FIELDS},
        "task": task,
        "context_id": of_chosen["context_id"],
    }


def _said(role: str, content: str) -> list[dict[str, str]]:
    return [{"role": role, "content": content}]


def _card(name: str, counts: dict[str, int], found: Sequence[dict[str, Any]]) -> str:
    files = [{"split": split, "path": f"data/{split}.parquet"} for split in counts]
    matter = DatasetCardData(
        pretty_name=name,
        language="en",
        task_categories=["text-generation"],
        annotations_creators="machine-generated",
        language_creators="machine-generated",
        tags=["preference", "dpo", "trl", "synthetic", "impossible-distillation"],
        configs=[{"config_name": "default", "data_files": files}],
    ).to_yaml()
    shown = "\n".join(
        f"| {' | '.join(markdown(row[side][0]['content']) for side in ('prompt', 'chosen', 'rejected'))} "
        f"| {row['rejected_by']} |"
        for row in found[:_SHOWN]
    )
    splits = ", ".join(f"{n:,} {split}" for split, n in counts.items())
    example = json.dumps([{"role": "user", "content": "paraphrase: …"}], ensure_ascii=False)
    return f"""---
{matter.rstrip()}
---
# {markdown(name)}

Preferences between rewritings of the same English sentence ({splits}): of sentences that a language model
generated, `chosen` was kept by all critics of a run of impossible distillation, and `rejected` was rejected
by the critic `rejected_by`, by `margin`. People have judged none of them. Splits share no context.

| prompt | chosen | rejected | rejected by |
|---|---|---|---|
{shown}

Conversational, as TRL's `DPOTrainer` and `RewardTrainer` read it: `prompt` is `{example}`, `chosen` and
`rejected` are one message of the assistant each. `score_chosen` is the quality of what was kept, 0 to 1;
`score_rejected` is always 0. `scores_chosen` and `scores_rejected` are of each critic; null: not asked.

Critics err: some rejected rewritings are right, and some chosen ones are not. Rejected sentences may hold
anything that a model writes, and no release gate has read them: read them before you publish them.
"""
