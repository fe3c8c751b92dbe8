"""The HTML of the web app: escaping templates, and the sliders of bounds."""

from functools import cache
from typing import Any

import numpy as np
from jinja2 import Environment
from numpy.typing import NDArray

from ..analysis.why import Check
from ..recipe.critic_table import CRITICS
from ..recipe.critics import CriticName, TaskFilter
from ..report.page import descriptions, number, templates
from .index import Index, TaskRows

_BINS = 50


@cache
def environment() -> Environment:
    """Make the template environment, with autoescaping."""
    environment = templates("impossible.explore")
    environment.filters["plain"] = plain
    environment.globals |= {"place": place, "descriptions": descriptions()}
    return environment


def render(name: str, **values: Any) -> str:
    """Render a page, or a part of one."""
    return environment().get_template(name).render(values)


def plain(value: float | None) -> str:
    """Format a bound for a form; empty for None."""
    return "" if value is None else f"{value:.15g}"


def place(critic: CriticName, value: float, longest: float = 40.0) -> float:
    """Position of a score on a scale from 0 to 100; tree distances above `longest` are at its end."""
    low, high = CRITICS[critic].low, min(CRITICS[critic].high, longest)
    return round(100 * (min(max(value, low), high) - low) / (high - low), 2)


def sliders(index: Index, rows: TaskRows, bounds: TaskFilter) -> list[dict[str, Any]]:
    """The sliders of the bounds: one per critic with varying scores."""
    kept = rows.before == 0
    found = []
    for critic, scores in rows.varying().items():
        low, high = _scale(critic, scores)
        bound, gate = bounds.of(critic), getattr(getattr(index.recipe.score, rows.task), critic, None)
        known = ~np.isnan(scores)
        sides = {side: getattr(bound, side, None) for side in ("min", "max")}
        found.append(
            {
                "critic": critic,
                "given": sides != {"min": None, "max": None},
                "low": low,
                "high": high,
                "step": 0.01 if high <= 1 else 1,
                "all": _outline(scores[known], low, high),
                "kept": _outline(scores[known & kept], low, high),
                "gates": [
                    round(100 * (limit - low) / (high - low), 2)
                    for limit in (gate and gate.min, gate and gate.max)
                    if limit is not None and low <= limit <= high
                ],
                "sides": sides,
            }
        )
    return found


def _scale(critic: CriticName, scores: NDArray[np.float32]) -> tuple[float, float]:
    """The ends of a slider: the range of the critic, for similarity and distances that of the scores."""
    low, high = CRITICS[critic].low, CRITICS[critic].high
    if low < 0:
        low = min(0.0, float(np.floor(np.nanmin(scores) * 10) / 10))
    return low, high if high <= 1 else float(np.ceil(np.nanmax(scores)))


def _outline(scores: NDArray[np.float32], low: float, high: float) -> str:
    """A histogram as an SVG path in a box of 100 × 24."""
    counts, _ = np.histogram(scores, _BINS, (low, high))
    heights = 24 * counts / max(1, counts.max())
    width = 100 / _BINS
    steps = "".join(f"V{24 - h:.1f}H{(i + 1) * width:g}" for i, h in enumerate(heights.tolist()))
    return f"M0 24{steps}V24Z"


def outside(check: Check) -> str:
    """Summarise the result of a check in a few words."""
    if check.bound is None:
        return ""
    if check.outside is None:
        return "unknown"
    return "within" if check.outside == 0 else f"outside by {number(check.outside)}"
