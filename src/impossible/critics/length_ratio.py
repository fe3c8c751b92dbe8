"""Length ratio: characters of the target divided by characters of the source."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .distinct import distinct


class LengthRatio:
    """Characters of the target / characters of the source; an empty source gives inf, two empty texts 1."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """Ratios, (n,), 0 to inf. Raises DataError if the two lists differ in length."""
        sentences, s, t = distinct(sources, targets)
        length = np.array([len(text) for text in sentences], np.float32)
        ratio = np.full(len(s), np.inf, np.float32)
        np.divide(length[t], length[s], out=ratio, where=length[s] > 0)
        ratio[(length[s] == 0) & (length[t] == 0)] = 1
        return ratio
