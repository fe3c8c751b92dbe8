"""Settings of distilling: training, rounds, texts."""

import json
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from .base import Settings, Share
from .critics import Filter


class Distil(Settings):
    """The student: what it starts from, and how it is trained; read by `impossible.students`."""

    base: str = "embedded:smollm2-135m"
    """What the student starts from: hub id, folder or embedded; a causal or a sequence-to-sequence model."""
    tasks: tuple[Literal["paraphrase", "summary"], ...] = ("paraphrase", "summary")
    """What it learns."""
    controls: tuple[Literal["length", "wording", "syntax"], ...] = ("length", "wording", "syntax")
    """What one can ask of it."""
    parser: str = "embedded:en-core-web-sm"
    """What the control of syntax is read off: a spaCy pipeline (dependencies), or `benepar:MODEL`
    (constituents; needs the extra `constituency`).
    """
    control_dropout: Share = 0.5
    """The chance that a control is left out of an example."""
    joined: Share = 0.0
    """So many more examples, as a share, are made of two each: long sentences are learned from short ones."""
    epochs: float = Field(3.0, gt=0, le=1000)
    """Passes over the pairs, at most."""
    learning_rate: float = Field(3e-4, gt=0)
    """The highest, after the warm-up."""
    warmup: Share = 0.05
    """Share of the steps in which the learning rate rises."""
    weight_decay: float = Field(0.01, ge=0)
    """Of AdamW."""
    lora_rank: int | None = Field(None, ge=0, le=4096)
    """Above 0: adapters of that rank (Hu et al. 2021); 0: all weights; left out: 16 for a causal base, 0 for
    a sequence-to-sequence one.
    """
    precision: Literal["auto", "bfloat16", "float32"] = "auto"
    """Number format in training; `auto`: bfloat16 where processor or GPU multiply it, else float32."""
    batch: int = Field(16, ge=1, le=100_000)
    """Examples that go through the model at once."""
    accumulate: int = Field(1, ge=1, le=100_000)
    """Batches a step."""
    max_tokens: int = Field(192, ge=8, le=100_000)
    """Longer examples are left out."""
    validation: float = Field(0.05, ge=0, lt=1)
    """Share of contexts held out."""
    patience: int = Field(3, ge=1)
    """Training stops after so many validations without a lower loss."""
    save_steps: int = Field(100, ge=1)
    """Steps between two checkpoints, each with a validation."""
    duplicates: Literal["drop", "learn"] = "drop"
    """`learn`: from the pairs too that only lost to one that says the same."""
    also: tuple[str, ...] = ()
    """Other runs, or files of pairs, whose pairs are learned from too."""
    texts: str | None = None
    """What the rounds rewrite: documents, as `contexts.corpus`, or another run's candidates; left out: this
    run's candidates in no pair."""
    field: str | None = None
    """The column or key of `texts` that holds the text."""
    rounds: int = Field(0, ge=0, le=20)
    """Rounds of self-distillation, at most; they end when one does not help."""
    sources: int = Field(2000, ge=1)
    """New sentences that a round rewrites, at most."""
    learn_from: Literal["all", "new"] = "all"
    """Whether a round trains on the pairs of all rounds so far or on its own alone."""
    filter: Filter | None = None
    """Laid over the bounds of `filter` in rounds, as for texts of another kind."""

    def canonical(self) -> str:
        """As every setting's; the usual parser and bounds go without saying."""
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
