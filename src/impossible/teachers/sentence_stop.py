"""Detect the token at which a continuation has completed its sentences."""

from collections.abc import Callable, Sequence

from ..text.sentences import first_end
from .base import Continuation

# No sentence ends before one of these appears, so decoding starts only then.
_TERMINATORS = frozenset(".?!…\n\r")


class SentenceStop:
    """Collects one continuation token by token and detects its end.

    With `sentences` 0 the caller sets `ended` at the end token. Every token after a terminator is checked,
    so that equal token sequences stop at the same position.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str], sentences: int = 1):
        self._decode = decode
        self._terminators = _TERMINATORS if sentences else frozenset()
        self._remaining = sentences
        self._start = 0
        self._past_terminator = False
        self.ids: list[int] = []
        self.logprob = 0.0
        self.ended = False

    def push(self, token: int, surface: str, logprob: float) -> bool:
        """Add a token and its text; return True if the requested sentences are complete."""
        self.ids.append(token)
        self.logprob += logprob
        self._past_terminator = self._past_terminator or not self._terminators.isdisjoint(surface)
        self.ended = self._past_terminator and self._complete()
        return self.ended

    def _complete(self) -> bool:
        text = self.text()
        while self._remaining and (end := first_end(text[self._start :])) is not None:
            self._start += end
            self._remaining -= 1
        return not self._remaining

    def text(self) -> str:
        """Return the text so far."""
        return self._decode(self.ids)

    def continuation(self) -> Continuation:
        """Return the text so far with its log-probability."""
        return Continuation(self.text(), self.logprob, self.ended)
