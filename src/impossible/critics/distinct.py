"""Pairs → distinct sentences and indices, since the pairs of a group share few sentences."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError


def distinct(
    sources: Sequence[str], targets: Sequence[str]
) -> tuple[list[str], NDArray[np.intp], NDArray[np.intp]]:
    """The distinct sentences in order of first use, and the indices of sources and targets, each (n,).

    Raises DataError if the two lists differ in length.
    """
    if len(sources) != len(targets):
        raise DataError(f"{len(sources)} sources but {len(targets)} targets; give one target for each source")
    index: dict[str, int] = {}
    s = np.fromiter((index.setdefault(text, len(index)) for text in sources), np.intp, len(sources))
    t = np.fromiter((index.setdefault(text, len(index)) for text in targets), np.intp, len(targets))
    return list(index), s, t
