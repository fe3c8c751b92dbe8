"""Scores, bounds and the entailment graph → what becomes of each pair of a task."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..recipe.critics import Bound, Bounds, TaskFilter
from .duplicates import Graph, Ids, winners, winners_in_turn
from .verdict import DUPLICATE_CODE, KEPT_CODE, UNKNOWN_CODE, Codes, Floats, Judge


@dataclass(frozen=True, slots=True)
class Fates:
    """The code of each pair's verdict, (n,), and the index of the pair that it lost to (its own if none).

    `alone` are the codes before duplicates were looked for, `inside` the bounds that rejected.
    """

    codes: Codes
    best: Ids
    alone: Codes
    inside: Bounds


def decide(judge: Judge, graph: Graph, bounds: TaskFilter, gates: Bounds | None = None) -> Fates:
    """What becomes of the pairs under these bounds; unknown is what lies outside the gates, if given."""
    inside = bounds.model_copy(update=within_gates(bounds, gates or Bounds()))
    alone = judge.verdict(inside)
    codes, best = alone.copy(), np.arange(len(alone))
    if bounds.duplicates is not None:
        edges = graph.edges(bounds.duplicates)
        members = np.flatnonzero(_rivals(judge, inside, alone))
        pairs, strength = np.stack((graph.source, graph.target)), _strength(judge, inside)
        settle = winners if bounds.duplicate_rule == "paper" else winners_in_turn
        best[members] = members[settle(pairs[:, members], strength[members], edges)]
        codes[(alone == KEPT_CODE) & (best != np.arange(len(alone)))] = DUPLICATE_CODE
    if gates is not None:  # where only a gate rejects and the wanted bounds would not, nobody knows
        passed = np.isin(judge.verdict(bounds), (KEPT_CODE, UNKNOWN_CODE))
        alone[passed & (alone > UNKNOWN_CODE)] = UNKNOWN_CODE
        codes[alone == UNKNOWN_CODE] = UNKNOWN_CODE
    return Fates(codes, best, alone, inside)


def _rivals(judge: Judge, bounds: TaskFilter, alone: Codes) -> NDArray[np.bool_]:
    """The pairs among which duplicates are looked for; rule `code` does so before two of the critics."""
    if bounds.duplicate_rule == "paper":
        return alone == KEPT_CODE
    return judge.verdict(bounds.model_copy(update={"numbers": None, "rouge_l": None})) == KEPT_CODE


def _strength(judge: Judge, bounds: TaskFilter) -> Floats:
    """What the best of a component has most of."""
    forward, backward = (judge.scores[f"entailment_{way}"] for way in ("forward", "backward"))
    return forward + np.nan_to_num(backward) if bounds.duplicate_rule == "paper" else -backward


def within_gates(bounds: Bounds, gates: Bounds) -> dict[str, Bound]:
    """Bounds no looser than their gates: within these every pair has its scores."""
    tight: dict[str, Bound] = {}
    for critic, gate in gates.given():
        bound = bounds.of(critic) or Bound.model_construct()
        low = [x for x in (bound.min, gate.min) if x is not None]
        high = [x for x in (bound.max, gate.max) if x is not None]
        tight[critic] = Bound.model_construct(min=max(low) if low else None, max=min(high) if high else None)
    return tight
