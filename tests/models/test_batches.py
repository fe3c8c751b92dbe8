import numpy as np
import pytest
import torch

from impossible.models.batches import Batches


def test_batches_shrink_to_what_fits_and_no_row_is_lost_or_done_twice() -> None:
    batches, seen = Batches(64), []

    def work(rows: np.ndarray) -> None:
        if len(rows) > 10:
            raise torch.OutOfMemoryError("CUDA out of memory")
        seen.append(rows.tolist())

    batches.each(np.arange(100), work)
    assert [row for part in seen for row in part] == list(range(100))
    assert batches.size == 8
    assert max(map(len, seen)) == 8


def test_a_single_row_that_does_not_fit_is_an_error() -> None:
    def work(rows: np.ndarray) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        Batches(4).each(np.arange(3), work)
