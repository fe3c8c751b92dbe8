"""A prompt a thread, and an end to all of them when the caller has had enough."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from .base import Continuation

# prompt, seed, and what is set when the rest is no longer wanted → continuations
Draw = Callable[[str, int, Event], list[Continuation]]


def each_in_a_thread(
    draw: Draw, prompts: Sequence[str], seeds: Sequence[int], threads: int
) -> Iterator[list[Continuation]]:
    """What `draw` gives for each prompt, in their order, at most `threads` at once."""
    stopping = Event()
    with ThreadPoolExecutor(threads) as pool:
        try:
            yield from pool.map(lambda prompt, seed: draw(prompt, seed, stopping), prompts, seeds)
        finally:
            # Ctrl-C, or a caller who has had enough: what is under way ends at its next token
            stopping.set()
            pool.shutdown(cancel_futures=True)
