"""Dataset → student: the folder stage, made aside and renamed into place when it is whole."""

import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from ..data import store
from ..errors import StoreError
from ..models.locate import digest, locate
from ..recipe.base import TASKS
from ..recipe.distil import Distil
from .augment import join
from .examples import TrainingExample, make_examples, split_examples, tagged
from .info import FILE, Info, read_info, write_info
from .progress import Progress
from .train import CURVE, Trained, together, train

_SEVERAL = {
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
    tell: Callable[[Progress], None] = lambda _: None,
) -> Info:
    """Train a student on pairs (columns task, source, target, perhaps context_id) and put it into `folder`.

    A folder that holds just this student is left as it is. Until it is whole, checkpoints and the loss curve
    lie beside it in `FOLDER.training`, from where an interrupted training goes on. Under `accelerate launch`
    all processes train, and the main one alone writes; each returns when the student is there.
    Raises DataError, ModelError, StoreError.
    """
    if folder.is_dir() and not (folder / FILE).exists() and any(folder.iterdir()):
        raise StoreError(f"{folder} is there and holds no student; choose another --out")
    # what only matters to several students does not make this one another
    settings = settings.model_copy(update=_SEVERAL)
    wanted = store.fingerprint(
        "student", "3", settings.canonical(), str(seed), digest(settings.base), store.checksum(pairs)
    )
    if store.folder_fingerprint(folder) == wanted:
        return read_info(folder)
    every = tagged(make_examples(pairs, settings.tasks), settings, seed)
    examples, held_out = split_examples(every, settings.validation)
    learned = [*examples, *join(examples, settings.joined, seed)]
    work = folder.with_name(f"{folder.name}.training")

    base, processes = locate(settings.base), together()
    if not processes.is_main_process:
        processes.wait_for_everyone()  # until the main one has claimed the folder
        train(learned, held_out, base, folder, work, settings, seed, tell)
        processes.wait_for_everyone()  # until it is in its place
        return read_info(folder)

    def make(new: Path) -> None:
        trained = train(learned, held_out, base, new, work, settings, seed, tell)
        shutil.copyfile(work / CURVE, new / CURVE)
        write_info(new, _info(trained, examples, len(held_out), settings, seed))

    with store.hold(work):
        _claim(work, wanted)
        processes.wait_for_everyone()
        store.make_folder(folder, wanted, make)
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
        base=settings.base,
        pairs=dict(counts),
        held_out=held_out,
        left_out=trained.left_out,
        steps=trained.steps,
        validation_loss=trained.validation_loss,
        settings=settings.model_copy(update={"precision": trained.precision}),
        seed=seed,
    )


def _claim(work: Path, wanted: str) -> None:
    """Clear what a training on other data or settings has left."""
    if store.folder_fingerprint(work) != wanted:
        shutil.rmtree(work / "checkpoints", ignore_errors=True)
        (work / CURVE).unlink(missing_ok=True)
        store.write_text(work / ".fingerprint", wanted)
