"""Outputs → the cascade's scores and verdicts, and one number to order them by."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..critics import Critics
from ..recipe import Bounds
from ..records import SCORE_FIELDS
from ..verdict import KEPT, Scores, columns, shortfall, verdict

Floats = NDArray[np.float32]
_BETA = 4.0  # how much more meaning weighs than form, as in BERT-iBLEU
_LEAST = 1e-5


def cascade(
    critics: Critics, sources: Sequence[str], targets: Sequence[str], task: str, bounds: Bounds
) -> tuple[dict[str, Floats], NDArray[np.object_], Floats]:
    """Take pairs through the critics that have a bound, each seeing only what the cheaper ones kept.

    Returns the score columns, (n,) each, NaN where a critic did not see the pair; the verdicts; how far a
    rejected pair is from its bound.
    """
    n = len(sources)
    scores = {name: np.full(n, np.nan, dtype=np.float32) for name, _, _ in SCORE_FIELDS}
    alive = np.ones(n, dtype=bool)
    for critic, _ in bounds.given():
        rows = np.flatnonzero(alive)
        s, t = [sources[i] for i in rows.tolist()], [targets[i] for i in rows.tolist()]
        for column in columns(critic, task, scores):
            backward = column.endswith("_backward")
            if len(rows):
                scores[column][rows] = (
                    critics[critic].score(t, s) if backward else critics[critic].score(s, t)
                )
        alive &= shortfall(critic, task, bounds, scores) == 0
    return scores, *verdict(scores, task, bounds)


def quality(task: str, scores: Scores, verdicts: NDArray[np.object_]) -> Floats:
    """One number a pair, (n,), 0 to 1: 0 unless it is kept.

    The weighted harmonic mean [(β/meaning + 1/form)/(β+1)]⁻¹, β = 4, of BERT-iBLEU (Niu et al. 2021), with
    the cascade's own scores. Meaning is the lowest of entailment (both ways for a paraphrase, forward for
    a summary) and similarity, form 1 − ROUGE-L of a paraphrase and 1 − length ratio of a summary; both at
    least 1e-5. So a copy has about 0, and so has what means something else.
    """
    entailment = [scores["entailment_forward"]]
    if task == "paraphrase":
        entailment.append(scores["entailment_backward"])
    meaning = np.fmin.reduce([*entailment, scores["similarity"]])  # ignores what was not scored
    form = 1 - (scores["rouge_l"] if task == "paraphrase" else scores["length_ratio"])
    meaning, form = (np.nan_to_num(np.clip(x, _LEAST, 1), nan=1.0) for x in (meaning, form))
    mean = (_BETA + 1) / (_BETA / meaning + 1 / form)
    return np.where(verdicts == KEPT, mean, 0).astype(np.float32)
