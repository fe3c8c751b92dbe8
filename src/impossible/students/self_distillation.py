"""Self-distillation: the student rewrites new sentences, the cascade filters, a fresh student learns from it.

Round r: student r−1 writes `DRAWS` candidates for each new sentence (x from the teacher, y from the student,
as Jung et al. 2024); of those that the cascade keeps, the one of highest quality (`rank.quality`) becomes a
pair. The round's student starts from the base again.
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
from ..data.rounds import Round, write_rounds
from ..data.run_folder import RunFolder
from ..data.schema import DATASET, text_id
from ..filtering.cascade import as_scores
from ..filtering.ranking import worth
from ..filtering.verdict import Floats
from ..generation.corpus import read_documents
from ..recipe.base import TASKS
from ..recipe.critic_table import CRITICS
from ..recipe.critics import Filter
from ..recipe.recipe import Recipe
from ..text.sentences import defect, split
from .distil import make_student
from .examples import make_examples, split_examples
from .progress import Pace, Progress
from .student import Answer, Student

DRAWS = 8
_PART = 32  # sentences whose outputs are written at once
_MEASURED = 200  # sentences of held-out contexts, a task
_OF_TEXTS = 50  # of the texts that rounds rewrite, at most a tenth of them
SourceSentence = tuple[str, str, str, str]  # context id, domain, context, text


def run_rounds(
    out: Path,
    recipe: Recipe,
    groups: pa.Table,
    rivals: pa.Table,
    tell: Callable[[str, Progress], None] = lambda *_: None,
) -> list[Round]:
    """Make the student of round 0 from a run's dataset, then as many rounds as the recipe asks for.

    Stops after a round whose student has no higher quality than the one before, or that got no pair; without
    held-out sentences nothing is compared. Of many `distil.texts` some are held out too. `groups` (schema
    GROUPS) holds the sentences, `rivals` the pairs that were dropped as duplicates. Each round's dataset and
    student lie in `round-R/`, the comparison in `rounds.json`.
    """
    assert recipe.distil is not None
    pairs = learned_from(out, recipe, rivals)
    judged = [task for task, _ in round_bounds(recipe).tasks()]
    tests = {task: own for task, own in held_out(pairs, recipe).items() if task in judged}
    found: list[Round] = []
    used = _sentences(pairs)
    texts = recipe.distil.texts
    sentences = _of_groups(groups) if texts is None else _of_texts(Path(texts), recipe.distil.field)
    if texts is not None:  # it is for them that the rounds are
        apart = _drawn(sentences, used, recipe.seed, "held-out")
        kept_back = [text for *_, text in apart[: min(_OF_TEXTS, len(apart) // 10)]]
        tests = {task: [*own, *kept_back] for task, own in tests.items()}
        used |= set(kept_back)
    sources = 0
    for number in range(recipe.distil.rounds + 1):
        if number:
            drawn = _drawn(sentences, used, recipe.seed, f"round-{number}")
            fresh = drawn[: recipe.distil.sources]
            new = _round_dataset(out, fresh, recipe, number, partial(tell, f"round {number}, rewriting"))
            sources = len(fresh)
            if not new.num_rows:
                break
            used |= _sentences(new)
            pairs = dataset.distinct([pairs, new]) if recipe.distil.learn_from == "all" else new
        make_student(
            pairs,
            RunFolder(out).student_folder(number),
            recipe.distil,
            recipe.seed,
            partial(tell, f"round {number}"),
        )
        own = new if number else pairs
        measured = _measured(
            RunFolder(out), number, tests, recipe, partial(tell, f"round {number}, measuring")
        )
        found.append(Round(number, sources, own.num_rows, pairs.num_rows, *measured, _pair_quality(own)))
        write_rounds(out, found)
        if number and any(tests.values()) and found[-1].quality <= found[-2].quality:
            break
    return found


def learned_from(out: Path, recipe: Recipe, rivals: pa.Table) -> pa.Table:
    """The pairs that a run's first student learns from. Raises StoreError, DataError."""
    assert recipe.distil is not None
    pairs = pair_table([RunFolder(out).dataset_file(), *map(Path, recipe.distil.also)])
    return dataset.distinct([pairs, rivals]) if recipe.distil.duplicates == "learn" else pairs


def cascade_key(recipe: Recipe, bounds: Filter) -> str:
    """All that the cascade's verdicts depend on."""
    return bounds.canonical() + json.dumps([*recipe.score.models(CRITICS).values()])


def round_bounds(recipe: Recipe) -> Filter:
    """The bounds of what students write in a run's rounds."""
    assert recipe.distil is not None
    return recipe.distil.filter or recipe.filter


def held_out(pairs: pa.Table, recipe: Recipe) -> dict[str, list[str]]:
    """Sentences of the contexts that no student learns from, by task."""
    assert recipe.distil is not None
    settings = recipe.distil
    _, examples = split_examples(make_examples(pairs, settings.tasks), settings.validation)
    return {
        task: list(dict.fromkeys(e.source for e in examples if e.task == task))[:_MEASURED]
        for task in settings.tasks
    }


def _load(folder: Path, bounds: Filter, recipe: Recipe) -> Student:
    """A student of which only accepted outputs count."""
    student = Student.load(folder, bounds, recipe.score, recipe.execution)
    student.order_rejected = False
    return student


