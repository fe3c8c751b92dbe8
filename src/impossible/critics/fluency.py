"""Fluency: how likely a side's words are to the teacher. The cascade reads it from the group."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Fluency:
    """Of pairs without a group the teacher's log-probability is unknown, so their score is NaN."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """See Critic."""
        return np.full(len(sources), np.nan, np.float32)
