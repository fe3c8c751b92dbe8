"""Pools of threads that each run torch single-threaded: faster for many small pieces of work."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import torch

from .cores import available_cores


def single_threads(count: int) -> ThreadPoolExecutor:
    """A pool of `count` threads (0: one per core), in each of which torch is single-threaded.

    The result of a piece of work then does not depend on the number of threads.
    """
    torch.get_num_threads()  # fixes the caller's number of threads, which new threads would change
    return ThreadPoolExecutor(count or available_cores(), initializer=torch.set_num_threads, initargs=(1,))


@contextmanager
def threads_kept() -> Iterator[None]:
    """Restore torch's number of threads, which CTranslate2 changes through OpenMP when it opens a model.

    Otherwise a later training would use one core, and round differently.
    """
    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)
