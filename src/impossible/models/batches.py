"""Batches as large as a device's memory allows."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

RowIndices = NDArray[np.intp]


class Batches:
    """Passes rows to a model in batches, and halves the batch size when memory runs out.

    The reduced size is kept, so that a run reaches the limit once.
    """

    def __init__(self, size: int):
        self.size = size

    def each(self, rows: RowIndices, work: Callable[[RowIndices], None]) -> None:
        """Call `work` with successive batches of the rows.

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
            torch.cuda.empty_cache()  # after the handler, which keeps the tensors of the failed call
