"""Outputs → the cascade's scores and verdicts, and what to order them by."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..critics.base import Critics
from ..recipe.critics import Bounds
from .cascade import cascade, fill, listed, steps
from .verdict import VERDICTS, Floats, Judge, Scores, columns, shortfall

Rank = tuple[float, float]
_BETA = 4.0  # how much more meaning weighs than form, as in BERT-iBLEU
_LEAST = 1e-5
_FORM = ("length_ratio", "rouge_l")
_WORTH = (*_FORM, "similarity", "entailment", "judge")  # what `worth` reads


def quality(task: str, scores: Scores, kept: NDArray[np.bool_]) -> Floats:
    """`worth` of what is kept, (n,); 0 for the rest."""
    return np.where(kept, worth(task, scores), 0).astype(np.float32)


def worth(task: str, scores: Scores) -> Floats:
    """One number a pair, (n,), 0 to 1.

    The weighted harmonic mean [(β/meaning + 1/form)/(β+1)]⁻¹, β = 4, of BERT-iBLEU (Niu et al. 2021), with
    `meaning` by the cascade's own scores and 1 − ROUGE-L of a paraphrase, 1 − length ratio of a summary as
    form; both at least 1e-5. So a copy has about 0, and so has what means something else.
    """
    form = 1 - (scores["rouge_l"] if task == "paraphrase" else scores["length_ratio"])
    said, form = (np.nan_to_num(np.clip(x, _LEAST, 1), nan=1.0) for x in (meaning(task, scores), form))
    return ((_BETA + 1) / (_BETA / said + 1 / form)).astype(np.float32)


def meaning(task: str, scores: Scores) -> Floats:
    """The lowest of similarity and of what the NLI model and the judge say of entailment (both ways for a
    paraphrase, forward for a summary), (n,); NaN where none has a score.
    """
    entailment = [c for critic in ("entailment", "judge") for c in columns(critic, task) if c in scores]
    return np.fmin.reduce([scores[c] for c in (*entailment, "similarity")])  # ignores what was not scored


def _near(task: str, scores: Scores, bounds: Bounds) -> Floats:
    """What orders outputs that no bound accepts, (n,): `worth` of paraphrases, which are to be worded
    differently; `meaning` of summaries, after those that are within the bounds of form, since a still shorter
    one is no better.
    """
    if task == "paraphrase":
        return worth(task, scores)
    outside = [
        shortfall(critic, bound, task, scores) > 0 for critic, bound in bounds.given() if critic in _FORM
    ]
    return np.nan_to_num(meaning(task, scores)) - np.any(outside, axis=0)


def ranked(
    critics: Critics,
    sources: Sequence[str],
    targets: Sequence[str],
    task: str,
    bounds: Bounds,
    requests: Sequence[Hashable] | None = None,
    order_rejected: bool = True,
) -> tuple[Scores, list[str], list[Rank]]:
    """The cascade's scores and verdicts, and what orders the outputs of a request, the best highest:
    `quality`, then `_near`. `requests` says which one each pair answers; left out: a source is one.

    A source of another domain often has all its outputs rejected: their form and meaning are then scored
    whatever rejects them, by the critics that have a bound, so that the best of them comes first. Without
    `order_rejected` they are left as they are.
    """
    pairs, ask = listed(critics, sources, targets, task)
    kept = cascade(pairs, steps(task, bounds), bounds, ask)
    codes = Judge(task, pairs.scores).verdict(bounds)
    requests = requests or sources
    answered = {request for request, good in zip(requests, kept, strict=True) if good}
    unanswered = np.array([order_rejected and request not in answered for request in requests], dtype=bool)
    for critic, read in steps(task, bounds):
        for column in read if critic.name in _WORTH else ():
            fill(pairs, critic, column, unanswered, ask)
    near = np.where(unanswered, _near(task, pairs.scores, bounds), 0)
    rank = list(zip(quality(task, pairs.scores, kept).tolist(), near.tolist(), strict=True))
    return pairs.scores, [VERDICTS[code] for code in codes], rank
