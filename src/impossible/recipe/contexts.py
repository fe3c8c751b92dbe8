"""Settings of contexts: the names of the domains, or a corpus."""

import difflib
import json
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from ..errors import RecipeError
from .base import Settings

# templates and words are in `generation/domains`
DOMAINS = ("news", "biomedical", "reddit", "support", "reviews", "encyclopedia")


class Contexts(Settings):
    """What the teacher restates or continues: text of the documents of `corpus`, or its own after prefixes of
    `domains`.
    """

    domains: tuple[str, ...] = ("support", "reviews")
    """Built-in domains whose prefixes the teacher continues, in turn."""
    corpus: str | None = None
    """A file of your own texts instead of domains: .txt, .jsonl, .jsonl.gz, .csv, .tsv or .parquet; relative
    to the recipe.
    """
    field: str | None = None
    """The column or key of the corpus with the text; not for .txt."""
    count: int = Field(40, ge=1)
    """Number of contexts: sentences to restate, or openings to continue; of a corpus a random choice,
    determined by the seed.
    """
    sentences: tuple[int, int] = (1, 2)
    """Minimum and maximum number of sentences that the teacher adds to a prefix, or that are taken from the
    start of a document to continue it.
    """
    temperature: float = Field(0.8, gt=0, le=5)
    """Sampling temperature of the sentences that the teacher adds to a prefix."""
    top_p: float = Field(0.9, gt=0, le=1)
    """For these sentences: sample from the most likely tokens with this total probability."""
    top_k: int = Field(50, ge=0)
    """For these sentences: sample from this many most likely tokens; 0: all."""
    max_chars: int = Field(1200, ge=20)
    """Maximum length of a context in characters; longer ones are cut."""
    per_shard: int = Field(4, ge=1, le=10_000)
    """Contexts per shard; a kill loses at most the shards in progress."""

    def canonical(self) -> str:
        """As `Settings.canonical`, but with only the file name of the corpus, so that it can be moved."""
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
    """Raise RecipeError, with suggestions, unless the domain exists."""
    if name not in DOMAINS:
        near = difflib.get_close_matches(name, DOMAINS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise RecipeError(f"contexts.domains: {name!r} is unknown; {hint}allowed: {', '.join(DOMAINS)}")
