"""Outputs → cascade scores, verdicts and a sort key that puts the best output first."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..critics.base import Critics
from ..recipe.critics import Bounds
from .cascade import cascade, fill, listed, steps
from .verdict import VERDICTS, Floats, Scores, Verdicts, columns, shortfall

Rank = tuple[float, float]
_BETA = 4.0  # weight of meaning relative to form, as in BERT-iBLEU
_LEAST = 1e-5
_FORM = ("length_ratio", "rouge_l")
_WORTH = (*_FORM, "similarity", "entailment", "judge")  # the critics that `worth` reads


def quality(task: str, scores: Scores, kept: NDArray[np.bool_]) -> Floats:
    """`worth` of the kept pairs, (n,); 0 for the others."""
    return np.where(kept, worth(task, scores), 0).astype(np.float32)


def worth(task: str, scores: Scores) -> Floats:
    """The quality of each pair, (n,), 0 to 1.

    The weighted harmonic mean [(β/meaning + 1/form)/(β+1)]⁻¹, β = 4, of BERT-iBLEU (Niu et al. 2021). Meaning
    is `meaning`; form is 1 − ROUGE-L for a paraphrase and 1 − length ratio for a summary; both are at least
    1e-5. A copy is near 0, and so is an output with another meaning.
    """
    form = 1 - (scores["rouge_l"] if task == "paraphrase" else scores["length_ratio"])
    content, form = (np.nan_to_num(np.clip(x, _LEAST, 1), nan=1.0) for x in (meaning(task, scores), form))
    return ((_BETA + 1) / (_BETA / content + 1 / form)).astype(np.float32)


def meaning(task: str, scores: Scores) -> Floats:
    """The lowest score of similarity and of entailment by the NLI model and the judge, (n,).

    Entailment is read in both directions for a paraphrase, forward for a summary. NaN where all are missing.
    """
    entailment = [c for critic in ("entailment", "judge") for c in columns(critic, task) if c in scores]
    return np.fmin.reduce([scores[c] for c in (*entailment, "similarity")])  # ignores NaN


def _near(task: str, scores: Scores, bounds: Bounds) -> Floats:
    """The sort key of rejected outputs, (n,).

    For paraphrases `worth`, since different wording is wanted. For summaries `meaning`, with those outside
    the bounds of form last: a shorter summary is not better by itself.
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
    """The cascade's scores, verdicts and sort keys; the best output of a request has the highest key.

    The key is (`quality`, `_near`). `requests` names the request of each pair; the default is its source.

    If all outputs of a request are rejected, as often for sources of another domain, the critics with a bound
    score their form and meaning anyway, so that the best comes first. `order_rejected = False` skips this.
    """
    pairs, ask = listed(critics, sources, targets, task)
    kept = cascade(pairs, steps(task, bounds), bounds, ask)
    codes = Verdicts(task, pairs.scores).verdict(bounds)
    requests = requests or sources
    answered = {request for request, good in zip(requests, kept, strict=True) if good}
    unanswered = np.array([order_rejected and request not in answered for request in requests], dtype=bool)
    for critic, read in steps(task, bounds):
        for column in read if critic.name in _WORTH else ():
            fill(pairs, critic, column, unanswered, ask)
    near = np.where(unanswered, _near(task, pairs.scores, bounds), 0)
    rank = list(zip(quality(task, pairs.scores, kept).tolist(), near.tolist(), strict=True))
    return pairs.scores, [VERDICTS[code] for code in codes], rank
