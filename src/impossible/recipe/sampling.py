"""Settings of sampling: how the teacher continues a context."""

from pydantic import Field

from .base import Settings


class Sampling(Settings):
    """How the teacher continues a context."""

    per_context: int = Field(200, ge=2, le=10_000)
    """Continuations per context, without restatement. The number of pairs grows with the square."""
    temperature: float = Field(0.6, gt=0, le=5)
    """Sampling temperature: lower values favour likely tokens."""
    top_p: float = Field(0.9, gt=0, le=1)
    """Sample from the most likely tokens with this total probability."""
    top_k: int = Field(30, ge=0)
    """Sample from this many most likely tokens; 0: all."""
    min_tokens: int = Field(4, ge=0)
    """Minimum tokens of a continuation: chat models tend to stop after a question."""
    max_tokens: int = Field(30, ge=4, le=1000)
    """Maximum tokens; a continuation without a sentence end by then is dropped."""
    no_repeat_ngram: int = Field(0, ge=0, le=100)
    """Above 0: no n-gram of this many tokens occurs twice in the context and its continuation."""
    min_words: int = Field(4, ge=1)
    """Shorter sentences are dropped."""
    max_chars: int = Field(300, ge=10)
    """Longer sentences are dropped."""
    min_logprob: float | None = Field(None, le=0)
    """Sentences with a lower log-probability (natural, summed over tokens) are dropped: nonsense is
    improbable to the teacher itself.
    """
