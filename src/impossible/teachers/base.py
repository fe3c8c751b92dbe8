"""Define the `Sampler` protocol, which continues prompts, and its decoding parameters."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Decoding:
    """Decoding parameters.

    `top_k` 0 disables top-k. A sequence stops after `sentences` complete sentences; with 0, as for students,
    only at the end token. No end token is drawn before `min_tokens`. No n-gram of `no_repeat_ngram` tokens
    is repeated; 0 disables this. A sequence whose log-probability falls below `min_logprob` may be left
    unfinished. With `max_ratio` above 0, a continuation has at most `max_ratio` · prompt tokens + 8 tokens.

    The model reads `prefix`, the prompt and `suffix` as one text. `bonus` is added to the logits of the
    prompt's content words, names and numbers until they are drawn; log-probabilities stay the model's own.
    With `copied` above 0, a continuation has at most that many tokens of the prompt in a row.
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
    prefix: str = ""
    suffix: str = ""
    bonus: float = 0
    copied: int = 0

    def framed(self, prompt: str) -> str:
        """Return the text that the model continues."""
        return f"{self.prefix}{prompt}{self.suffix}"

    def limit(self, prompt: int) -> int:
        """Return the maximum number of new tokens after a prompt of `prompt` tokens."""
        return min(self.max_tokens, self.max_ratio * prompt + 8) if self.max_ratio else self.max_tokens


@dataclass(frozen=True, slots=True)
class Continuation:
    """Generated text up to the sentence end, and the sum of its tokens' log-probabilities.

    Log-probabilities are natural logarithms at temperature 1 over the whole vocabulary. Their sum is NaN if
    an endpoint does not return them. `ended` is False if sampling stopped early or at the token limit.
    """

    text: str
    logprob: float
    ended: bool = True


class Sampler(Protocol):
    """Continues prompts, each framed by `Decoding.framed`.

    The result depends only on the prompt, `n`, the seed and the decoding.
    """

    def sample(
        self, prompts: Sequence[str], n: int, seeds: Sequence[int], decoding: Decoding
    ) -> Iterator[list[Continuation]]:
        """Yield a list of `n` continuations for each prompt, in prompt order, as they are finished."""
        ...

    def logprobs(self, prompt: str, texts: Sequence[str]) -> list[float]:
        """Return the log-probability of each text as a continuation of the prompt, without an end token."""
        ...
