"""`impossible` without one of the measures that no setting switches off: for benchmarks/run.py --without.

python benchmarks/ablated.py MEASURE run RECIPE …
"""

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from impossible import cli, generate, score
from impossible.recipe import Bounds, Sampling
from impossible.records import Candidate
from impossible.score import Floats, Indices, Pairs, Table
from impossible.teachers import Continuation, Decoding
from impossible.teachers.stop import SentenceStop


def no_stop() -> AbstractContextManager[object]:
    """Continuations go on to `max_tokens`; their probability is still that of the first sentence."""
    push = SentenceStop.push

    def on(self: SentenceStop, token: int, surface: str, logprob: float) -> bool:
        if self._left:
            push(self, token, surface, logprob)
        else:
            self.ids.append(token)
        return False

    return patch.object(SentenceStop, "push", on)


def all_finished() -> AbstractContextManager[object]:
    """Improbable continuations are drawn to their end, and dropped then."""

    def patient(*values: float, min_logprob: float, **named: int) -> Decoding:
        return Decoding(*values, **named)

    return patch.object(generate, "Decoding", patient)


def repeats_paired() -> AbstractContextManager[object]:
    """A sentence that was written several times is as many candidates."""
    distinct = generate.candidates

    def candidates(
        continuations: Sequence[Continuation], settings: Sampling, counts: Counter[str]
    ) -> tuple[Candidate, ...]:
        found = distinct(continuations, settings, counts)
        return tuple(replace(c, count=1) for c in found for _ in range(c.count))

    return patch.object(generate, "candidates", candidates)


def nothing_shared() -> AbstractContextManager[object]:
    """Each task has its pairs scored for itself."""

    def alone(self: Table, sources: Indices, targets: Indices) -> Floats:
        texts = ([self._sentences[i] for i in of] for of in (sources, targets))
        return self._critic.score(*texts) if len(sources) else np.empty(0, np.float32)

    return patch.object(Table, "score", alone)


def both_ways() -> AbstractContextManager[object]:
    """Entailment and judge score each pair that reaches them both ways, whatever the first way gives."""
    within = score._within

    def later(critic: str, column: str, pairs: Pairs, gates: Bounds) -> NDArray[np.bool_]:
        if critic not in ("entailment", "judge") or pairs.task == "summary":
            return within(critic, column, pairs, gates)
        if column.endswith("_forward"):
            return np.ones(len(pairs.source), dtype=bool)
        return within(critic, f"{critic}_forward", pairs, gates) & within(critic, column, pairs, gates)

    return patch.object(score, "_within", later)


MEASURES = {
    "stop at the sentence's end": no_stop,
    "improbable ones left unfinished": all_finished,
    "equal sentences paired once": repeats_paired,
    "scores shared by both tasks": nothing_shared,
    "second way after the first": both_ways,
}


def main() -> None:
    with MEASURES[sys.argv.pop(1)]():
        cli.main()


if __name__ == "__main__":
    main()
