"""What a critic is: it gives one number a pair, never a verdict."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


class Critic(Protocol):
    """Scores pairs. What else is known of it is its row in `recipe.critic_table`."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """One score a pair, shape (n,)."""
        ...


Compare = Callable[[NDArray[np.intp], NDArray[np.intp]], NDArray[np.float32]]


@runtime_checkable
class Reader(Critic, Protocol):
    """A critic that reads each sentence alone, and then compares what it has read."""

    def read(self, sentences: Sequence[str]) -> Compare:
        """What scores pairs of these sentences, given as indices (n,) of sources and targets."""
        ...


Critics = Mapping[str, Critic]
