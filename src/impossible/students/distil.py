"""Train a student from a dataset and move its folder into place when it is complete."""

import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from ..data import store
from ..errors import StoreError
from ..models.locate import digest, locate
from ..models.progress import Progress
from ..recipe.base import TASKS
from ..recipe.distil import Distil
from ..recipe.public import public_name
from .augment import join
from .examples import TrainingExample, make_examples, split_examples, tagged
from .info import FILE, Info, read_info, write_info
from .train import CURVE, Trained, process_state, train

_IRRELEVANT = {
    "duplicates": "drop",
    "also": (),
    "texts": None,
    "field": None,
    "rounds": 0,
    "sources": 1,
    "learn_from": "all",
    "filter": None,
}


def make_student(
    pairs: pa.Table,
    folder: Path,
    settings: Distil,
    seed: int,
    on_progress: Callable[[Progress], None] = lambda _: None,
    frozen: bool = False,
) -> Info:
    """Train a student on pairs (columns task, source, target, optional context_id) and write it to `folder`.

    If `folder` already has this student, nothing is trained; with `frozen`, raises StoreError if it has not.
    During training, checkpoints and the loss curve
    are in `FOLDER.training`, from which an interrupted training resumes. Under `accelerate launch` all
    processes train and only the main one writes; each returns when the student is complete.
    Raises DataError, ModelError, StoreError.
    """
    if folder.is_dir() and not (folder / FILE).exists() and any(folder.iterdir()):
        raise StoreError(f"{folder} exists and is not a student; choose another --out")
    # reset settings that do not affect this student, so that they do not change its fingerprint
    settings = settings.model_copy(update=_IRRELEVANT)
    fingerprint = store.fingerprint(
        "student", "3", settings.canonical(), str(seed), digest(settings.base), store.checksum(pairs)
    )
    if store.is_made(folder, fingerprint, frozen):
        return read_info(folder)
    tagged_examples = tagged(make_examples(pairs, settings.tasks), settings, seed)
    examples, held_out = split_examples(tagged_examples, settings.validation)
    learned = [*examples, *join(examples, settings.joined, seed)]
    work = folder.with_name(f"{folder.name}.training")

    base, processes = locate(settings.base), process_state()
    if not processes.is_main_process:
        processes.wait_for_everyone()  # until the main process has prepared the work folder
        train(learned, held_out, base, folder, work, settings, seed, on_progress)
        processes.wait_for_everyone()  # until the student is in place
        return read_info(folder)

    def make(new: Path) -> None:
        trained = train(learned, held_out, base, new, work, settings, seed, on_progress)
        shutil.copyfile(work / CURVE, new / CURVE)
        write_info(new, _info(trained, examples, len(held_out), settings, seed))

    with store.hold(work):
        _prepare(work, fingerprint)
        processes.wait_for_everyone()
        store.make_folder(folder, fingerprint, make)
    processes.wait_for_everyone()
    shutil.rmtree(work, ignore_errors=True)
    return read_info(folder)


def _info(
    trained: Trained, examples: Sequence[TrainingExample], held_out: int, settings: Distil, seed: int
) -> Info:
    counts = Counter(example.task for example in examples)
    return Info(
        kind=trained.kind,
        chat=trained.chat,
        tasks=tuple(task for task in TASKS if counts[task]),
        controls=settings.controls,
        max_tokens=settings.max_tokens,
        base=public_name(settings.base),
        pairs=dict(counts),
        held_out=held_out,
        left_out=trained.left_out,
        steps=trained.steps,
        validation_loss=trained.validation_loss,
        # a student is given away: no path of this machine
        settings=settings.model_copy(
            update={"precision": trained.precision, "base": public_name(settings.base)}
        ),
        seed=seed,
    )


def _prepare(work: Path, fingerprint: str) -> None:
    """Remove the checkpoints of a training on other data or settings."""
    if store.folder_fingerprint(work) != fingerprint:
        shutil.rmtree(work / "checkpoints", ignore_errors=True)
        (work / CURVE).unlink(missing_ok=True)
        store.write_text(work / store.FINGERPRINT_FILE, fingerprint)
