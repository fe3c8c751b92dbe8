"""When to stop a continuation: at the end of its sentence, not after a fixed number of tokens."""

from collections.abc import Callable, Sequence

from ..text.sentences import first_end

# Until one of these has been written there is nothing to decide, and the text need not be decoded.
_TERMINATORS = frozenset(".?!…\n\r")


class SentenceStop:
    """Watches one continuation grow token by token.

    Every token behind a terminator is looked at, so that the same tokens always stop at the same place.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str], sentences: int = 1):
        self._decode = decode
        self._left = sentences
        self._start = 0
        self._watching = False
        self.ids: list[int] = []
        self.logprob = 0.0

    def push(self, token: int, surface: str, logprob: float) -> bool:
        """Take a token and how it is spelt; True if the wanted sentences are complete."""
        self.ids.append(token)
        self.logprob += logprob
        self._watching = self._watching or not _TERMINATORS.isdisjoint(surface)
        return self._watching and self._complete()

    def _complete(self) -> bool:
        text = self.text()
        while self._left and (end := first_end(text[self._start :])) is not None:
            self._start += end
            self._left -= 1
        return not self._left

    def text(self) -> str:
        """What was written."""
        return self._decode(self.ids)
