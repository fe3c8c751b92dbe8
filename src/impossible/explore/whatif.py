"""What-if from an index: other bounds on a task → the same result as `analysis.whatif.what_if`."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..analysis.whatif import MEASURED, Change, Example, measured, unscored_pairs, wanted_filter
from ..errors import RecipeError
from ..filtering.duplicates import Ids
from ..filtering.fates import Fates, decide
from ..filtering.verdict import KEPT_CODE, UNKNOWN_CODE, VERDICTS, Codes, Verdicts
from ..metrics.diversity import Variety, variety
from ..recipe.critic_table import CRITICS
from ..recipe.critics import Bounds, TaskFilter
from .index import Index


@dataclass(frozen=True, slots=True)
class Outcome:
    """A change, the pairs kept before duplicates are dropped, and the pairs by verdict (before, after)."""

    change: Change
    alone_before: int
    alone_after: int
    verdicts: Mapping[str, tuple[int, int]]


class WhatIf:
    """What-if for one task, with a cache between requests."""

    def __init__(self, index: Index, task: str):
        self._index, self._rows = index, index.tasks[task]
        self._recipe = index.recipe
        self._verdicts = Verdicts(task, self._rows.scores)
        self._gates: Bounds = getattr(self._recipe.score, task) or Bounds()
        self._kept_before = np.flatnonzero(self._rows.before == KEPT_CODE)
        self._varieties: dict[int, Variety] = {}
        self._sizes_before = _sizes(self._rows.before)
        self._alone_before = int((self._decide(self.bounds(())).alone == KEPT_CODE).sum())

    def bounds(self, overrides: Sequence[str]) -> TaskFilter:
        """The run's bounds of the task under KEY=VALUE overrides. Raises RecipeError."""
        wanted = wanted_filter(self._index.run, self._recipe, overrides)
        found: TaskFilter | None = getattr(wanted, self._rows.task)
        if found is None:
            raise RecipeError(f"filter.{self._rows.task}: a task without bounds keeps no pairs")
        return found

    def fates(self, overrides: Sequence[str]) -> Fates:
        """Decide each pair under the overrides. Raises RecipeError."""
        return self._decide(self.bounds(overrides))

    def _decide(self, bounds: TaskFilter) -> Fates:
        return decide(self._verdicts, self._rows.graph, bounds, self._gates)

    def outcome(self, overrides: Sequence[str], examples: int = 12) -> Outcome:
        """Measure what changes, with the same figures and examples as `what_if`. Raises RecipeError."""
        rows, bounds = self._rows, self.bounds(overrides)
        fates = self._decide(bounds)
        was, now = rows.before == KEPT_CODE, fates.codes == KEPT_CODE
        gained, lost = (rows.distinct[changed[rows.distinct]] for changed in (now & ~was, was & ~now))
        draw = random.Random(self._recipe.seed)
        some = [_sample(draw, ids, min(examples, len(ids))) for ids in (gained, lost)]
        kept = [self._kept_before, np.flatnonzero(now)]
        size = min(MEASURED, *map(len, kept))
        sizes = [self._sizes_before, _sizes(fates.codes)]
        change = Change(
            task=rows.task,
            before=len(kept[0]),
            after=len(kept[1]),
            gained=len(gained),
            lost=len(lost),
            unknown=int((fates.codes[rows.distinct] == UNKNOWN_CODE).sum()),
            unscored=self._unscored(bounds),
            examples_gained=self._examples(some[0], fates.codes),
            examples_lost=self._examples(some[1], fates.codes),
            variety_before=self._variety_before(size),
            variety_after=self._variety(kept[1], size),
        )
        by_name = {name: (a, b) for name, a, b in zip(VERDICTS, *sizes, strict=True) if a or b}
        return Outcome(change, self._alone_before, int((fates.alone == KEPT_CODE).sum()), by_name)

    def _unscored(self, bounds: TaskFilter) -> int:
        wanted = self._recipe.filter.model_copy(update={self._rows.task: bounds})
        return unscored_pairs(self._rows.task, self._recipe, wanted, self._index.stopped)

    def _examples(self, some: Ids, after: Codes) -> tuple[Example, ...]:
        some = np.sort(some)
        shown = self._rows.shown(some, self._index.texts)
        return tuple(
            Example(row["pair_id"], row["source"], row["target"], row["verdict"], VERDICTS[after[i]])
            for i, row in zip(some.tolist(), shown, strict=True)
        )

    def _variety_before(self, size: int) -> Variety:
        if size not in self._varieties:
            self._varieties[size] = self._variety(self._kept_before, size)
        return self._varieties[size]

    def _variety(self, kept: Ids, size: int) -> Variety:
        some = kept[measured(len(kept), size, self._recipe.seed)]
        return variety(self._index.texts.take(pa.array(self._rows.graph.target[some])).to_pylist())


def _sizes(codes: Codes) -> list[int]:
    """Count the pairs of each verdict."""
    return np.bincount(codes, minlength=len(VERDICTS)).tolist()


def _sample(draw: random.Random, ids: Ids, size: int) -> Ids:
    """Sample ids as `draw.sample` samples a list."""
    return ids[np.array(draw.sample(range(len(ids)), size), np.int64)]


def overrides(task: str, given: Mapping[str, str]) -> list[str]:
    """Fields of a form such as `judge.min` → KEY=VALUE of the recipe; empty ones are skipped.

    Raises RecipeError if one is not a number.
    """
    found = []
    for name in [*(f"{critic}.{side}" for critic in CRITICS for side in ("min", "max")), "duplicates"]:
        text = given.get(name, "").strip()
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            raise RecipeError(f"{name} = {text!r} is not a number") from None
        if not np.isfinite(value):
            raise RecipeError(f"{name} = {text!r} is not a finite number")
        found.append(f"filter.{task}.{name}={value!r}")
    return found


def changed(task: str, bounds: TaskFilter, given: Mapping[str, str]) -> dict[str, float]:
    """The settings among the overrides that differ from the run's bounds."""
    found = {}
    for override in overrides(task, given):
        key, _, value = override.partition("=")
        critic, _, side = key.removeprefix(f"filter.{task}.").partition(".")
        now = getattr(bounds, critic)
        if (getattr(now, side, None) if side else now) != float(value):
            found[key] = float(value)
    return found
