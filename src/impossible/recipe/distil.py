"""Settings of students: training, rounds of self-distillation, texts."""

import json
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from .base import Settings, Share
from .critics import Filter


class Distil(Settings):
    """The student: its base model and training."""

    base: str = "embedded:smollm2-135m"
    """The base model: hub ID, folder or embedded; a causal or a sequence-to-sequence model."""
    tasks: tuple[Literal["paraphrase", "summary"], ...] = ("paraphrase", "summary")
    """The tasks that it learns."""
    controls: tuple[Literal["length", "wording", "syntax"], ...] = ("length", "wording", "syntax")
    """The controls that it learns."""
    parser: str = "embedded:en-core-web-sm"
    """The parser of the syntax control: a spaCy pipeline (dependencies), or `benepar:MODEL`
    (constituents; needs the extra `constituency`).
    """
    control_dropout: Share = 0.5
    """Probability that a control is left out of an example."""
    joined: Share = 0.0
    """Share of additional examples that join two pairs, so that long inputs are learned from short ones."""
    epochs: float = Field(3.0, gt=0, le=1000)
    """Maximum passes over the pairs."""
    learning_rate: float = Field(3e-4, gt=0)
    """Peak learning rate, after the warm-up."""
    warmup: Share = 0.05
    """Share of the steps in which the learning rate rises."""
    weight_decay: float = Field(0.01, ge=0)
    """Weight decay of AdamW."""
    lora_rank: int | None = Field(None, ge=0, le=4096)
    """Above 0: adapters of that rank (Hu et al. 2021); 0: all weights; left out: 16 for a causal base, 0 for
    a sequence-to-sequence one.
    """
    precision: Literal["auto", "bfloat16", "float32"] = "auto"
    """Number format in training; `auto`: bfloat16 where CPU or GPU support it, else float32."""
    batch: int = Field(16, ge=1, le=100_000)
    """Examples per batch."""
    accumulate: int = Field(1, ge=1, le=100_000)
    """Batches per optimizer step."""
    max_tokens: int = Field(192, ge=8, le=100_000)
    """Maximum tokens of an example; longer ones are left out."""
    validation: float = Field(0.05, ge=0, lt=1)
    """Share of contexts held out."""
    patience: int = Field(3, ge=1)
    """Training stops after this many validations without a lower loss."""
    save_steps: int = Field(100, ge=1)
    """Steps between two checkpoints, each with a validation."""
    duplicates: Literal["drop", "learn"] = "drop"
    """`learn`: train also on pairs that were rejected only as duplicates."""
    also: tuple[str, ...] = ()
    """Other runs, or files of pairs, to train on too."""
    texts: str | None = None
    """Sentences that the rounds rewrite: documents, as `contexts.corpus`, or another run's candidates;
    default: this run's candidates that are in no pair."""
    field: str | None = None
    """The column or key of `texts` with the text."""
    rounds: int = Field(0, ge=0, le=20)
    """Maximum rounds of self-distillation; they end when one does not help."""
    sources: int = Field(2000, ge=1)
    """Maximum new sentences that a round rewrites."""
    learn_from: Literal["all", "new"] = "all"
    """Whether a round trains on the pairs of all rounds so far or only on its own."""
    filter: Filter | None = None
    """Overrides the bounds of `filter` in rounds, such as for texts of another kind."""

    def canonical(self) -> str:
        """As `Settings.canonical`, without the parser and filter if they have their defaults."""
        kept = self.model_dump(mode="json")
        for name in ("parser", "filter"):
            if kept[name] == type(self).model_fields[name].default:
                del kept[name]
        return json.dumps(kept, sort_keys=True)

    @field_validator("tasks", "controls", "also", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.tasks:
            raise ValueError("tasks: give at least one of paraphrase, summary")
        if self.field is not None and self.texts is None:
            raise ValueError("field: names a field of texts, but there are no texts")
        return self
