"""Run self-distillation: a student rewrites new sentences, the cascade filters, a new student is trained.

In round r, student r−1 draws `DRAWS` outputs for each new sentence (x from the teacher, y from the student,
as in Jung et al. 2024). The accepted output with the highest quality (`rank.quality`) forms
a pair. The student of each round is trained from the base model.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..data import dataset, store
from ..data.pairs import pair_table
from ..data.rounds import Round, read_rounds, write_rounds
from ..data.run_folder import RunFolder
from ..data.schema import DATASET, text_id
from ..errors import StoreError
from ..filtering.cascade import as_scores
from ..filtering.ranking import worth
from ..filtering.verdict import Floats
from ..generation.corpus import read_documents
from ..models.progress import Pace, Progress
from ..recipe.base import TASKS
from ..recipe.critic_table import CRITICS
from ..recipe.critics import Filter
from ..recipe.distil import Distil
from ..recipe.recipe import Recipe
from ..text.sentences import defect, split
from .distil import make_student
from .examples import make_examples, split_examples
from .student import Answer, Student

DRAWS = 8
_PART = 32  # sentences per stored part
_MEASURED = 200  # maximum held-out sentences per task
_HELD_OUT_TEXTS = 50  # maximum held-out sentences of `distil.texts`; at most a tenth of them
SourceSentence = tuple[str, str, str, str]  # context id, domain, context, text


def run_rounds(
    out: Path,
    recipe: Recipe,
    groups: pa.Table,
    rivals: pa.Table,
    on_progress: Callable[[str, Progress], None] = lambda *_: None,
    frozen: bool = False,
) -> list[Round]:
    """Train the student of round 0 on a run's dataset, then run up to `distil.rounds` further rounds.

    Stops after a round that yields no pair or whose student does not improve the quality on held-out
    sentences; without any, all rounds are run. With `distil.texts`, some of these sentences are held out too.
    `groups` (schema GROUPS) has the sentences to rewrite, `rivals` the pairs dropped as duplicates. Each
    round's dataset and student are in `round-R/`, the comparison is in `rounds.json`. With `frozen`, makes
    nothing: raises StoreError for the first part that is missing, damaged or of another run.
    """
    assert recipe.distil is not None
    pairs = learned_from(out, recipe, rivals)
    judged = [task for task, _ in round_bounds(recipe).tasks()]
    tests = {task: own for task, own in held_out(pairs, recipe).items() if task in judged}
    rounds: list[Round] = []
    used = _sentences(pairs)
    sentences = _sentences_to_rewrite(groups, recipe.distil)
    if recipe.distil.texts is not None:  # the rounds adapt the student to these, so they are measured too
        shuffled = _shuffled_unused(sentences, used, recipe.seed, "held-out")
        held_out_texts = [text for *_, text in shuffled[: min(_HELD_OUT_TEXTS, len(shuffled) // 10)]]
        tests = {task: [*own, *held_out_texts] for task, own in tests.items()}
        used |= set(held_out_texts)
    folder, sources = RunFolder(out), 0
    for number in range(recipe.distil.rounds + 1):
        if number:
            fresh = _shuffled_unused(sentences, used, recipe.seed, f"round-{number}")[: recipe.distil.sources]
            report = partial(on_progress, f"round {number}, rewriting")
            new = _round_dataset(out, fresh, recipe, number, report, frozen)
            sources = len(fresh)
            if not new.num_rows:
                break
            used |= _sentences(new)
            pairs = dataset.distinct([pairs, new]) if recipe.distil.learn_from == "all" else new
        report = partial(on_progress, f"round {number}")
        make_student(pairs, folder.student_folder(number), recipe.distil, recipe.seed, report, frozen)
        own = new if number else pairs
        report = partial(on_progress, f"round {number}, measuring")
        measured = _cached_measure(folder, number, tests, recipe, report, frozen)
        rounds.append(Round(number, sources, own.num_rows, pairs.num_rows, *measured, _pair_quality(own)))
        _store(folder, rounds, frozen)
        if number and any(tests.values()) and rounds[-1].quality <= rounds[-2].quality:
            break
    _check_same(folder, rounds, frozen)
    return rounds


def _store(folder: RunFolder, rounds: Sequence[Round], frozen: bool) -> None:
    if not frozen:
        write_rounds(folder.path, rounds)


def _check_same(folder: RunFolder, rounds: Sequence[Round], frozen: bool) -> None:
    if frozen and read_rounds(folder.path) != rounds:
        raise StoreError(f"{folder.rounds_file} does not match the rounds")


def _sentences_to_rewrite(groups: pa.Table, settings: Distil) -> list[SourceSentence]:
    if settings.texts is None:
        return _group_sentences(groups)
    return _document_sentences(Path(settings.texts), settings.field)


def learned_from(out: Path, recipe: Recipe, rivals: pa.Table) -> pa.Table:
    """Return the training pairs of a run's first student. Raises StoreError, DataError."""
    assert recipe.distil is not None
    pairs = pair_table([RunFolder(out).dataset_file(), *map(Path, recipe.distil.also)])
    return dataset.distinct([pairs, rivals]) if recipe.distil.duplicates == "learn" else pairs


