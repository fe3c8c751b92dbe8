"""The recipe: all settings of a run, and the checks across tables."""

from typing import Literal, Self

from pydantic import Field, model_validator

from .base import Settings
from .contexts import Contexts
from .critic_table import CRITICS
from .critics import Bounds, Filter, Score
from .distil import Distil
from .execution import Execution
from .restatement import STEERABLE, Restatement
from .sampling import Sampling
from .teacher import Teacher


class Recipe(Settings):
    """All settings of a run."""

    preset: Literal["default", "continuation", "paper", "code"] = "default"
    """The base of the recipe: our measured defaults, to restate or to continue; the paper's settings; or
    those of its public code.
    """
    seed: int = Field(7, ge=0, lt=2**31)
    """Seed of all random choices."""
    contexts: Contexts = Contexts()
    """What the teacher continues."""
    teacher: Teacher = Teacher()
    """The language model."""
    sampling: Sampling = Sampling()
    """How the teacher continues a context."""
    restatement: Restatement | None = None
    """How the teacher restates sentences; `false`: it continues contexts, as in the paper."""
    score: Score = Score()
    """The models of the critics, and the gates."""
    filter: Filter = Filter()
    """The bounds of kept pairs."""
    distil: Distil | None = None
    """The student; without this table none is trained."""
    execution: Execution = Execution()
    """How a run is executed; changes no result."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.teacher.backend == "endpoint" and self.sampling.no_repeat_ngram:
            raise ValueError("sampling.no_repeat_ngram: not supported by endpoints; set 0")
        self._check_restatement()
        if self.teacher.backend == "own" and self.execution.engine == "ray":
            raise ValueError('teacher.backend: "own" runs in one process; set execution.engine = "local"')
        if not self.filter.tasks():
            raise ValueError("filter: give at least one task: [filter.paraphrase] or [filter.summary]")
        for task, bounds in self.filter.tasks():
            for critic, _ in bounds.given():
                spec = CRITICS[critic]
                if all(column.null_for == task for column in spec.columns):
                    raise ValueError(
                        f"filter.{task}.{critic}: {spec.backward_of} already scores a {task} both ways"
                    )
                if critic not in self.score.critics:
                    raise ValueError(f"filter.{task}.{critic}: needs {critic!r} in score.critics")
            if bounds.duplicates is not None and "entailment" not in self.score.critics:
                raise ValueError(
                    f"filter.{task}.duplicates: needs 'entailment' in score.critics; false keeps duplicates"
                )
            if bounds.duplicates is not None and bounds.duplicates < self.score.equivalence:
                raise ValueError(
                    f"filter.{task}.duplicates: {bounds.duplicates} is below score.equivalence = "
                    f"{self.score.equivalence}, below which sentences are not compared; lower that too"
                )
            _inside(task, bounds, getattr(self.score, task) or Bounds())
        return self

    def _check_restatement(self) -> None:
        settings = self.restatement
        if settings is None:
            return
        if self.contexts.corpus is None and self.contexts.sentences[1] == 0:
            raise ValueError(
                "contexts.sentences: with domains the teacher writes the sentences that it restates; allow "
                "at least 1, or set restatement = false"
            )
        steered = {f"{task}.bonus": cue.bonus for task, cue in settings.cues()} | {"copied": settings.copied}
        for key, value in steered.items():
            if value and self.teacher.backend not in STEERABLE:
                raise ValueError(
                    f'restatement.{key}: not supported by teacher.backend = "{self.teacher.backend}"; set 0, '
                    'or use "tree" or "transformers"'
                )


def _inside(task: str, bounds: Bounds, gates: Bounds) -> None:
    for name, gate in gates.given():
        bound = bounds.of(name)
        for side in ("min", "max"):
            limit, value = getattr(gate, side), getattr(bound, side, None)
            if limit is None:
                continue
            if value is None or (value < limit if side == "min" else value > limit):
                raise ValueError(
                    f"filter.{task}.{name}.{side}: {value} is looser than the gate score.{task}.{name}.{side}"
                    f" = {limit}, outside which pairs are not scored; loosen the gate too"
                )
