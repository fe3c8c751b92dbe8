"""Pairs → distinct sentences and indices: all pairs of a group share its few sentences."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError


def distinct(
    sources: Sequence[str], targets: Sequence[str]
) -> tuple[list[str], NDArray[np.intp], NDArray[np.intp]]:
    """The distinct sentences in order of first use, and each pair's two indices into them, each (n,).

    Raises DataError if there are not as many sources as targets.
    """
    if len(sources) != len(targets):
        raise DataError(f"{len(sources)} sources but {len(targets)} targets; give one target for each source")
    index: dict[str, int] = {}
    s = np.fromiter((index.setdefault(text, len(index)) for text in sources), np.intp, len(sources))
    t = np.fromiter((index.setdefault(text, len(index)) for text in targets), np.intp, len(targets))
    return list(index), s, t
