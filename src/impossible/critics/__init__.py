"""Critics: each scores sentence pairs with one number per pair; verdicts are left to the filter."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..recipe.critic_table import CRITICS
from ..recipe.critics import Score
from ..recipe.execution import Execution
from .base import Critic

if TYPE_CHECKING:
    from .parser import ParsedSentences


class Backward:
    """A critic with source and target swapped; both directions share one loaded model."""

    def __init__(self, critic: Critic):
        self._critic = critic

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """See Critic."""
        return self._critic.score(targets, sources)


class LazyCritics(dict[str, Critic]):
    """All critics by name, each loaded on first access, which may raise ModelError."""

    def __init__(self, settings: Score, execution: Execution):
        super().__init__()
        self._settings, self._execution = settings, execution
        # one cache of parses, shared by all critics that need a parser
        self._parsed = cache(lambda: _parser(settings.parser))

    def __missing__(self, name: str) -> Critic:
        if (forward := CRITICS[name].backward_of) is not None:
            self[name] = Backward(self[forward])
        elif name == "grounded":  # of a pair without a group, the source is the sentence that is restated
            self[name] = self["judge"]
        else:
            self[name] = _open(name, self._settings, self._execution, self._parsed)
        return self[name]


def open_critics(settings: Score, execution: Execution) -> dict[str, Critic]:
    """Load the critics listed in `settings.critics`, cheapest first. Raises ModelError."""
    critics = LazyCritics(settings, execution)
    return {name: critics[name] for name in CRITICS if name in settings.critics}


def _parser(name: str) -> "ParsedSentences":
    from .parser import ParsedSentences, load_parser  # spaCy, which takes a second to import

    return ParsedSentences(load_parser(name))


def _open(
    name: str, settings: Score, execution: Execution, parsed: "Callable[[], ParsedSentences]"
) -> Critic:
    match name:
        case "length_ratio":
            from .length_ratio import LengthRatio

            return LengthRatio()
        case "numbers":
            from .numbers import Numbers

            return Numbers()
        case "persons":
            from .persons import Persons

            return Persons()
        case "prefix":
            from .prefix import Prefix

            return Prefix()
        case "personal_data":
            from .personal_data import PersonalData

            return PersonalData()
        case "toxic":
            from .toxic import Toxic

            return Toxic()
        case "rouge_l":
            from .rouge_l import RougeL

            return RougeL()
        case "fluency":
            from .fluency import Fluency

            return Fluency()
        case "correct":
            from .correct import Correct

            return Correct()
        case _:
            return _open_model(name, settings, execution, parsed)


def _open_model(
    name: str, settings: Score, execution: Execution, parsed: "Callable[[], ParsedSentences]"
) -> Critic:
    """Load a critic that needs a model or a parser."""
    match name:
        case "similarity":
            from ..models.locate import locate
            from .similarity import Similarity

            return Similarity(locate(settings.similarity), execution.device, execution.threads)
        case "well_formed":
            from .well_formed import WellFormed

            return WellFormed(parsed())
        case "entities":
            from .entities import Entities

            return Entities(parsed())
        case "clause":
            from .clause import ClauseCritic

            return ClauseCritic(parsed())
        case "support":
            from .support import Support

            return Support(parsed())
        case "entailment":
            from ..models.locate import locate
            from .nli import Nli

            return Nli(locate(settings.nli), execution.threads, execution.batch_size, execution.device)
        case "judge":
            from ..models.locate import locate
            from .nli import Nli

            return Nli(locate(settings.judge), execution.threads, execution.batch_size, execution.device)
        case "tree_distance":
            from .tree_distance import TreeDistance

            return TreeDistance(parsed())
        case _:
            raise AssertionError(name)
