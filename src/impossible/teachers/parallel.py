"""A piece of work a thread, and an end to all of them when the caller has had enough."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def each_in_a_thread(
    work: Callable[[Item, Event], Made], items: Sequence[Item], threads: int
) -> Iterator[Made]:
    """What `work` gives for each item, in their order, at most `threads` at once.

    It gets what is set when the rest is no longer wanted.
    """
    stopping = Event()
    with ThreadPoolExecutor(threads) as pool:
        try:
            yield from pool.map(lambda item: work(item, stopping), items)
        finally:
            # Ctrl-C, or a caller who has had enough: what is under way ends at its next token
            stopping.set()
            pool.shutdown(cancel_futures=True)
