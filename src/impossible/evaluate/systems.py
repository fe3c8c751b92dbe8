"""Systems to evaluate: baselines, outputs made elsewhere, a prompted language model, a student."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from ..critics import open_critics
from ..data.tabular import read_rows
from ..errors import DataError
from ..filtering.ranking import ranked
from ..metrics.table import BenchmarkRow
from ..recipe.critics import Score
from ..recipe.execution import Execution
from ..recipe.load import resolve
from ..recipe.teacher import Teacher

if TYPE_CHECKING:
    from ..students.student import Student
    from .prompted import Prompted


Like = Literal["", "exemplar", "reference"]

FORMS = (
    "copy, reference, lead:N, teacher:zero-shot or teacher:few-shot (:2 or :3 behind it: asked in other "
    "words; +N: the cascade's choice of N answers), prompt:FILE (a prompt of your own with {source}), a "
    ".jsonl of outputs, or a student's folder (with +N: of N drafts; with @exemplar or @reference: asked for "
    "the syntax of that)"
)
_TEACHER = re.compile(r"teacher:(zero|few)-shot(?::([123]))?(?:\+([1-9]\d{0,2}))?")
_STUDENT = re.compile(r"(.+?)(?:@(exemplar|reference))?(?:\+([1-9]\d{0,2}))?")


class System(Protocol):
    """Turns sources into outputs."""

    def outputs(self, examples: Sequence[BenchmarkRow], task: str) -> list[str]:
        """One output an example, (n,)."""
        ...


def open_system(spec: str, teacher: Teacher, execution: Execution) -> System:
    """The system that a word of the command line names. Raises DataError, ModelError."""
    if spec == "copy":
        return Copy()
    if spec == "reference":
        return Reference()
    if found := re.fullmatch(r"lead:([1-9]\d{0,3})", spec):
        return Lead(int(found[1]))
    if found := _TEACHER.fullmatch(spec):
        from .prompted import Prompted

        prompted = Prompted(teacher, execution, found[1] == "few", int(found[2] or 1) - 1)
        return BestOf(prompted, int(found[3]), execution) if found[3] else prompted
    if spec.startswith("prompt:"):
        from .prompted import Prompted, read_prompt

        return Prompted(teacher, execution, False, read_prompt(Path(spec.removeprefix("prompt:"))))
    if spec.endswith(".jsonl"):
        return MadeElsewhere(Path(spec))
    if (found := _STUDENT.fullmatch(spec)) and Path(found[1]).is_dir():
        from ..students.student import Student

        student = Student.load(found[1], execution=execution)
        return StudentSystem(student, cast(Like, found[2] or ""), int(found[3]) if found[3] else None)
    raise DataError(f"system {spec!r} is unknown; give {FORMS}")


def teacher_of(model: str, backend: str, url: str | None = None, key_env: str | None = None) -> Teacher:
    """Settings of a teacher: on transformers in float32; with a `url` behind a server. Raises RecipeError."""
    given: dict[str, object] = {"model": model, "backend": backend}
    if backend == "transformers":
        given["compute_type"] = "float32"
    if url is not None:
        endpoint = {"url": url, "logprobs": 0} | ({"key_env": key_env} if key_env else {})
        given |= {"backend": "endpoint", "endpoint": endpoint}
    return resolve({"teacher": given}, "--model, --backend, --url and --key-env").teacher


class Copy:
    """The source itself: what any paraphrase metric worth its name must not reward."""

    def outputs(self, examples: Sequence[BenchmarkRow], task: str) -> list[str]:
        """See System."""
        return [e.source for e in examples]


class Reference:
    """Each row's first reference: how a human's sentence fares by what does not look at references."""

    def outputs(self, examples: Sequence[BenchmarkRow], task: str) -> list[str]:
        """See System. Raises DataError if an example has none."""
        if not all(e.references for e in examples):
            raise DataError("the benchmark has rows without references, so 'reference' is no system for it")
        return [e.references[0] for e in examples]


class Lead:
    """The first `n` words of the source, split at white space."""

    def __init__(self, n: int):
        self._n = n

    def outputs(self, examples: Sequence[BenchmarkRow], task: str) -> list[str]:
        """See System."""
        return [" ".join(e.source.split()[: self._n]) for e in examples]


class MadeElsewhere:
    """A JSONL with `output` in every row, matched by `id` if all its rows have one, else by order."""

    def __init__(self, path: Path):
        self._path = path
        self._rows = read_rows(path)
        for number, row in enumerate(self._rows, 1):
            if not isinstance(row.get("output"), str):
                raise DataError(f"{path}, row {number}: no text in 'output'; it holds {', '.join(row)}")

    def outputs(self, examples: Sequence[BenchmarkRow], task: str) -> list[str]:
        """See System. Raises DataError if an example has no output."""
        if all("id" in row for row in self._rows):
            return self._by_id({str(row["id"]): row for row in self._rows}, examples)
        if len(self._rows) < len(examples):
            raise DataError(
                f"{self._path} has {len(self._rows)} rows without ids for {len(examples)} of the benchmark; "
                "give one a row, or give both files ids"
            )
        return [row["output"] for row in self._rows[: len(examples)]]

    def _by_id(self, rows: dict[str, dict[str, Any]], examples: Sequence[BenchmarkRow]) -> list[str]:
        missing = [e.id for e in examples if e.id not in rows]
        if missing:
            raise DataError(
                f"{self._path} has no output for {len(missing)} rows, the first is id {missing[0]!r}"
            )
        return [rows[e.id]["output"] for e in examples]


class BestOf:
    """Of `n` answers of a prompted model the one that the default cascade thinks most of, as a student's."""

    def __init__(self, prompted: "Prompted", n: int, execution: Execution):
        self._prompted, self._n = prompted, n
        self._critics = open_critics(Score(), execution)

    def outputs(self, examples: Sequence[BenchmarkRow], task: str) -> list[str]:
        """See System; of equals the first."""
        drafts = [list(dict.fromkeys(found)) for found in self._prompted.drafts(examples, task, self._n)]
        sources = [e.source for e, found in zip(examples, drafts, strict=True) for _ in found]
        targets = [text for found in drafts for text in found]
        bounds = getattr(resolve({}).filter, task)
        order = iter(ranked(self._critics, sources, targets, task, bounds)[-1])
        keys = [[next(order) for _ in found] for found in drafts]
        return [found[key.index(max(key))] for found, key in zip(drafts, keys, strict=True)]


class StudentSystem:
    """A student's best output, accepted or not; "" where it wrote none. `like`: whose syntax it is asked for.

    The student ranks its `draws` drafts by the default critics: measure its meaning with other models too.
    """

    def __init__(self, student: "Student", like: Like = "", draws: int | None = None):
        self._student, self._like, self._draws = student, like, draws

    def outputs(self, examples: Sequence[BenchmarkRow], task: str) -> list[str]:
        """See System. Raises DataError if an example lacks the sentence to be like; RecipeError."""
        asked = [self._student.controls(like=self._alike(e)) for e in examples] if self._like else None
        answers = self._student.answers(task, [e.source for e in examples], asked, 1, draws=self._draws)
        return [a.outputs[0].text if a.outputs else "" for a in answers]

    def _alike(self, example: BenchmarkRow) -> str:
        like = example.exemplar if self._like == "exemplar" else next(iter(example.references), None)
        if like is None:
            raise DataError(f"the benchmark has no {self._like} that the student's output could be like")
        return like
