"""A line now and then while nothing else is said, so that a long command is seen to be alive."""

import threading
import time
from collections.abc import Callable

EVERY = 8.0  # seconds of silence before a line


class Heartbeat:
    """Says from a thread what is being done whenever `every` seconds have passed without a word.

    Use as a context manager; `heard` after each line that somebody else printed. It is daemonic, so it never
    keeps a process alive.
    """

    def __init__(self, say: Callable[[str], None], every: float = EVERY):
        self._say, self._every = say, every
        self._start = self._last = time.monotonic()
        self._doing: Callable[[], str] = lambda: "starting"
        self._over = threading.Event()
        self._silent = False
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def doing(self, what: str | Callable[[], str]) -> None:
        """Set what is being done from now on: words, or a function that gives them."""
        self._doing = (lambda: what) if isinstance(what, str) else what

    def heard(self) -> None:
        """Count the silence from now."""
        self._last = time.monotonic()

    def silence(self, silent: bool) -> None:
        """Stop while something else shows progress, such as a bar; go on behind it."""
        self._silent = silent
        self.heard()

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(min(1.0, self._every / 4)):
            now = time.monotonic()
            if not self._silent and now - self._last >= self._every:
                self._last = now
                self._say(f"… {self._doing()}, {now - self._start:.0f} s")