def cascade_key(recipe: Recipe, bounds: Filter) -> str:
    """Return a key of everything that the cascade's verdicts depend on."""
    return bounds.canonical() + json.dumps([*recipe.score.models(CRITICS).values()])


def round_bounds(recipe: Recipe) -> Filter:
    """Return the bounds for student outputs in a run's rounds."""
    assert recipe.distil is not None
    return recipe.distil.filter or recipe.filter


def held_out(pairs: pa.Table, recipe: Recipe) -> dict[str, list[str]]:
    """Return held-out source sentences by task, from contexts that no student is trained on."""
    assert recipe.distil is not None
    settings = recipe.distil
    _, examples = split_examples(make_examples(pairs, settings.tasks), settings.validation)
    return {
        task: list(dict.fromkeys(e.source for e in examples if e.task == task))[:_MEASURED]
        for task in settings.tasks
    }


def _load(folder: Path, bounds: Filter, recipe: Recipe) -> Student:
    """Load a student that does not rank rejected outputs, since only accepted ones count."""
    student = Student.load(folder, bounds, recipe.score, recipe.execution)
    student.order_rejected = False
    return student


def _cached_measure(
    folder: RunFolder,
    number: int,
    tests: dict[str, list[str]],
    recipe: Recipe,
    on_progress: Callable[[Progress], None],
    frozen: bool = False,
) -> tuple[float, float]:
    """Return `_measure` of a round's student, cached beside its folder."""
    path = folder.measured_file(number)
    student_fingerprint = store.folder_fingerprint(folder.student_folder(number)) or ""
    bounds = round_bounds(recipe)
    wanted = store.fingerprint(
        "measured", "4", student_fingerprint, cascade_key(recipe, bounds), json.dumps(tests)
    )
    for row in store.read_lines(path):
        if row["fingerprint"] == wanted:
            return row["accepted"], row["quality"]
    if frozen:
        raise StoreError(f"{path} is missing, or was made with other settings")
    student = _load(folder.student_folder(number), bounds, recipe)
    accepted, quality = _measure(student, tests, recipe.seed, on_progress)
    row = {"fingerprint": wanted, "accepted": accepted, "quality": quality}
    store.write_lines(path, [row])
    return accepted, quality


def _measure(
    student: Student, tests: dict[str, list[str]], seed: int, on_progress: Callable[[Progress], None]
) -> tuple[float, float]:
    """Return the share of sentences with an accepted output and the mean quality of the best; 0 if empty."""
    answers = [
        student.answers(task, sources, n=1, seed=seed, draws=DRAWS)
        for task, sources in tests.items()
        if task in student.info.tasks
    ]
    total, pace, qualities = sum(map(len, tests.values())), Pace(), []
    for answer in chain(*answers):
        qualities.append(answer.best.quality if answer.best else 0.0)
        if len(qualities) % _PART == 0:
            on_progress(pace.progress(len(qualities), total))
    n = max(len(qualities), 1)
    return sum(q > 0 for q in qualities) / n, sum(qualities) / n


def _pair_quality(pairs: pa.Table) -> float | None:
    """Return the mean quality of pairs by their stored scores; None without scores, as for user files."""
    qualities = np.concatenate([_qualities(pairs, task) for task in TASKS])
    return float(qualities.mean()) if len(qualities) else None


def _qualities(pairs: pa.Table, task: str) -> Floats:
    column = "rouge_l" if task == "paraphrase" else "length_ratio"
    rows = pairs.filter(pc.and_(pc.equal(pairs["task"], task), pc.is_valid(pairs[column])))
    return worth(task, as_scores(rows))


def _sentences(pairs: pa.Table) -> set[str]:
    return {*pairs["source"].to_pylist(), *pairs["target"].to_pylist()}


