"""Scores, bounds and the entailment graph → the verdict of each pair of a task."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..recipe.critics import Bound, Bounds, TaskFilter
from .duplicates import Graph, Ids, several_winners, winners, winners_in_turn
from .verdict import DUPLICATE_CODE, KEPT_CODE, UNKNOWN_CODE, Codes, Floats, Verdicts

_COPYING = np.float32(0.3)  # how much surer a pair must be to make up for a ROUGE-L higher by 1


@dataclass(frozen=True, slots=True)
class Fates:
    """The verdict code of each pair, (n,), and the index of the pair that replaces it (its own if none).

    `alone` are the codes before duplicates are removed, `inside` the bounds that were applied.
    """

    codes: Codes
    best: Ids
    alone: Codes
    inside: Bounds


def decide(verdicts: Verdicts, graph: Graph, bounds: TaskFilter, gates: Bounds | None = None) -> Fates:
    """Decide all pairs under these bounds; with gates, a pair that only a gate rejects is unknown."""
    inside = bounds.model_copy(update=within_gates(bounds, gates or Bounds()))
    alone = verdicts.verdict(inside)
    codes, best = alone.copy(), np.arange(len(alone))
    if bounds.duplicates is not None:
        edges = graph.edges(bounds.duplicates)
        members = np.flatnonzero(_rivals(verdicts, inside, alone))
        pairs = np.stack((graph.source, graph.target))[:, members]
        strength = _strength(verdicts, inside)[members]
        match bounds.duplicate_rule:
            case "paper":
                won = winners(pairs, strength, edges)
            case "code":
                won = winners_in_turn(pairs, strength, edges)
            case "several":
                won = several_winners(pairs, strength, edges, graph.alike(bounds.alike), bounds.winners)
        best[members] = members[won]
        codes[(alone == KEPT_CODE) & (best != np.arange(len(alone)))] = DUPLICATE_CODE
    if gates is not None:  # a pair that only a gate rejects lacks scores, so its verdict is unknown
        passed = np.isin(verdicts.verdict(bounds), (KEPT_CODE, UNKNOWN_CODE))
        alone[passed & (alone > UNKNOWN_CODE)] = UNKNOWN_CODE
        codes[alone == UNKNOWN_CODE] = UNKNOWN_CODE
    return Fates(codes, best, alone, inside)


def _rivals(verdicts: Verdicts, bounds: TaskFilter, alone: Codes) -> NDArray[np.bool_]:
    """The pairs among which duplicates are removed; rule `code` does so before two critics apply."""
    if bounds.duplicate_rule == "code":
        return verdicts.verdict(bounds.model_copy(update={"numbers": None, "rouge_l": None})) == KEPT_CODE
    return alone == KEPT_CODE


def _strength(verdicts: Verdicts, bounds: TaskFilter) -> Floats:
    """The strength of each pair; the strongest of a component is kept."""
    forward, backward = (verdicts.scores[f"entailment_{way}"] for way in ("forward", "backward"))
    match bounds.duplicate_rule:
        case "paper":
            return forward + np.nan_to_num(backward)
        case "code":
            return -backward
        case "several":
            sure = np.where(np.isnan(verdicts.scores["correct"]), forward, verdicts.scores["correct"])
            return sure - _COPYING * np.nan_to_num(verdicts.scores["rouge_l"])


def within_gates(bounds: Bounds, gates: Bounds) -> dict[str, Bound]:
    """Bounds tightened to their gates, within which every pair has its scores."""
    tight: dict[str, Bound] = {}
    for critic, gate in gates.given():
        bound = bounds.of(critic) or Bound.model_construct()
        low = [x for x in (bound.min, gate.min) if x is not None]
        high = [x for x in (bound.max, gate.max) if x is not None]
        tight[critic] = Bound.model_construct(min=max(low) if low else None, max=min(high) if high else None)
    return tight
