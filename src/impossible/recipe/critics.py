"""Settings of scoring and filtering: critics, gates and bounds."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, create_model, field_validator, model_validator

from .base import TASKS, Settings, Share
from .critic_table import CRITICS


class Bound(Settings):
    """A score must lie within [min, max]; of a directed score of a paraphrase, both directions must."""

    min: float | None = None
    """The lowest score that passes."""
    max: float | None = None
    """The highest score that passes."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("min: give min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min: {self.min} is greater than max {self.max}, so nothing would be kept")
        return self


# What a recipe may name; the checker of types knows no union that is made from data.
if TYPE_CHECKING:
    CriticName = str
else:
    CriticName = Literal[*CRITICS]

_bounds: dict[str, Any] = {
    name: (Bound | None, Field(None, description=spec.meaning)) for name, spec in CRITICS.items()
}
_OneEach: Any = create_model("_OneEach", __base__=Settings, **_bounds)


class Bounds(_OneEach, Settings):
    """One bound a critic; a critic without one has no say."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, bound in self.given():
            low, high = CRITICS[name].low, CRITICS[name].high
            for side in ("min", "max"):
                value = getattr(bound, side)
                if value is not None and not low <= value <= high:
                    raise ValueError(f"{name}.{side}: {value} is impossible; allowed is {low} to {high}")
        return self

    def of(self, critic: CriticName) -> Bound | None:
        """A critic's bound; None if it has none."""
        bound: Bound | None = getattr(self, critic)
        return bound

    def given(self) -> list[tuple[CriticName, Bound]]:
        """The critics that have a bound, in the order of cost."""
        return [(name, bound) for name in CRITICS if (bound := self.of(name)) is not None]


class Score(Settings):
    """The models that score, and the gates: looser bounds outside which dearer critics see nothing.

    Gates belong to scoring: changing one scores again. Bounds in `filter` must lie inside them.
    """

    similarity: str = "embedded:minilm-l6"
    """The encoder behind `similarity`: hub id, folder or embedded."""
    nli: str = "embedded:nli"
    """The classifier behind `entailment`; its label order is read from its config."""
    judge: str = "embedded:judge"
    """The classifier behind `judge`."""
    parser: str = "embedded:en-core-web-sm"
    """The spaCy pipeline behind `well_formed`, `entities`, `clause` and `tree_distance`."""
    critics: tuple[CriticName, ...] = tuple(name for name, spec in CRITICS.items() if spec.default)
    """The critics that score, the cheapest first whatever order is given."""
    equivalence: Share = 0.75
    """Sentences are compared for duplicates from this entailment on; no `duplicates` may be lower."""
    paraphrase: Bounds | None = None
    """Gates of paraphrases: looser bounds, outside which dearer critics see nothing."""
    summary: Bounds | None = None
    """Gates of summaries."""

    @field_validator("critics", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in self.critics:
            other = CRITICS[name].backward_of
            if other is not None and other not in self.critics:
                raise ValueError(f"critics: {name} is the {other}'s, so it needs {other!r} too")
        return self

    def models(self, critics: Iterable[CriticName]) -> dict[str, str]:
        """Setting → model, of the models that some critics need, in the order of the settings."""
        needed = {CRITICS[name].model for name in critics}
        return {name: getattr(self, name) for name in type(self).model_fields if name in needed}


class TaskFilter(Bounds):
    """The bounds of a task, and what becomes of pairs that say the same."""

    duplicates: Share | None = 0.75
    """p(entailment) from which two sentences say the same; `false` keeps duplicates."""
    duplicate_rule: Literal["paper", "code"] = "paper"
    """`paper`: of pairs whose sources or targets say the same the most entailed one stays. `code`: the one
    least entailed backwards, first among like sources, then among like targets, and before the bounds on
    numbers and ROUGE-L are applied, so that the one that stays may then be rejected.
    """


class Filter(Settings):
    """Which pairs are kept. A task that is left out is not distilled."""

    paraphrase: TaskFilter | None = None
    """The bounds of paraphrases; `false`: none are made."""
    summary: TaskFilter | None = None
    """The bounds of summaries; `false`: none are made."""

    def tasks(self) -> list[tuple[str, TaskFilter]]:
        """The tasks that are asked for."""
        return [(task, bounds) for task in TASKS if (bounds := getattr(self, task)) is not None]
