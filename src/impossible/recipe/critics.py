"""Settings of scoring and filtering: critics, gates and bounds."""

from typing import Literal, Self

from pydantic import field_validator, model_validator

from .base import TASKS, Settings, Share


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


CriticName = Literal[
    "length_ratio",
    "numbers",
    "persons",
    "prefix",
    "personal_data",
    "toxic",
    "rouge_l",
    "similarity",
    "entities",
    "clause",
    "entailment",
    "judge",
    "retention",
    "tree_distance",
]
# critic → lowest and highest score it can give; the order is the order of cost
CRITICS: dict[CriticName, tuple[float, float]] = {
    "length_ratio": (0, 1),
    "numbers": (0, 1),
    "persons": (0, 1),
    "prefix": (0, 1),
    "personal_data": (0, 1),
    "toxic": (0, 1),
    "rouge_l": (0, 1),
    "similarity": (-1, 1),
    "entities": (0, 1),
    "clause": (0, 1),
    "entailment": (0, 1),
    "judge": (0, 1),
    "retention": (0, 1),
    "tree_distance": (0, 10_000),
}

CHEAP_TO_DEAR = tuple(CRITICS)


class Bounds(Settings):
    """One bound a critic; a critic without one has no say."""

    length_ratio: Bound | None = None
    """Characters of the target over those of the source."""
    numbers: Bound | None = None
    """Share of one side's numbers that the other has."""
    persons: Bound | None = None
    """Share of one side's grammatical persons (I, we, she …) that the other has."""
    prefix: Bound | None = None
    """Share of the target that the source opens with."""
    personal_data: Bound | None = None
    """1 if a side seems to hold a mail or street address, a phone or card number; `max = 0` rejects it."""
    toxic: Bound | None = None
    """1 if a side has a crude word; `max = 0` rejects it."""
    rouge_l: Bound | None = None
    """ROUGE-L F1: words in common, in order."""
    similarity: Bound | None = None
    """Cosine of the sentences' embeddings."""
    entities: Bound | None = None
    """Share of one side's named entities that the other has."""
    clause: Bound | None = None
    """Share of time, modality and mood of one side's main clause that the other has."""
    entailment: Bound | None = None
    """p(entailment) of the small NLI model."""
    judge: Bound | None = None
    """p(entailment) of the language model with an adapter."""
    retention: Bound | None = None
    """The judge's p(target entails source): low where a summary loses the point."""
    tree_distance: Bound | None = None
    """Edits between the two parses."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, bound in self.given():
            low, high = CRITICS[name]
            for side in ("min", "max"):
                value = getattr(bound, side)
                if value is not None and not low <= value <= high:
                    raise ValueError(f"{name}.{side}: {value} is impossible; allowed is {low} to {high}")
        return self

    def given(self) -> list[tuple[CriticName, Bound]]:
        """The critics that have a bound, in the order of cost."""
        return [(name, bound) for name in CRITICS if (bound := getattr(self, name)) is not None]


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
    """The spaCy pipeline behind `entities`, `clause` and `tree_distance`."""
    critics: tuple[CriticName, ...] = CHEAP_TO_DEAR[:-1]
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
        if "retention" in self.critics and "judge" not in self.critics:
            raise ValueError("critics: retention is the judge's, so it needs 'judge' too")
        return self


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
