"""Numbers: the share of the target's numbers, dates and amounts that the source has too."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..text.numbers import numbers
from .distinct import distinct


class Numbers:
    """The share of the target's numbers that the source has too, counted with multiplicity."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """Shares, (n,), 0 to 1; 1 where the target has no number.

        Raises DataError if the two lists differ in length.
        """
        sentences, s, t = distinct(sources, targets)
        counts = [Counter(numbers(text)) for text in sentences]
        pairs = zip(s.tolist(), t.tolist(), strict=True)
        return np.fromiter((_share(counts[i], counts[j]) for i, j in pairs), np.float32, len(s))


def _share(source: Mapping[str, int], target: Mapping[str, int]) -> float:
    if not target:
        return 1.0
    return sum(min(n, source.get(key, 0)) for key, n in target.items()) / sum(target.values())
