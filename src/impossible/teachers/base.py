"""What a teacher is: it continues prompts. A student is one too."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Decoding:
    """How to draw tokens. `top_k` 0 keeps all. A sequence stops after `sentences` complete sentences; no end
    token is drawn before `min_tokens`; with `no_repeat_ngram` above 0 no sequence of so many tokens
    comes twice. One whose log-probability falls under `min_logprob` may be left unfinished.

    With `sentences` 0 only the end token ends a sequence, as a student's. With `max_ratio` above 0 it has at
    most so many tokens for each of its prompt's, and eight.
    """

    temperature: float
    top_p: float
    top_k: int
    max_tokens: int
    sentences: int = 1
    min_tokens: int = 0
    no_repeat_ngram: int = 0
    min_logprob: float = -math.inf
    max_ratio: int = 0

    def limit(self, prompt: int) -> int:
        """The most tokens behind a prompt of so many."""
        return min(self.max_tokens, self.max_ratio * prompt + 8) if self.max_ratio else self.max_tokens


@dataclass(frozen=True, slots=True)
class Continuation:
    """Text as the model wrote it, up to the sentence end, and the sum of its tokens' log-probabilities.

    The log-probabilities are the model's own: natural, temperature 1, whole vocabulary. Their sum is NaN
    where an endpoint does not give them. Not `ended`: its tokens ran out, or it was left.
    """

    text: str
    logprob: float
    ended: bool = True


class Sampler(Protocol):
    """Continues prompts. What comes back depends on the prompt, `n`, the seed and the decoding only."""

    def sample(
        self, prompts: Sequence[str], n: int, seeds: Sequence[int], decoding: Decoding
    ) -> Iterator[list[Continuation]]:
        """Draw `n` continuations of each prompt: a list of `n` for each of the prompts, as they get ready."""
        ...

    def logprobs(self, prompt: str, texts: Sequence[str]) -> list[float]:
        """Log-probability of each text as a continuation of the prompt (its tokens, without an end token)."""
        ...
