"""The shards of a run and their rows; later waves of contexts see demonstrations from the earlier ones."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from ..data.pairs import check_texts, pair_rows
from ..data.run_folder import RunFolder
from ..data.schema import Demonstration
from ..errors import StoreError
from ..generation.demonstrations import attach, choose
from ..recipe.base import TASKS
from ..recipe.recipe import Recipe

_GROWTH = 3  # each wave ends at so many times the contexts of the one before


class Shards:
    """The rows of each shard. Demonstrations are chosen anew at the start of each wave of contexts.

    Waves depend on the number of contexts alone, so the same demonstrations are shown whatever the size of
    shards, the engine or the interruptions of a run.
    """

    def __init__(self, recipe: Recipe, folder: RunFolder, prompts: pa.Table, shown: bool = True):
        """With `shown = False` there are no demonstrations: for a run that stops before it needs them."""
        self._shown = shown
        self._recipe, self._folder, self._prompts = recipe, folder, prompts
        self._pools: dict[int, list[Demonstration]] = {}
        ends = _wave_ends(recipe, prompts.num_rows)
        size = recipe.contexts.per_shard
        starts = [0, *ends[:-1]]
        # (first row, number of rows, wave)
        self._places = [
            (row, min(size, end - row), wave)
            for wave, (start, end) in enumerate(zip(starts, ends, strict=True))
            for row in range(start, end, size)
        ]

    def __len__(self) -> int:
        return len(self._places)

    def contexts(self, shards: int) -> int:
        """The number of contexts in the first shards."""
        return sum(rows for _, rows, _ in self._places[:shards])

    def waves(self) -> Iterator[list[int]]:
        """Yield the shards of each wave."""
        last = self._places[-1][2] if self._places else -1
        for wave in range(last + 1):
            yield [i for i, place in enumerate(self._places) if place[2] == wave]

    def before(self, index: int) -> list[int]:
        """The shards of the waves before that of a shard, which must be finished first."""
        if not self._shown:
            return []
        return [i for i, place in enumerate(self._places) if place[2] < self._places[index][2]]

    def rows(self, index: int) -> pa.Table:
        """The prompts of a shard with their demonstrations. Raises StoreError, DataError."""
        start, count, wave = self._places[index]
        rows, settings = self._prompts.slice(start, count), self._recipe.restatement
        if settings is None or not settings.demonstrations or not self._shown:
            return rows
        if settings.examples is not None:
            return attach(rows, self._given, settings)
        if wave not in self._pools:
            self._pools[wave] = choose(list(self._scores(self.before(index))), settings)
        return attach(rows, self._pools[wave], settings)

    def shows_other_examples(self) -> bool:
        """Whether finished shards show other pairs of the user than `restatement.examples` holds now.

        Raises StoreError, DataError.
        """
        settings = self._recipe.restatement
        if not self._shown or settings is None or not settings.demonstrations or settings.examples is None:
            return False
        for index in range(len(self)):
            shard = self._folder.shard("contexts", index)
            if shard is None or self._folder.shard("generate", index) is None:
                continue
            with suppress(StoreError):  # a damaged one is made again
                old, new = shard.table(), self.rows(index)
                same_contexts = old["context"].to_pylist() == new["context"].to_pylist()
                if same_contexts and old["demonstrations"].to_pylist() != new["demonstrations"].to_pylist():
                    return True
        return False

    @cached_property
    def _given(self) -> list[Demonstration]:
        """The user's own demonstrations."""
        assert self._recipe.restatement is not None and self._recipe.restatement.examples is not None
        path = Path(self._recipe.restatement.examples)
        rows = pair_rows(path)
        check_texts(rows, path, ("source", "target"))
        return [
            Demonstration(task, row["source"], row["target"])
            for row in rows
            for task in TASKS
            if row.get("task", task) == task
        ]

    def _scores(self, indices: Iterable[int]) -> Iterator[pa.Table]:
        for index in indices:
            shard = self._folder.shard("score", index)
            if shard is None:
                raise StoreError(
                    f"shard {index} of stage score in {self._folder.path} is missing, and later shards "
                    "show its pairs to the teacher; run again to recreate it"
                )
            yield shard.table()


def _wave_ends(recipe: Recipe, contexts: int) -> list[int]:
    """Where each wave ends; one wave if no demonstrations are taken from the run."""
    settings, ends = recipe.restatement, []
    if settings is not None and settings.demonstrations and settings.examples is None:
        end = settings.first
        while end < contexts:
            ends.append(end)
            end *= _GROWTH
    return [*ends, contexts]
