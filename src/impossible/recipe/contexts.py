"""Settings of contexts: what the teacher continues."""

import difflib
import json
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from ..errors import RecipeError
from .base import Settings

# whose templates and words lie in `generation`
DOMAINS = ("news", "biomedical", "reddit", "support", "reviews")


class Contexts(Settings):
    """What the teacher continues: prefixes of `domains`, or openings of the documents of `corpus`."""

    domains: tuple[str, ...] = ("support", "reviews")
    """Built-in domains whose prefixes the teacher continues; they take turns."""
    corpus: str | None = None
    """A file of your own texts instead of domains: .txt, .jsonl, .jsonl.gz, .csv, .tsv or .parquet; as seen
    from the recipe.
    """
    field: str | None = None
    """The column or key of the corpus that holds the text; not for .txt."""
    count: int = Field(40, ge=1)
    """How many contexts: of a corpus the documents drawn, the same ones for the same seed."""
    sentences: tuple[int, int] = (1, 2)
    """From how many to how many sentences: the teacher adds them to a prefix, or a document opens with them.
    """
    temperature: float = Field(0.8, gt=0, le=5)
    """Of the sentences that the teacher adds to a prefix."""
    top_p: float = Field(0.9, gt=0, le=1)
    """The same: keep the likeliest tokens that together have this probability."""
    top_k: int = Field(50, ge=0)
    """The same: keep so many of the likeliest tokens; 0 keeps all."""
    max_chars: int = Field(1200, ge=20)
    """Contexts are cut to so many characters."""
    per_shard: int = Field(4, ge=1, le=10_000)
    """Contexts a file: what a kill can cost, and what is held at once."""

    def canonical(self) -> str:
        """As every setting's; of the corpus its name, since its path depends on where one stands."""
        corpus = self.corpus and Path(self.corpus).name
        return json.dumps(self.model_dump(mode="json") | {"corpus": corpus}, sort_keys=True)

    @field_validator("domains", "sentences", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        low, high = self.sentences
        if not 0 <= low <= high <= 20:
            raise ValueError(f"sentences: [{low}, {high}] must be two numbers, 0 ≤ low ≤ high ≤ 20")
        if self.corpus is None and not self.domains:
            raise ValueError("domains: give at least one domain, or a corpus")
        if self.corpus is not None and low < 1:
            raise ValueError("sentences: with a corpus at least 1")
        if self.corpus is None and self.field is not None:
            raise ValueError("field: names a field of the corpus, but there is no corpus")
        return self


def check_domain(name: str) -> None:
    """Check that there is a domain of that name. Raises RecipeError with the nearest one and all others."""
    if name not in DOMAINS:
        near = difflib.get_close_matches(name, DOMAINS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise RecipeError(f"contexts.domains: {name!r} is unknown; {hint}allowed: {', '.join(DOMAINS)}")
