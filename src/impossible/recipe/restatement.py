"""Settings of restatement: the teacher says a sentence again behind a discourse cue."""

import json
from typing import Self

from pydantic import Field, field_validator, model_validator

from .base import Settings

STEERABLE = ("tree", "transformers", "own")  # backends that can change logits
_BONUS = {"paraphrase": 4.0, "summary": 2.0}  # a paraphrase leaves nothing out


class Cue(Settings):
    """How sentences are restated for one task."""

    cue: str = Field(min_length=1)
    """The words between a sentence and its restatements, such as `In other words,`."""
    words: tuple[int, int]
    """Fewest and most words of a sentence that is restated for this task."""
    bonus: float | None = Field(None, ge=0, le=20)
    """Added to the logits of the sentence's content words until they are said; left out: 4 for a paraphrase,
    2 for a summary, and 0 with backends that cannot (`ctranslate2`, `endpoint`).
    """

    @field_validator("words", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not 1 <= self.words[0] <= self.words[1]:
            raise ValueError(f"words: [{self.words[0]}, {self.words[1]}] must be two numbers, 1 ≤ low ≤ high")
        return self


class Restatement(Settings):
    """How the teacher restates sentences: of the corpus, or sentences that it wrote itself.

    A context is then a sentence. The teacher continues `demonstrations`, the sentence and a cue.
    """

    paraphrase: Cue | None = Cue(cue="In other words,", words=(7, 30))
    """For paraphrases; `false`: none are made on purpose."""
    summary: Cue | None = Cue(cue="In short,", words=(12, 45))
    """For summaries; `false`: none are made on purpose."""
    per_cue: int = Field(40, ge=2, le=10_000)
    """Continuations of a sentence behind each cue that suits it."""
    demonstrations: int = Field(3, ge=0, le=20)
    """Pairs of each task shown before a sentence, which the run kept earlier; the first contexts see none."""
    examples: str | None = None
    """A file of your own pairs to show instead: .jsonl, .csv or .parquet with task, source and target."""
    pool: int = Field(12, ge=1, le=1000)
    """Pairs of each task from which demonstrations are drawn in turn."""
    first: int = Field(32, ge=1)
    """Contexts that see no demonstrations: their pairs are shown to the next ones. The pairs to show are
    chosen again after 3, 9, 27 … times as many.
    """
    edits: int = Field(6, ge=0, le=100)
    """Most edits of a sentence by grammar (turned round, or with something left out) that join its group for
    each cue: those that the teacher finds likely. They need the parser `score.parser`; 0: none.
    """
    copied: int = Field(0, ge=0, le=1000)
    """Above 0: the most tokens of the sentence in a row."""

    def canonical(self) -> str:
        """See Settings; where the file of examples lies does not count, what it holds is in the contexts."""
        table = json.loads(super().canonical())
        return json.dumps(table | {"examples": self.examples is not None}, sort_keys=True)

    def bonus(self, task: str, backend: str) -> float:
        """The bonus that a backend of the teacher adds for a task."""
        given = dict(self.cues())[task].bonus
        if given is None:
            return _BONUS[task] if backend in STEERABLE else 0
        return given

    def cues(self) -> list[tuple[str, Cue]]:
        """The tasks and their cues."""
        both = (("paraphrase", self.paraphrase), ("summary", self.summary))
        return [(task, cue) for task, cue in both if cue is not None]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.cues():
            raise ValueError("paraphrase: give a cue for at least one task, or restatement = false")
        if self.pool < self.demonstrations:
            raise ValueError(f"pool: {self.pool} is less than demonstrations = {self.demonstrations}")
        return self
