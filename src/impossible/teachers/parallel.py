"""Map a function over items in threads, with a signal that stops them when the caller stops early."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

Item = TypeVar("Item")
Output = TypeVar("Output")


def map_in_threads(
    work: Callable[[Item, Event], Output], items: Sequence[Item], threads: int
) -> Iterator[Output]:
    """Yield `work(item, stopping)` for each item, in order, on at most `threads` threads.

    `stopping` is set when the caller stops iterating, so that running work can end early.
    """
    stopping = Event()
    with ThreadPoolExecutor(threads) as pool:
        try:
            yield from pool.map(lambda item: work(item, stopping), items)
        finally:
            # on Ctrl-C or a closed iterator, running work ends at its next token
            stopping.set()
            pool.shutdown(cancel_futures=True)
