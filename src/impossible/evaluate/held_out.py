"""Comparison of teacher and student on held-out sentences, from contexts that no student learned from.

Both write the same number of answers per sentence, and the run's own cascade chooses the best.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa

from ..critics.rouge_l import RougeL
from ..data import store
from ..data.json_report import write_json
from ..data.rounds import run_student
from ..data.run_folder import ANSWERS_FILE, RunFolder
from ..data.schema import text_id
from ..errors import ImpossibleError
from ..metrics.statistics import DRAWS as RESAMPLED
from ..metrics.statistics import Statistic, bootstrap, mean, randomisation
from ..metrics.table import BenchmarkRow
from ..recipe.recipe import Recipe
from ..students.self_distillation import DRAWS, cascade_key, held_out, learned_from
from ..students.student import Output, Student
from .benchmark import Result, SystemResult
from .prompted import Prompted

RESULTS = "results.json"
TEACHER, STUDENT = "teacher, prompted", "student"
_SENTENCES = 60  # per task
_SETTINGS = {
    "accepted": f"share of sentences with an answer among {DRAWS} that the run's cascade keeps",
    "quality": "mean quality of the best answer (rank.quality), 0 where none is kept",
    "rougeL_source": "ROUGE-L F1 of the best answer and the sentence: lower is worded further apart",
    "compression": "words of the best answer / words of the sentence",
}
Best = Mapping[str, Sequence[Output | None]]  # system → its best output for each sentence


@dataclass(frozen=True, slots=True)
class Side:
    """A system's best answer to a sentence, and the cascade's verdict on it."""

    text: str
    verdict: str
    quality: float


def compare(
    run: Path,
    recipe: Recipe,
    rivals: pa.Table,
    on_progress: Callable[[str], None] = lambda _: None,
    frozen: bool = False,
) -> None:
    """Write `evaluation/held-out/`: results in the format of `evaluate`, and the best answers side by side.

    `rivals` are the run's duplicates, from which a student may have learned. `on_progress` is called with
    each task. Writes nothing if there is no student or no held-out sentence. Leaves out a teacher that cannot
    be prompted (no tokenizer, or a context too short for the prompt). With `frozen`, computes nothing: raises
    StoreError if it is not there. Raises ModelError, StoreError.
    """
    student_folder = run_student(run)
    sentences = {
        task: held[:_SENTENCES]
        for task, held in held_out(learned_from(run, recipe, rivals), recipe).items()
        if held
    }
    if student_folder is None or not sentences:
        return
    made_for = store.folder_fingerprint(student_folder) or ""
    fingerprint = store.fingerprint(
        "held-out",
        "4",
        made_for,
        recipe.teacher.canonical(),
        cascade_key(recipe, recipe.filter),
        json.dumps(sentences),
    )
    folder = RunFolder(run).held_out_folder
    if store.is_made(folder, fingerprint, frozen):
        return

    def make(new: Path) -> None:
        student = Student.load(student_folder, recipe.filter, recipe.score, recipe.execution)
        results, rows = against_teacher(sentences, student, recipe, on_progress)
        _write(new, results, rows, recipe)

    store.make_folder(folder, fingerprint, make)


def against_teacher(
    sentences: Mapping[str, Sequence[str]],
    student: Student,
    recipe: Recipe,
    on_progress: Callable[[str], None] = lambda _: None,
) -> tuple[list[Result], list[dict[str, object]]]:
    """Evaluate teacher and student on each task: one result per task, and the best answers side by side."""
    teacher = _teacher(recipe)
    results: list[Result] = []
    rows: list[dict[str, object]] = []
    for task, sources in sentences.items():
        if task not in student.info.tasks:
            continue
        on_progress(task)
        best = _best(task, sources, student, teacher, recipe.seed)
        results.append(_result(task, sources, best, recipe.seed))
        rows += [
            {"task": task, "source": source} | {name: _side(outputs[i]) for name, outputs in best.items()}
            for i, source in enumerate(sources)
        ]
    return results, rows


def _teacher(recipe: Recipe) -> Prompted | None:
    try:
        return Prompted(recipe.teacher, recipe.execution, few_shot=True)
    except ImpossibleError:  # the model of a server, without local files
        return None


def _best(task: str, sources: Sequence[str], student: Student, teacher: Prompted | None, seed: int) -> Best:
    answers = student.answers(task, sources, n=1, seed=seed, draws=DRAWS)
    best: dict[str, Sequence[Output | None]] = {}
    student_best = [answer.outputs[0] if answer.outputs else None for answer in answers]
    if teacher is not None:
        examples = [BenchmarkRow("", source, ()) for source in sources]
        best[TEACHER] = _chosen(task, sources, teacher.drafts(examples, task, DRAWS), student)
    return best | {STUDENT: student_best}


def _chosen(
    task: str, sources: Sequence[str], drafts: Sequence[Sequence[str]], student: Student
) -> list[Output | None]:
    """The draft of each sentence that the cascade ranks highest, as a student ranks its own."""
    counts = [Counter(text for text in texts if text) for texts in drafts]
    pairs = [(source, text) for source, count in zip(sources, counts, strict=True) for text in count]
    judged = iter(student.judge(task, [s for s, _ in pairs], [t for _, t in pairs]) if pairs else [])
    chosen: list[Output | None] = []
    for count in counts:
        outputs = [next(judged) for _ in count]
        keys = [(o.rank, count[o.text]) for o in outputs]
        chosen.append(outputs[keys.index(max(keys))] if outputs else None)
    return chosen


def _side(output: Output | None) -> dict[str, object]:
    return asdict(Side(output.text, output.verdict, output.quality) if output else Side("", "nothing", 0.0))


def _result(task: str, sources: Sequence[str], best: Best, seed: int) -> Result:
    scores = {name: _scores(sources, outputs) for name, outputs in best.items()}
    first = next(iter(scores.values()))
    outcomes = [
        SystemResult(
            name,
            {metric: bootstrap(score, seed) for metric, score in metrics.items()},
            {m: randomisation(first[m], s, seed) for m, s in metrics.items()} if metrics is not first else {},
            0.0,
            0.0,
        )
        for name, metrics in scores.items()
    ]
    return Result("held-out sentences of the run", task, len(sources), text_id(*sources), _SETTINGS, outcomes)


def _scores(sources: Sequence[str], outputs: Sequence[Output | None]) -> dict[str, Statistic]:
    texts = [output.text if output else "" for output in outputs]
    lengths = [len(text.split()) / len(source.split()) for source, text in zip(sources, texts, strict=True)]
    return {
        "accepted": mean([output is not None and output.accepted for output in outputs]),
        "quality": mean([output.quality if output else 0.0 for output in outputs]),
        "rougeL_source": mean(RougeL().score(sources, texts)),
        "compression": mean(lengths),
    }


def _write(
    new: Path, results: Sequence[Result], rows: Sequence[Mapping[str, object]], recipe: Recipe
) -> None:
    report = {
        "seed": recipe.seed,
        "interval": f"95 %, percentile bootstrap over sentences, {RESAMPLED} draws",
        "p": "two-sided, approximate randomisation over sentences, against the first system",
        "models": {"teacher": recipe.teacher.model},
        "results": [asdict(result) for result in results],
    }
    write_json(new / RESULTS, report)
    store.write_lines(new / ANSWERS_FILE, rows)
