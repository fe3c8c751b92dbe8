"""Human labels of pairs, stored where `impossible calibrate` stores its judgements."""

from collections.abc import Mapping

from ..analysis.calibrate import population
from ..data.judgements import label, read_judgements
from ..errors import DataError
from .index import Index

_PAIRS = 100  # pairs that `impossible calibrate` samples by default
ANSWERS = {"right": True, "wrong": False, "none": None}


class Labels:
    """Labels of a run, read on every access: calibrate may run in another terminal."""

    def __init__(self, index: Index):
        self._index = index
        self._samples: dict[str, frozenset[str]] = {}

    def of(self, task: str) -> Mapping[str, bool | None]:
        """pair_id → right, wrong, or None (skipped or removed)."""
        return read_judgements(self._index.run, task)

    def sample(self, task: str) -> frozenset[str]:
        """The pairs whose labels `impossible calibrate` counts: a sample over all scores of the judge."""
        if task not in self._samples:
            bounds = getattr(self._index.recipe.filter, task)
            critic = "judge" if bounds.of("judge") is not None else "entailment"
            pool = population(self._index.run, task, critic, _PAIRS)
            self._samples[task] = frozenset(pool.pair_id[i] for i in pool.drawn())
        return self._samples[task]

    def set(self, task: str, pair_id: str, answer: str) -> dict[str, str]:
        """Store an answer of ANSWERS; return the pair. Raises DataError, StoreError."""
        if answer not in ANSWERS:
            raise DataError(f"answer = {answer!r} is unknown; allowed: {', '.join(ANSWERS)}")
        found = self._index.rows(
            "SELECT pair_id, source, target FROM ledger WHERE pair_id = $id AND task = $task LIMIT 1",
            {"id": pair_id, "task": task},
        )
        if not found:
            raise DataError(f"no {task} pair has the id {pair_id!r}")
        label(self._index.run, task, pair_id, found[0]["source"], found[0]["target"], ANSWERS[answer])
        return found[0]