def _group_sentences(groups: pa.Table) -> list[SourceSentence]:
    return [
        (row["context_id"], row["domain"], row["context"], candidate["text"])
        for row in groups.to_pylist()
        for candidate in row["candidates"]
    ]


def _document_sentences(path: Path, field: str | None) -> list[SourceSentence]:
    """Return the well-formed sentences of a corpus file, or the candidates of a run folder.

    Raises DataError, StoreError.
    """
    if path.is_dir():
        return _group_sentences(RunFolder(path).rows("generate"))
    documents = read_documents(path, field)
    sentences = (text for document in documents for text in split(document.text))
    return [(text_id(text), "texts", "", text) for text in sentences if defect(text) is None]


def _shuffled_unused(
    sentences: Sequence[SourceSentence], used: set[str], seed: int, what: str
) -> list[SourceSentence]:
    """Return the distinct unused sentences, in a deterministic random order."""
    distinct = {sentence[-1]: sentence for sentence in sentences if sentence[-1] not in used}
    return [distinct[text] for text in sorted(distinct, key=lambda text: text_id(str(seed), what, text))]


def _round_dataset(
    out: Path,
    fresh: Sequence[SourceSentence],
    recipe: Recipe,
    number: int,
    on_progress: Callable[[Progress], None],
    frozen: bool = False,
) -> pa.Table:
    """Generate the pairs of a round with the last round's student, schema DATASET."""
    run, folder = RunFolder(out), RunFolder(out).dataset_folder(number)
    teacher = run.student_folder(number - 1)
    texts = [text for *_, text in fresh]
    student_fingerprint = store.folder_fingerprint(teacher) or ""
    bounds = round_bounds(recipe)
    wanted = store.fingerprint(
        "round",
        "4",
        student_fingerprint,
        cascade_key(recipe, bounds),
        str(bounds.template_share),
        str(recipe.seed),
        *texts,
    )
    if not store.is_made(folder, wanted, frozen):
        student = _load(teacher, bounds, recipe)
        tasks = [task for task, _ in bounds.tasks() if task in student.info.tasks]
        place = partial(run.drawn_file, number)
        table = _rewrite_in_parts(student, tasks, fresh, recipe.seed + number, place, wanted, on_progress)
        own = dataset.capped(table, bounds.template_share)
        store.make_folder(folder, wanted, lambda new: dataset.write(own, new))
        shutil.rmtree(run.drawn_folder(number), ignore_errors=True)
    return dataset.read(run.dataset_file(number))


def _rewrite_in_parts(
    student: Student,
    tasks: Sequence[str],
    fresh: Sequence[SourceSentence],
    seed: int,
    place: Callable[[str, int], Path],
    wanted: str,
    on_progress: Callable[[Progress], None],
) -> pa.Table:
    """Run `_rewrite` on all sentences; store each part when finished, so that a kill loses at most one."""
    parts = [(task, start) for task in tasks for start in range(0, len(fresh), _PART)]
    paths = [place(task, start) for task, start in parts]
    finished = [store.finished(path, wanted) for path in paths]
    pace = Pace(sum(shard is not None for shard in finished))
    shards: list[store.Shard] = []
    for shard, path, (task, start) in zip(finished, paths, parts, strict=True):
        if shard is None:
            rows = _rewrite(student, task, fresh[start : start + _PART], seed)
            shard = store.write_shard(path, pa.Table.from_pylist(rows, DATASET), wanted)
            on_progress(pace.progress(len(shards) + 1, len(paths)))
        shards.append(shard)
    return store.concatenate(shards, DATASET)


def _rewrite(
    student: Student, task: str, where: Sequence[SourceSentence], seed: int
) -> list[dict[str, object]]:
    answers = student.answers(task, [text for *_, text in where], n=1, seed=seed, draws=DRAWS)
    return [row for place, answer in zip(where, answers, strict=True) if (row := _row(task, place, answer))]


def _row(task: str, where: SourceSentence, answer: Answer) -> dict[str, object] | None:
    if answer.best is None:
        return None
    context_id, domain, context, source = where
    target = answer.best.text
    empty: dict[str, object] = dict.fromkeys(DATASET.names)
    return {
        **empty,
        **answer.best.scores,
        "pair_id": text_id(context_id, task, source, target),
        "task": task,
        "source": source,
        "target": target,
        "domain": domain,
        "context_id": context_id,
        "context": context,
    }
