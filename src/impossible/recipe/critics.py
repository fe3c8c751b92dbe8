"""Types of the settings of scoring and filtering: bounds, gates, models of critics."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import (
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    create_model,
    field_validator,
    model_serializer,
    model_validator,
)

from .base import FINGERPRINT, TASKS, Settings, Share
from .critic_table import CRITICS


class Bound(Settings):
    """The range [min, max] of accepted scores; for a paraphrase it applies to both directions of a score."""

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


# Type checkers do not support a Literal built at runtime.
if TYPE_CHECKING:
    CriticName = str
else:
    CriticName = Literal[*CRITICS]

_bounds: dict[str, Any] = {
    name: (Bound | None, Field(None, description=spec.meaning)) for name, spec in CRITICS.items()
}
_CriticBounds: Any = create_model("_CriticBounds", __base__=Settings, **_bounds)


class Bounds(_CriticBounds, Settings):
    """Bounds per critic; a critic without a bound rejects nothing."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, bound in self.given():
            low, high = CRITICS[name].low, CRITICS[name].high
            for side in ("min", "max"):
                value = getattr(bound, side)
                if value is not None and not low <= value <= high:
                    raise ValueError(f"{name}.{side}: {value} is out of range; allowed is {low} to {high}")
        return self

    @model_serializer(mode="wrap")
    def _without_later_critics(
        self, handler: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> dict[str, Any]:
        """Leave absent bounds of later critics out of fingerprints, so that a new critic changes none."""
        dumped: dict[str, Any] = handler(self)
        if info.context != FINGERPRINT:
            return dumped
        later = {name for name, spec in CRITICS.items() if spec.later and dumped.get(name) is None}
        return {name: value for name, value in dumped.items() if name not in later}

    def of(self, critic: CriticName) -> Bound | None:
        """A critic's bound; None if it has none."""
        bound: Bound | None = getattr(self, critic)
        return bound

    def given(self) -> list[tuple[CriticName, Bound]]:
        """The critics that have a bound, in the order of cost."""
        return [(name, bound) for name in CRITICS if (bound := self.of(name)) is not None]


class Score(Settings):
    """The models of the critics, and the gates: pairs outside a gate are not scored by later critics.

    Changing a gate means scoring again. The bounds in `filter` must lie within the gates.
    """

    similarity: str = "embedded:minilm-l6"
    """The encoder of `similarity`: hub ID, folder or embedded model."""
    nli: str = "embedded:nli"
    """The classifier of `entailment`; its label order is read from its config."""
    judge: str = "embedded:judge"
    """The classifier of `judge`."""
    parser: str = "embedded:en-core-web-sm"
    """The spaCy pipeline of `well_formed`, `entities`, `clause`, `support` and `tree_distance`."""
    critics: tuple[CriticName, ...] = tuple(name for name, spec in CRITICS.items() if spec.default)
    """The critics that score pairs; the cheapest run first, in any order of this list."""
    pairs: Literal["anchored", "all"] = "anchored"
    """Of a group that restates a sentence: `anchored`: the pairs with that sentence; `all`: also those of two
    restatements, which are far more, and less often right. Continuations are always paired with each other.
    """
    equivalence: Share = 0.75
    """Lowest entailment at which sentences are compared for duplicates; a lower bound for `duplicates`."""
    paraphrase: Bounds | None = None
    """Gates of paraphrases: pairs outside are not scored by later critics."""
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
                raise ValueError(f"critics: {name} needs {other!r} too, since it is its backward score")
        if "grounded" in self.critics and "judge" not in self.critics:
            raise ValueError("critics: grounded needs 'judge' too, whose scores it reads")
        return self

    def models(self, critics: Iterable[CriticName]) -> dict[str, str]:
        """Setting → model, for the models that the given critics need."""
        needed = {CRITICS[name].model for name in critics}
        return {name: getattr(self, name) for name in type(self).model_fields if name in needed}


class TaskFilter(Bounds):
    """The bounds of a task, and how duplicates are removed."""

    duplicates: Share | None = 0.75
    """p(entailment) from which two sentences are equivalent; `false` keeps duplicates."""
    duplicate_rule: Literal["paper", "code", "several"] = "paper"
    """`paper`: of pairs with equivalent sources or targets, keep the one with the highest entailment.
    `several`: keep up to `winners` of them, no two of nearly the same wording, the surest and most reworded
    first. `code`: keep the one with the lowest backward entailment, first among equivalent sources, then
    among equivalent targets; the bounds on numbers and ROUGE-L apply afterwards, so that this pair may be
    rejected too.
    """
    winners: int = Field(3, ge=1, le=1000)
    """Rule `several`: the most pairs of one set of duplicates."""
    alike: Share = 0.7
    """Rule `several`: ROUGE-L from which two sentences have nearly the same wording."""


class Filter(Settings):
    """The bounds of kept pairs. No pairs are made for a task without a table."""

    paraphrase: TaskFilter | None = None
    """The bounds of paraphrases; `false`: none are made."""
    summary: TaskFilter | None = None
    """The bounds of summaries; `false`: none are made."""
    template_share: Share | None = None
    """Largest share of a task's pairs that may follow one template, such as "I am not sure …"; the first ones
    stay in the dataset. `false`: any share.
    """

    @model_serializer(mode="wrap")
    def _without_cap(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        """Leave the cap out of fingerprints, since it changes no verdict; that of the dataset has it."""
        dumped: dict[str, Any] = handler(self)
        if info.context == FINGERPRINT:
            dumped.pop("template_share", None)
        return dumped

    def tasks(self) -> list[tuple[str, TaskFilter]]:
        """The tasks of the recipe, with their bounds."""
        return [(task, bounds) for task in TASKS if (bounds := getattr(self, task)) is not None]
