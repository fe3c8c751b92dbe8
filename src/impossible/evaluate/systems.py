"""Systems to evaluate: baselines, files of outputs, a prompted language model, a student."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, cast

from ..critics import open_critics
from ..data.pairs import check_texts
from ..data.tables import ENDINGS, ending, read_rows
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
    "copy, reference, lead:N, teacher:zero-shot or teacher:few-shot (append :2 or :3 for another wording of "
    "the instruction, +N for the cascade's choice of N answers), prompt:FILE (your own prompt with "
    "{source}), a table with an 'output' per row, or a student's folder (append +N to draw N drafts, "
    "@exemplar or @reference to follow its syntax)"
)
_TEACHER = re.compile(r"teacher:(zero|few)-shot(?::([123]))?(?:\+([1-9]\d{0,2}))?")
_STUDENT = re.compile(r"(.+?)(?:@(exemplar|reference))?(?:\+([1-9]\d{0,2}))?")


class System(Protocol):
    """Turns sources into outputs."""

    def outputs(self, examples: Sequence[BenchmarkRow], task: str) -> list[str]:
        """One output per example, (n,)."""
        ...


def open_system(spec: str, teacher: Teacher, execution: Execution) -> System:
    """Open a system by its name on the command line (see FORMS). Raises DataError, ModelError."""
    if spec == "copy":
        return Copy()
    if spec == "reference":
        return Reference()
    if match := re.fullmatch(r"lead:([1-9]\d{0,3})", spec):
        return Lead(int(match[1]))
    if match := _TEACHER.fullmatch(spec):
        from .prompted import Prompted

        prompted = Prompted(teacher, execution, match[1] == "few", int(match[2] or 1) - 1)
        return BestOf(prompted, int(match[3]), execution) if match[3] else prompted
    if spec.startswith("prompt:"):
        from .prompted import Prompted, read_prompt

        return Prompted(teacher, execution, False, read_prompt(Path(spec.removeprefix("prompt:"))))
    if ending(Path(spec)) in ENDINGS:
        return OutputFile(Path(spec))
    if (match := _STUDENT.fullmatch(spec)) and Path(match[1]).is_dir():
        from ..students.student import Student

        student = Student.load(match[1], execution=execution)
        return StudentSystem(student, cast(Like, match[2] or ""), int(match[3]) if match[3] else None)
    raise DataError(f"system {spec!r} is unknown; give {FORMS}")


def teacher_of(model: str, backend: str, url: str | None = None, key_env: str | None = None) -> Teacher:
    """Settings of a teacher: float32 on transformers; on a server if `url` is given. Raises RecipeError."""
    given: dict[str, object] = {"model": model, "backend": backend}
    if backend == "transformers":
        given["compute_type"] = "float32"
    if url is not None:
        endpoint = {"url": url, "logprobs": 0} | ({"key_env": key_env} if key_env else {})
        given |= {"backend": "endpoint", "endpoint": endpoint}
    return resolve({"teacher": given}, "--model, --backend, --url and --key-env").teacher


class Copy:
    """The source itself: a baseline that a good paraphrase metric must not reward."""

    def outputs(self, examples: Sequence[BenchmarkRow], task: str) -> list[str]:
        """See System."""
        return [e.source for e in examples]


class Reference:
    """Each row's first reference: how a human's sentence scores by reference-free metrics."""

    def outputs(self, examples: Sequence[BenchmarkRow], task: str) -> list[str]:
        """See System. Raises DataError if an example has none."""
        if not all(e.references for e in examples):
            raise DataError("the benchmark has rows without references, so system 'reference' cannot be used")
        return [e.references[0] for e in examples]


class Lead:
    """The first `n` words of the source, split at white space."""

    def __init__(self, n: int):
        self._n = n

    def outputs(self, examples: Sequence[BenchmarkRow], task: str) -> list[str]:
        """See System."""
        return [" ".join(e.source.split()[: self._n]) for e in examples]


class OutputFile:
    """A table with `output` in every row, matched by `id` if its rows have one, else by order."""

    def __init__(self, path: Path):
        self._path = path
        self._rows = read_rows(path)
        check_texts(self._rows, path, ("output",))
        ids = [str(row["id"]) for row in self._rows if row.get("id") not in (None, "")]
        if ids and len(ids) < len(self._rows):
            bare = next(n for n, row in enumerate(self._rows, 1) if row.get("id") in (None, ""))
            raise DataError(f"{path}, row {bare}: no 'id', which other rows have; give all rows one, or none")
        if repeated := [name for name, n in Counter(ids).items() if n > 1]:
            row = [n for n, name in enumerate(ids, 1) if name == repeated[0]][1]
            raise DataError(f"{path}, row {row}: id {repeated[0]!r} is repeated; ids must be unique")
        self._places = {name: place for place, name in enumerate(ids)}

    def check(self, examples: Sequence[BenchmarkRow], total: int) -> None:
        """Raise DataError unless each example has an output; without ids, the benchmark's `total` may too."""
        if self._places:
            if missing := [e.id for e in examples if e.id not in self._places]:
                raise DataError(
                    f"{self._path} has no output for {len(missing)} rows; the first has id {missing[0]!r}"
                )
        elif len(self._rows) not in (len(examples), total):
            raise DataError(
                f"{self._path} has {len(self._rows)} rows without ids for {len(examples)} of the benchmark; "
                "give one output per row, or ids in both files"
            )

    def outputs(self, examples: Sequence[BenchmarkRow], task: str) -> list[str]:
        """See System; by order, the examples are the first ones of the benchmark."""
        places = [self._places[e.id] for e in examples] if self._places else range(len(examples))
        return [self._rows[place]["output"] for place in places]


class BestOf:
    """A prompted model's best of `n` answers, ranked by the default cascade as a student ranks its drafts."""

    def __init__(self, prompted: "Prompted", n: int, execution: Execution):
        self._prompted, self._n = prompted, n
        self._critics = open_critics(Score(), execution)

    def outputs(self, examples: Sequence[BenchmarkRow], task: str) -> list[str]:
        """See System; ties go to the first answer."""
        drafts = [list(dict.fromkeys(found)) for found in self._prompted.drafts(examples, task, self._n)]
        sources = [e.source for e, found in zip(examples, drafts, strict=True) for _ in found]
        targets = [text for found in drafts for text in found]
        bounds = getattr(resolve({}).filter, task)
        order = iter(ranked(self._critics, sources, targets, task, bounds)[-1])
        keys = [[next(order) for _ in found] for found in drafts]
        return [found[key.index(max(key))] for found, key in zip(drafts, keys, strict=True)]


class StudentSystem:
    """A student's best output, accepted or not; "" where it wrote none.

    `like` selects the sentence whose syntax the output should follow. The student ranks its `draws` drafts by
    the default critics, so measure fidelity with other models too.
    """

    def __init__(self, student: "Student", like: Like = "", draws: int | None = None):
        self._student, self._like, self._draws = student, like, draws

    def outputs(self, examples: Sequence[BenchmarkRow], task: str) -> list[str]:
        """See System. Raises DataError if an example lacks the exemplar or reference; RecipeError."""
        asked = [self._student.controls(like=self._exemplar(e)) for e in examples] if self._like else None
        answers = self._student.answers(task, [e.source for e in examples], asked, 1, draws=self._draws)
        return [a.outputs[0].text if a.outputs else "" for a in answers]

    def _exemplar(self, example: BenchmarkRow) -> str:
        like = example.exemplar if self._like == "exemplar" else next(iter(example.references), None)
        if like is None:
            raise DataError(f"the benchmark has no {self._like} whose syntax the student could follow")
        return like
