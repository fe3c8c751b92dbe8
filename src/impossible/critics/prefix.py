"""Prefix: the share of the target's words that the source begins with, to reject truncation as summary."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+")


class Prefix:
    """The share of the target's words that the source begins with, 0 to 1; 0 for an empty target."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """Shares, (n,)."""
        words = {text: _WORD.findall(text.lower()) for text in {*sources, *targets}}
        shares = [_share(words[s], words[t]) for s, t in zip(sources, targets, strict=True)]
        return np.array(shares, dtype=np.float32)


def _share(source: Sequence[str], target: Sequence[str]) -> float:
    common = 0
    while common < min(len(source), len(target)) and source[common] == target[common]:
        common += 1
    return common / len(target) if target else 0.0
