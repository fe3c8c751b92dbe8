"""A run's dataset and student → a folder for the Hugging Face Hub: release gate, Parquet splits, cards."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..data import dataset, store
from ..data.rounds import run_student
from ..data.run_folder import RECIPE_FILE, RunFolder
from ..data.schema import text_id
from ..data.state import read_state
from ..errors import DataError, StoreError
from ..evaluate.safety import of_run
from ..metrics.models import Models
from ..models.sums import SUMS
from ..recipe.public import public_distil, public_name
from ..recipe.write import dump
from ..report.gather import gather
from ..students.info import FILE, read_info, write_info
from ..students.train import CURVE
from ..text.escape import visible
from . import gate
from .croissant import write_croissant
from .dataset_card import write_card
from .gate import KINDS, Finding
from .leaks import leaks, masked, private
from .model_card import write_model_card

CHOICES = tuple(kind.replace(" ", "-") for kind in KINDS)
_OF_STUDENT = (
    FILE, CURVE, "config.json", "generation_config.json", "*.safetensors", "*.safetensors.index.json",
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "vocab.txt", "merges.txt", "spiece.model", "tokenizer.model", "sentencepiece.bpe.model",
    "chat_template.jinja",
)  # fmt: skip
SHARES = {"train": 0.9, "validation": 0.05, "test": 0.05}


@dataclass(frozen=True, slots=True)
class Release:
    """What was published: pairs by split, and the findings of the gate."""

    folder: Path
    splits: Mapping[str, int]
    student: bool
    findings: Sequence[Finding]


class Refused(DataError):
    """The release gate found something that is not allowed; `findings` lists everything it found."""

    def __init__(self, findings: Sequence[Finding]):
        self.findings = findings
        kinds = ", ".join(dict.fromkeys(finding.kind for finding in findings))
        super().__init__(
            f"not published: the release gate found {len(findings)} faults ({kinds}); fix them, or "
            "allow them with --allow KIND or --anyway"
        )


def publish(
    run: Path,
    folder: Path,
    against: Sequence[Path] = (),
    corpora: Sequence[Path] = (),
    licences: Mapping[str, str] | None = None,
    allow: Sequence[str] = (),
    name: str = "",
    home: str = "",
    contexts: bool = True,
) -> Release:
    """Write the dataset of all rounds of a run, and its best student, as a folder for the hub.

    `licences` holds those of `dataset`, `corpus` and models whose licence is unknown; `allow` the kinds of
    findings (CHOICES) to ignore; `name` and `home` are the dataset's, for its metadata. Without `contexts`,
    that column is empty.
    Raises Refused if the gate finds anything else, DataError, StoreError.
    """
    _check_allowed(allow)
    read_state(run)
    licences = dict(licences or {})
    if folder.exists() and any(folder.iterdir()):
        raise DataError(f"{folder} is not empty; give a new folder with --to")
    pairs = dataset.read(run)
    if not contexts:
        place = pairs.schema.get_field_index("context")
        pairs = pairs.set_column(place, pairs.field(place), pa.array([""] * pairs.num_rows, pa.string()))
    findings = gate.check(run, pairs, against, corpora, licences)
    if any(finding.kind.replace(" ", "-") not in allow for finding in findings):
        raise Refused(findings)
    splits = split_by_context(pairs)
    student = run_student(run)
    recipe = RunFolder(run).recipe()
    texts = private(run, recipe)
    shown = [replace(finding, text=masked(finding.text, texts)) for finding in findings]
    all_licences, compared = gate.all_licences(run, recipe, licences), [path.name for path in against]
    about = _About(visible(name or run.resolve().name), home, all_licences, shown, compared)

    def make(new: Path) -> None:
        _write(new, run, splits, student, about)
        if "secret" not in allow and (found := list(leaks(new, texts))):
            raise Refused(found)

    store.make_folder(folder, "", make)
    for name in (store.FINGERPRINT_FILE, SUMS):
        (folder / name).unlink()
    counts = {name: table.num_rows for name, table in splits.items()}
    return Release(folder, counts, student is not None, findings)


def _check_allowed(kinds: Sequence[str]) -> None:
    for kind in kinds:
        if kind not in CHOICES:
            raise DataError(f"--allow {kind}: unknown kind of finding; allowed: {', '.join(CHOICES)}")


def split_by_context(pairs: pa.Table) -> dict[str, pa.Table]:
    """Split pairs into train, validation and test by a hash of their context, so that splits share none.

    With fewer than three contexts, all pairs are in train.
    """
    contexts = sorted(set(pairs["context_id"].to_pylist()), key=lambda i: text_id("split", i))
    n = len(contexts)
    held_out = {name: max(1, round(share * n)) for name, share in SHARES.items() if name != "train"}
    if n < 3:
        held_out = dict.fromkeys(held_out, 0)
    edges = np.cumsum([n - sum(held_out.values()), *held_out.values()]).tolist()
    found = {}
    for name, start, end in zip(SHARES, [0, *edges], edges, strict=False):
        some = pa.array(contexts[start:end], pa.string())
        table = pairs.filter(pc.is_in(pairs["context_id"], some))
        if table.num_rows:
            found[name] = table
    return found


@dataclass(frozen=True, slots=True)
class _About:
    """Metadata for the cards that is not in the run."""

    name: str
    home: str
    licences: Mapping[str, str]
    findings: Sequence[Finding]
    against: Sequence[str]


def _write(new: Path, run: Path, splits: Mapping[str, pa.Table], student: Path | None, about: _About) -> None:
    (new / "data").mkdir()
    for split, table in splits.items():
        for task in sorted(set(table["task"].to_pylist())):
            rows = table.filter(pc.equal(table["task"], task))
            rows = rows.replace_schema_metadata(None)  # whatever the run's file says besides its columns
            pq.write_table(rows, new / "data" / f"{task}-{split}.parquet", compression="zstd")
    facts = gather(run)
    store.write_text(new / RECIPE_FILE, dump(facts.recipe))
    if student is not None:
        _copy_student(student, new / "student")
        write_model_card(new / "student", facts, about.name, about.licences)
    safety = of_run(run, Models(), facts.recipe.seed)
    write_card(new, facts, splits, about.name, about.licences, about.findings, safety, about.against)
    write_croissant(new, facts, about.name, about.licences, about.home)


def _copy_student(student: Path, new: Path) -> None:
    """Copy the files of a student that a release has, and no other. Raises StoreError for a link."""
    new.mkdir()
    for path in sorted(student.iterdir()):
        if any(path.match(pattern) for pattern in _OF_STUDENT):
            if path.is_symlink() or not path.is_file():
                raise StoreError(f"{path} is no file of its own; put the file itself there, or remove it")
            shutil.copyfile(path, new / path.name)
    info = read_info(new)
    settings = public_distil(info.settings)
    write_info(new, info.model_copy(update={"base": public_name(info.base), "settings": settings}))
