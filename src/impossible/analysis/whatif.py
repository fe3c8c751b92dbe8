"""What-if: which pairs a run would keep with other bounds, from stored scores."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..data.run_folder import RunFolder
from ..data.schema import KEPT, LEDGER, UNKNOWN
from ..errors import RecipeError
from ..filtering.cascade import CHEAP
from ..filtering.ledger import filter_scores
from ..metrics.diversity import Variety, variety
from ..recipe.critic_table import CRITICS
from ..recipe.critics import Bound, Bounds, Filter
from ..recipe.recipe import Recipe

MEASURED = 2000  # maximum pairs for measuring variety


@dataclass(frozen=True, slots=True)
class Example:
    """A pair that the new bounds gain or lose: its verdict before and after."""

    pair_id: str
    source: str
    target: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """The effect of new bounds on a task.

    `unknown` is the number of scored pairs that lie outside a gate or lack a score that the new bounds need;
    a run with these bounds would score them. `unscored` is an upper limit of the unscored pairs that a gate
    rejected which is now tighter than its bound. Variety is measured on equally many targets before and
    after.
    """

    task: str
    before: int
    after: int
    gained: int
    lost: int
    unknown: int
    unscored: int
    examples_gained: tuple[Example, ...]
    examples_lost: tuple[Example, ...]
    variety_before: Variety
    variety_after: Variety


def what_if(run: Path, overrides: Sequence[str], examples: int = 5) -> list[Change]:
    """The effect of other bounds on a run's pairs; `overrides` are KEY=VALUE settings of `filter`.

    Raises RecipeError for other settings, or for a task that the run has not scored; StoreError.
    """
    folder = RunFolder(run)
    folder.manifest()  # raises StoreError if there is no run
    recipe = folder.recipe()
    wanted = wanted_filter(run, recipe, overrides)
    before, after = folder.rows("filter"), decide(run, recipe, wanted)
    stopped: Counter[str] = Counter()
    for shard in folder.shards("score"):
        stopped.update(shard.counts)
    return [
        _change(task, before, after, unscored_pairs(task, recipe, wanted, stopped), examples, recipe.seed)
        for task, _ in recipe.filter.tasks()
    ]


def to_keep(run: Path, overrides: Sequence[str]) -> list[str]:
    """The `--set` overrides that make `impossible run` keep the same pairs; with gates where needed."""
    try:
        RunFolder(run).recipe(overrides)
    except RecipeError:
        return [*overrides, *(one.strip().replace("filter.", "score.", 1) for one in overrides)]
    return [*overrides]


def wanted_filter(run: Path, recipe: Recipe, overrides: Sequence[str]) -> Filter:
    """The filter of the overrides, which may lie outside the gates. Raises RecipeError."""
    for override in overrides:
        if not override.strip().startswith("filter."):
            key = override.partition("=")[0].strip()
            near = [
                f"filter.{task}.{key}" for task, _ in recipe.filter.tasks() if key.split(".")[0] in CRITICS
            ]
            hint = f"did you mean {' or '.join(near)}?" if near else f"impossible settings {key} explains it"
            raise RecipeError(
                f"--set {override}: only filter.… can be changed without running a model; {hint}"
            )
    # without gates, since bounds outside them are valid here; some pairs are then "unknown"
    ungated = [*overrides, "score.paraphrase=false", "score.summary=false"]
    wanted = RunFolder(run).recipe(ungated).filter
    scored = [task for task, _ in recipe.filter.tasks()]
    for task, _ in wanted.tasks():
        if task not in scored:
            raise RecipeError(f"filter.{task}: this run scored no {task} pairs; it has {', '.join(scored)}")
    return wanted


def decide(run: Path, recipe: Recipe, wanted: Filter) -> pa.Table:
    """The ledger of a run with the filter `wanted`, schema LEDGER."""
    decided = [
        filter_scores(shard.table(), wanted, recipe.score)[0] for shard in RunFolder(run).shards("score")
    ]
    return pa.concat_tables([LEDGER.remove_metadata().empty_table(), *decided]).cast(LEDGER)


def unscored_pairs(task: str, recipe: Recipe, wanted: Filter, stopped: Counter[str]) -> int:
    """The number of pairs that cheap gates rejected which are now tighter than their bounds."""
    bounds: Bounds | None = getattr(wanted, task)
    if bounds is None:
        return 0
    gates: Bounds = getattr(recipe.score, task) or Bounds()
    loosened = [c for c, gate in gates.given() if c in CHEAP and _looser(bounds.of(c), gate)]
    return sum(stopped[f"{task}: {critic}"] for critic in loosened)


def _looser(bound: Bound | None, gate: Bound) -> bool:
    low, high = (bound.min, bound.max) if bound else (None, None)
    below = gate.min is not None and (low is None or low < gate.min)
    return below or (gate.max is not None and (high is None or high > gate.max))


def _change(task: str, before: pa.Table, after: pa.Table, unscored: int, examples: int, seed: int) -> Change:
    old, new = (t.filter(pc.equal(t["task"], task)) for t in (before, after))
    was, now = (
        dict(zip(t["pair_id"].to_pylist(), t["verdict"].to_pylist(), strict=True)) for t in (old, new)
    )
    gained = [i for i, what in now.items() if what == KEPT and was.get(i) != KEPT]
    lost = [i for i, what in was.items() if what == KEPT and now.get(i) != KEPT]
    draw = random.Random(seed)
    some = [draw.sample(ids, min(examples, len(ids))) for ids in (gained, lost)]
    targets = [t.filter(pc.equal(t["verdict"], KEPT))["target"].to_pylist() for t in (old, new)]
    size = min(MEASURED, *map(len, targets))
    return Change(
        task=task,
        before=len(targets[0]),
        after=len(targets[1]),
        gained=len(gained),
        lost=len(lost),
        unknown=sum(what == UNKNOWN for what in now.values()),
        unscored=unscored,
        examples_gained=_examples(old, some[0], now),
        examples_lost=_examples(old, some[1], now),
        variety_before=variety([targets[0][i] for i in measured(len(targets[0]), size, seed)]),
        variety_after=variety([targets[1][i] for i in measured(len(targets[1]), size, seed)]),
    )


def measured(n: int, size: int, seed: int) -> list[int]:
    """A random sample of `size` indices below `n`, sorted; equal arguments give equal samples."""
    return sorted(random.Random(seed).sample(range(n), size))


def _examples(old: pa.Table, ids: Sequence[str], now: Mapping[str, str]) -> tuple[Example, ...]:
    rows = old.filter(pc.is_in(old["pair_id"], pa.array(ids, pa.string()))).to_pylist()
    return tuple(
        Example(r["pair_id"], r["source"], r["target"], r["verdict"], now.get(r["pair_id"], "not asked for"))
        for r in rows
    )
