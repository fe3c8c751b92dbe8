"""The interface of a critic: pairs in, one score per pair out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


class Critic(Protocol):
    """Scores pairs. Its cost, range and direction are in `recipe.critic_table`."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """One score per pair, shape (n,)."""
        ...


Compare = Callable[[NDArray[np.intp], NDArray[np.intp]], NDArray[np.float32]]


@runtime_checkable
class Reader(Critic, Protocol):
    """A critic that encodes each sentence once and then compares the encodings."""

    def read(self, sentences: Sequence[str]) -> Compare:
        """Encode the sentences; return a function that scores pairs, given as two index arrays, each (n,)."""
        ...


Critics = Mapping[str, Critic]
