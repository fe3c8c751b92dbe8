"""Batches as large as a device's memory takes."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

RowIndices = NDArray[np.intp]


class Batches:
    """Hands rows to a model in batches; where one does not fit into memory, they halve.

    The size that was found stays, so that a run meets the limit once.
    """

    def __init__(self, size: int):
        self.size = size

    def each(self, rows: RowIndices, work: Callable[[RowIndices], None]) -> None:
        """Call `work` with one part of the rows after the other.

        Raises torch.OutOfMemoryError if not even a single row fits.
        """
        done = 0
        while done < len(rows):
            part = rows[done : done + self.size]
            try:
                work(part)
            except torch.OutOfMemoryError:
                if len(part) == 1:
                    raise
                self.size = len(part) // 2
            else:
                done += len(part)
                continue
            torch.cuda.empty_cache()  # outside the handler, which holds on to the tensors of the failed call
