"""Systems to evaluate: baselines, outputs made elsewhere, a prompted language model, a student."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from ..errors import DataError
from ..pairs import read_rows
from ..recipe import Execution, Teacher, resolve
from .metrics import Example

if TYPE_CHECKING:
    from ..students.student import Student

Like = Literal["", "exemplar", "reference"]

FORMS = (
    "copy, lead:N, teacher:zero-shot, teacher:few-shot, a .jsonl of outputs, or a student's folder (with "
    "@exemplar or @reference behind it: asked for the syntax of that)"
)


class System(Protocol):
    """Turns sources into outputs."""

    def outputs(self, examples: Sequence[Example], task: str) -> list[str]:
        """One output an example, (n,)."""
        ...


def open_system(spec: str, teacher: Teacher, execution: Execution) -> System:
    """The system that a word of the command line names. Raises DataError, ModelError."""
    match spec.split(":", 1):
        case ["copy"]:
            return Copy()
        case ["lead", n] if re.fullmatch(r"[1-9]\d{0,3}", n):
            return Lead(int(n))
        case ["teacher", ("zero-shot" | "few-shot") as shots]:
            from .prompted import Prompted

            return Prompted(teacher, execution, shots == "few-shot")
        case _ if spec.endswith(".jsonl"):
            return MadeElsewhere(Path(spec))
        case _ if (found := _student_folder(spec)) is not None:
            from ..students.student import Student

            return StudentSystem(Student.load(found[0], execution=execution), found[1])
        case _:
            raise DataError(f"system {spec!r} is unknown; give {FORMS}")


def _student_folder(spec: str) -> tuple[Path, Like] | None:
    """FOLDER, FOLDER@exemplar or FOLDER@reference, if there is such a folder."""
    folder, _, like = spec.rpartition("@")
    if like in ("exemplar", "reference") and Path(folder).is_dir():
        return Path(folder), cast(Like, like)
    return (Path(spec), "") if Path(spec).is_dir() else None


def teacher_of(model: str, backend: str) -> Teacher:
    """Settings of a teacher; on transformers in float32. Raises RecipeError."""
    given = {"model": model, "backend": backend}
    if backend == "transformers":
        given["compute_type"] = "float32"
    return resolve({"teacher": given}, "--model and --backend").teacher


class Copy:
    """The source itself: what any paraphrase metric worth its name must not reward."""

    def outputs(self, examples: Sequence[Example], task: str) -> list[str]:
        """See System."""
        return [e.source for e in examples]


class Lead:
    """The first `n` words of the source, split at white space."""

    def __init__(self, n: int):
        self._n = n

    def outputs(self, examples: Sequence[Example], task: str) -> list[str]:
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

    def outputs(self, examples: Sequence[Example], task: str) -> list[str]:
        """See System. Raises DataError if an example has no output."""
        if all("id" in row for row in self._rows):
            return self._by_id({str(row["id"]): row for row in self._rows}, examples)
        if len(self._rows) < len(examples):
            raise DataError(
                f"{self._path} has {len(self._rows)} rows without ids for {len(examples)} of the benchmark; "
                "give one a row, or give both files ids"
            )
        return [row["output"] for row in self._rows[: len(examples)]]

    def _by_id(self, rows: dict[str, dict[str, Any]], examples: Sequence[Example]) -> list[str]:
        missing = [e.id for e in examples if e.id not in rows]
        if missing:
            raise DataError(
                f"{self._path} has no output for {len(missing)} rows, the first is id {missing[0]!r}"
            )
        return [rows[e.id]["output"] for e in examples]


class StudentSystem:
    """A student's best output, accepted or not; "" where it wrote none. `like`: whose syntax it is asked for.

    The student ranks its drafts by the default critics: measure its meaning with other models than those.
    """

    def __init__(self, student: "Student", like: Like = ""):
        self._student, self._like = student, like

    def outputs(self, examples: Sequence[Example], task: str) -> list[str]:
        """See System. Raises DataError if an example lacks the sentence to be like; RecipeError."""
        if not self._like:
            answers = self._student.answers(task, [e.source for e in examples], n=1)
            return [a.outputs[0].text if a.outputs else "" for a in answers]
        return [self._alike(e, task) for e in examples]

    def _alike(self, example: Example, task: str) -> str:
        like = example.exemplar if self._like == "exemplar" else next(iter(example.references), None)
        if like is None:
            raise DataError(f"the benchmark has no {self._like} that the student's output could be like")
        ask = self._student.paraphrase if task == "paraphrase" else self._student.summarize
        [answer] = ask([example.source], n=1, like=like)
        return answer.outputs[0].text if answer.outputs else ""
