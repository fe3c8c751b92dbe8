"""A run's dataset in the form of the Hugging Face Hub: Parquet by split, card, recipe; behind a gate."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from . import dataset, release, store
from .calibrate import read_judgements, wilson
from .errors import DataError
from .execute import read_state
from .records import text_id
from .release import Finding
from .report.card import write_card
from .report.gather import gather

SHARES = {"train": 0.9, "validation": 0.05, "test": 0.05}


@dataclass(frozen=True, slots=True)
class Release:
    """What was published: pairs by split, and what the gate had found."""

    folder: Path
    splits: Mapping[str, int]
    student: bool
    findings: Sequence[Finding]


def publish(
    run: Path,
    folder: Path,
    against: Sequence[Path] = (),
    corpora: Sequence[Path] = (),
    licences: Mapping[str, str] | None = None,
    anyway: bool = False,
) -> Release:
    """Write the dataset of all rounds of a run, and its best student, as a folder for the hub.

    `licences` names those of `dataset`, `corpus` and of models that do not say theirs. Raises DataError if
    the gate finds something, unless `anyway`; StoreError.
    """
    read_state(run)
    licences = dict(licences or {})
    if folder.exists() and any(folder.iterdir()):
        raise DataError(f"{folder} is not empty; give --to a new folder")
    pairs = dataset.read(run)
    findings = release.check(run, pairs, against, corpora, licences)
    if findings and not anyway:
        listed = "; ".join(f"{finding.kind}: {finding.text}" for finding in findings)
        raise DataError(f"not published; the release gate found: {listed} (--anyway publishes all the same)")
    splits = split_by_context(pairs)
    student = best_student(run)
    store.make_folder(folder, "", lambda new: _write(new, run, splits, student, licences, findings))
    (folder / ".fingerprint").unlink()
    counts = {name: table.num_rows for name, table in splits.items()}
    return Release(folder, counts, student is not None, findings)


def split_by_context(pairs: pa.Table) -> dict[str, pa.Table]:
    """train, validation and test: contexts in the order of a hash, so that each is in one split only.

    With fewer than three contexts all is train.
    """
    contexts = sorted(set(pairs["context_id"].to_pylist()), key=lambda i: text_id("split", i))
    n = len(contexts)
    held = {name: max(1, round(share * n)) for name, share in SHARES.items() if name != "train"}
    if n < 3:
        held = dict.fromkeys(held, 0)
    edges = np.cumsum([n - sum(held.values()), *held.values()]).tolist()
    found = {}
    for name, start, end in zip(SHARES, [0, *edges], edges, strict=False):
        some = pa.array(contexts[start:end], pa.string())
        table = pairs.filter(pc.is_in(pairs["context_id"], some))
        if table.num_rows:
            found[name] = table
    return found


def best_student(run: Path) -> Path | None:
    """The student of the round that was worth most, if the run has one."""
    if not any(run.glob("round-*/student")):
        return None
    from .students.rounds import REPORT, Round, best

    rounds = [Round(**row) for row in json.loads((run / REPORT).read_text(encoding="utf-8"))]
    return run / f"round-{best(rounds).number}" / "student"


def _write(
    new: Path,
    run: Path,
    splits: Mapping[str, pa.Table],
    student: Path | None,
    licences: Mapping[str, str],
    findings: Sequence[Finding],
) -> None:
    (new / "data").mkdir()
    for split, table in splits.items():
        for task in sorted(set(table["task"].to_pylist())):
            rows = table.filter(pc.equal(table["task"], task))
            pq.write_table(rows, new / "data" / f"{task}-{split}.parquet", compression="zstd")
    shutil.copyfile(run / "recipe.toml", new / "recipe.toml")
    if student is not None:
        shutil.copytree(student, new / "student", ignore=shutil.ignore_patterns(".*", "checkpoint*"))
    write_card(new, gather(run), splits, licences, precision(run, splits), findings)


def precision(run: Path, splits: Mapping[str, pa.Table]) -> dict[str, tuple[int, int, float, float]]:
    """Task → right, judged and the 95 % interval of their share, of the published pairs that were judged."""
    found = {}
    for task, ids in _ids(splits).items():
        said = [right for i, right in read_judgements(run, task).items() if i in ids and right is not None]
        if said:
            found[task] = (sum(said), len(said), *wilson(sum(said) / len(said), len(said)))
    return found


def _ids(splits: Mapping[str, pa.Table]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table in splits.values():
        for task, pair_id in zip(table["task"].to_pylist(), table["pair_id"].to_pylist(), strict=True):
            found.setdefault(task, set()).add(pair_id)
    return found