def _measured(
    folder: RunFolder,
    number: int,
    tests: dict[str, list[str]],
    recipe: Recipe,
    tell: Callable[[Progress], None],
) -> tuple[float, float]:
    """What `_measure` gives for a round's student; kept beside it, so that it is measured once."""
    path = folder.measured_file(number)
    made_for = store.folder_fingerprint(folder.student_folder(number)) or ""
    bounds = round_bounds(recipe)
    wanted = store.fingerprint("measured", "4", made_for, cascade_key(recipe, bounds), json.dumps(tests))
    for row in store.read_lines(path):
        if row["fingerprint"] == wanted:
            return row["accepted"], row["quality"]
    student = _load(folder.student_folder(number), bounds, recipe)
    accepted, quality = _measure(student, tests, recipe.seed, tell)
    row = {"fingerprint": wanted, "accepted": accepted, "quality": quality}
    store.write_text(path, json.dumps(row) + "\n")
    return accepted, quality


def _measure(
    student: Student, tests: dict[str, list[str]], seed: int, tell: Callable[[Progress], None]
) -> tuple[float, float]:
    """Share of sentences with an accepted output, and mean quality of the best one; 0 without sentences."""
    answers = [
        student.answers(task, sources, n=1, seed=seed, draws=DRAWS)
        for task, sources in tests.items()
        if task in student.info.tasks
    ]
    total, pace, qualities = sum(map(len, tests.values())), Pace(), []
    for answer in chain(*answers):
        qualities.append(answer.best.quality if answer.best else 0.0)
        if len(qualities) % _PART == 0:
            tell(pace.progress(len(qualities), total))
    n = max(len(qualities), 1)
    return sum(q > 0 for q in qualities) / n, sum(qualities) / n


def _pair_quality(pairs: pa.Table) -> float | None:
    """The mean quality of pairs by their stored scores; None if none has any, as pairs of one's own file."""
    found = np.concatenate([_qualities(pairs, task) for task in TASKS])
    return float(found.mean()) if len(found) else None


def _qualities(pairs: pa.Table, task: str) -> Floats:
    form = "rouge_l" if task == "paraphrase" else "length_ratio"
    rows = pairs.filter(pc.and_(pc.equal(pairs["task"], task), pc.is_valid(pairs[form])))
    return worth(task, as_scores(rows))


def _sentences(pairs: pa.Table) -> set[str]:
    return {*pairs["source"].to_pylist(), *pairs["target"].to_pylist()}


def _of_groups(groups: pa.Table) -> list[SourceSentence]:
    return [
        (row["context_id"], row["domain"], row["context"], candidate["text"])
        for row in groups.to_pylist()
        for candidate in row["candidates"]
    ]


def _of_texts(path: Path, field: str | None) -> list[SourceSentence]:
    """The well-formed sentences of the user's own documents, or a run's candidates.

    Raises DataError, StoreError.
    """
    if path.is_dir():
        return _of_groups(RunFolder(path).rows("generate"))
    documents = read_documents(path, field)
    found = (text for document in documents for text in split(document.text))
    return [(text_id(text), "texts", "", text) for text in found if defect(text) is None]


def _drawn(sentences: Sequence[SourceSentence], used: set[str], seed: int, what: str) -> list[SourceSentence]:
    """The distinct sentences that are not used so far, in the order of their hash: always the same ones."""
    distinct = {sentence[-1]: sentence for sentence in sentences if sentence[-1] not in used}
    return [distinct[text] for text in sorted(distinct, key=lambda text: text_id(str(seed), what, text))]


def _round_dataset(
    out: Path, fresh: Sequence[SourceSentence], recipe: Recipe, number: int, tell: Callable[[Progress], None]
) -> pa.Table:
    """The pairs that the last round's student makes of new sentences, schema DATASET."""
    run, folder = RunFolder(out), RunFolder(out).dataset_folder(number)
    teacher = run.student_folder(number - 1)
    texts = [text for *_, text in fresh]
    made_for = store.folder_fingerprint(teacher) or ""
    bounds = round_bounds(recipe)
    wanted = store.fingerprint("round", "4", made_for, cascade_key(recipe, bounds), str(recipe.seed), *texts)
    if store.folder_fingerprint(folder) != wanted:
        student = _load(teacher, bounds, recipe)
        tasks = [task for task, _ in bounds.tasks() if task in student.info.tasks]
        place = partial(run.drawn_file, number)
        table = _in_parts(student, tasks, fresh, recipe.seed + number, place, wanted, tell)
        store.make_folder(folder, wanted, lambda new: dataset.write(table, new))
        shutil.rmtree(run.drawn_folder(number), ignore_errors=True)
    return dataset.read(run.dataset_file(number))


def _in_parts(
    student: Student,
    tasks: Sequence[str],
    fresh: Sequence[SourceSentence],
    seed: int,
    place: Callable[[str, int], Path],
    wanted: str,
    tell: Callable[[Progress], None],
) -> pa.Table:
    """What `_rewritten` gives for all; a part is kept at its `place` as it ends, so that a kill costs one."""
    parts = [(task, start) for task in tasks for start in range(0, len(fresh), _PART)]
    paths = [place(task, start) for task, start in parts]
    found = [store.finished(path, wanted) for path in paths]
    pace = Pace(sum(shard is not None for shard in found))
    shards: list[store.Shard] = []
    for shard, path, (task, start) in zip(found, paths, parts, strict=True):
        if shard is None:
            rows = _rewritten(student, task, fresh[start : start + _PART], seed)
            shard = store.write_shard(path, pa.Table.from_pylist(rows, DATASET), wanted)
            tell(pace.progress(len(shards) + 1, len(paths)))
        shards.append(shard)
    return store.concatenate(shards, DATASET)


def _rewritten(
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
