"""Demonstrations: the best pairs of a run so far, which the teacher sees before the next sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from ..data.schema import PROMPTS, Demonstration
from ..recipe.restatement import Restatement
from ..text.function_words import content_words

_BLOCK = 8  # neighbouring contexts that see the same demonstrations, so that these are computed once
_ALIKE = 0.4  # share of content words from which two demonstrations are alike
_REWORDED = 0.55  # ROUGE-L of a pair that is reworded but not a different sentence
_FEWEST_WORDS = 8
_LIKELY = 0.5


def choose(scores: Sequence[pa.Table], settings: Restatement) -> list[Demonstration]:
    """Return the pairs to show: of each task at most `pool`, the best first, no two of one context or alike.

    Anchored pairs come first, in the order of the critic `correct` less the distance from a usual
    rewording. Pairs with the lowest overlap are not the best ones: many are wrong. The choice does not
    depend on the bounds of `[filter]`, so another bound changes no text.
    """
    rows = [row for table in scores for row in table.to_pylist() if _is_likely(row)]
    shown: list[Demonstration] = []
    for task, _ in settings.cues():
        chosen: list[Demonstration] = []
        contexts: set[str] = set()
        for row in sorted((r for r in rows if r["task"] == task), key=_order):
            if len(chosen) == settings.pool:
                break
            new = Demonstration(task, row["source"], row["target"])
            short = min(len(side.split()) for side in (new.source, new.target)) < _FEWEST_WORDS
            if short or row["context_id"] in contexts or any(_alike(new, old) for old in chosen):
                continue
            chosen.append(new)
            contexts.add(row["context_id"])
        shown += chosen
    return shown


def _is_likely(row: Mapping[str, Any]) -> bool:
    """Whether a pair is rather right than wrong, as far as the critics know."""
    sure, entailed = row.get("correct"), row.get("entailment_forward")
    return sure >= _LIKELY if sure is not None else entailed is not None


def _order(row: Mapping[str, Any]) -> tuple[bool, float, str, str]:
    """The best first; of equal ones the order does not depend on that of the rows."""
    sure = row.get("correct") or 0.0
    reworded = row.get("rouge_l")
    far = abs(reworded - _REWORDED) if reworded is not None else 0.0
    return not row.get("anchored"), far - sure, row["source"], row["target"]


def _alike(a: Demonstration, b: Demonstration) -> bool:
    x, y = ({word.lower() for word in content_words(one.source)} for one in (a, b))
    return len(x & y) > _ALIKE * max(1, min(len(x), len(y)))


def attach(prompts: pa.Table, pool: Sequence[Demonstration], settings: Restatement) -> pa.Table:
    """Give each prompt its demonstrations: of each task `demonstrations` pairs of the pool, in turn.

    The turn follows the prompt's place in the run, so it does not depend on the shards.
    """
    blocks = [index // _BLOCK for index in prompts["index"].to_pylist()]
    shown = [[asdict(one) for one in turn(pool, block, settings.demonstrations)] for block in blocks]
    at = prompts.column_names.index("demonstrations")
    field = PROMPTS.field("demonstrations")
    return prompts.set_column(at, field, pa.array(shown, field.type))


def turn(pool: Sequence[Demonstration], block: int, count: int) -> list[Demonstration]:
    """Return `count` demonstrations of each task, or as many as there are; the next block sees others."""
    shown = []
    for task in dict.fromkeys(one.task for one in pool):
        of_task = [one for one in pool if one.task == task]
        n = min(count, len(of_task))
        shown += [of_task[(block * n + k) % len(of_task)] for k in range(n)]
    return shown
