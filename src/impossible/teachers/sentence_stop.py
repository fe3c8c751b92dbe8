"""When to stop a continuation: at the end of its sentence, or at its end token, not after so many tokens."""

from collections.abc import Callable, Sequence

from ..text.sentences import first_end
from .base import Continuation

# Until one of these has been written there is nothing to decide, and the text need not be decoded.
_TERMINATORS = frozenset(".?!…\n\r")


class SentenceStop:
    """Watches one continuation grow token by token; `sentences` 0: until it is told of an end token.

    Every token behind a terminator is looked at, so that the same tokens always stop at the same place.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str], sentences: int = 1):
        self._decode = decode
        self._terminators = _TERMINATORS if sentences else frozenset()
        self._left = sentences
        self._start = 0
        self._watching = False
        self.ids: list[int] = []
        self.logprob = 0.0
        self.ended = False

    def push(self, token: int, surface: str, logprob: float) -> bool:
        """Take a token and how it is spelt; True if the wanted sentences are complete."""
        self.ids.append(token)
        self.logprob += logprob
        self._watching = self._watching or not self._terminators.isdisjoint(surface)
        self.ended = self._watching and self._complete()
        return self.ended

    def _complete(self) -> bool:
        text = self.text()
        while self._left and (end := first_end(text[self._start :])) is not None:
            self._start += end
            self._left -= 1
        return not self._left

    def text(self) -> str:
        """What was written."""
        return self._decode(self.ids)

    def continuation(self) -> Continuation:
        """What was written, and how probable it is."""
        return Continuation(self.text(), self.logprob, self.ended)
