"""Threads that each compute alone: for many small pieces of work faster than all threads on one of them."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import torch


def single_threads(count: int) -> ThreadPoolExecutor:
    """A pool of `count` threads, 0 for as many as cores, in which torch uses no others.

    So what a piece of work gives does not depend on their number.
    """
    torch.get_num_threads()  # settles the caller's own number, which new threads would otherwise change
    return ThreadPoolExecutor(count or os.cpu_count() or 1, initializer=torch.set_num_threads, initargs=(1,))


@contextmanager
def threads_kept() -> Iterator[None]:
    """Give torch its number of threads back: CTranslate2, opening a model, sets OpenMP's, which is torch's.

    A training after that would take one core, and round otherwise than before.
    """
    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)
