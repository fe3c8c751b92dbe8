"""Settings of sampling: how the teacher continues a context."""

from pydantic import Field

from .base import Settings


class Sampling(Settings):
    """How the teacher continues a context."""

    per_context: int = Field(200, ge=2, le=10_000)
    """Continuations of a context. Pairs grow with the square."""
    temperature: float = Field(0.6, gt=0, le=5)
    """Below 1 likelier words, above 1 less likely ones."""
    top_p: float = Field(0.9, gt=0, le=1)
    """Keep the likeliest tokens that together have this probability."""
    top_k: int = Field(30, ge=0)
    """Keep so many of the likeliest tokens; 0 keeps all."""
    min_tokens: int = Field(4, ge=0)
    """No continuation ends before: chat models like to stop behind a question."""
    max_tokens: int = Field(30, ge=4, le=1000)
    """A continuation that has no sentence end by then is dropped."""
    no_repeat_ngram: int = Field(0, ge=0, le=100)
    """Above 0: no sequence of so many tokens comes twice in the context and its continuation."""
    min_words: int = Field(4, ge=1)
    """Shorter sentences are dropped."""
    max_chars: int = Field(300, ge=10)
    """Longer sentences are dropped."""
    min_logprob: float | None = Field(None, le=0)
    """Sentences whose log-probability (natural, summed over tokens) is lower are dropped: the teacher's
    nonsense is improbable to itself.
    """
