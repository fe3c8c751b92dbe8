"""Grounded: does the sentence that a group restates entail both sides? The cascade asks the judge for it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Grounded:
    """Pairs without a group have no sentence to be grounded in, so their score is 1."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """See Critic."""
        return np.ones(len(sources), np.float32)
