"""Batches of similar length, in an order that a resumed training reproduces."""

from collections.abc import Iterator

import torch
from transformers import Trainer
from transformers.trainer_pt_utils import get_length_grouped_indices


class ByLength(torch.utils.data.Sampler[int]):
    """Samples rows in batches of similar length.

    The order of an epoch depends on seed and epoch alone, so that a resumed epoch continues with the rows
    that it has not seen.
    """

    def __init__(self, lengths: list[int], batch_size: int, seed: int):
        self._lengths, self._batch_size, self._seed, self._epoch = lengths, batch_size, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch; the Trainer calls this before each one."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        yield from get_length_grouped_indices(self._lengths, self._batch_size, generator=generator)


class ByLengthTrainer(Trainer):
    """transformers' Trainer for a data set whose `rows` have `input_ids`, in batches of similar length."""

    def _get_train_sampler(self, train_dataset: object = None) -> ByLength:
        lengths = [len(row["input_ids"]) for row in self.train_dataset.rows]
        return ByLength(lengths, self.args.train_batch_size, self.args.seed)
