"""Outputs → the cascade's scores and verdicts, and what to order them by."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..critics.base import Critics
from ..data.schema import KEPT, SCORE_FIELDS
from ..recipe.critic_table import CRITICS
from ..recipe.critics import Bounds, CriticName
from .verdict import Scores, columns, shortfall, verdict

Floats = NDArray[np.float32]
Rank = tuple[float, float]
_BETA = 4.0  # how much more meaning weighs than form, as in BERT-iBLEU
_LEAST = 1e-5
_FORM = ("length_ratio", "rouge_l")
_WORTH = (*_FORM, "similarity", "entailment", "judge")  # what `worth` reads


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
        _score(critics, critic, task, scores, alive, sources, targets)
        alive &= shortfall(critic, task, bounds, scores) == 0
    return scores, *verdict(scores, task, bounds)


def _score(
    critics: Critics,
    critic: CriticName,
    task: str,
    scores: dict[str, Floats],
    wanted: NDArray[np.bool_],
    sources: Sequence[str],
    targets: Sequence[str],
) -> None:
    """Fill a critic's columns for the pairs that are wanted and that it has not seen."""
    for column in CRITICS[critic].read(task):
        rows = np.flatnonzero(wanted & np.isnan(scores[column.name]))
        if not len(rows):
            continue
        s, t = [sources[i] for i in rows.tolist()], [targets[i] for i in rows.tolist()]
        found = critics[critic].score(t, s) if column.backward else critics[critic].score(s, t)
        scores[column.name][rows] = found


def quality(task: str, scores: Scores, verdicts: NDArray[np.object_]) -> Floats:
    """`worth` of what is kept, (n,); 0 for the rest."""
    return np.where(verdicts == KEPT, worth(task, scores), 0).astype(np.float32)


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
    outside = [shortfall(critic, task, bounds, scores) > 0 for critic in _FORM if bounds.of(critic)]
    return np.nan_to_num(meaning(task, scores)) - np.any(outside, axis=0)


def ranked(
    critics: Critics,
    sources: Sequence[str],
    targets: Sequence[str],
    task: str,
    bounds: Bounds,
    requests: Sequence[Hashable] | None = None,
    order_rejected: bool = True,
) -> tuple[dict[str, Floats], NDArray[np.object_], list[Rank]]:
    """The cascade's scores and verdicts, and what orders the outputs of a request, the best highest:
    `quality`, then `_near`. `requests` says which one each pair answers; left out: a source is one.

    A source of another domain often has all its outputs rejected: their form and meaning are then scored
    whatever rejects them, by the critics that have a bound, so that the best of them comes first. Without
    `order_rejected` they are left as they are.
    """
    scores, verdicts, _ = cascade(critics, sources, targets, task, bounds)
    requests = requests or sources
    answered = {request for request, what in zip(requests, verdicts, strict=True) if what == KEPT}
    unanswered = np.array([order_rejected and request not in answered for request in requests], dtype=bool)
    for critic, _ in bounds.given():
        if critic in _WORTH:
            _score(critics, critic, task, scores, unanswered, sources, targets)
    near = np.where(unanswered, _near(task, scores, bounds), 0)
    return scores, verdicts, list(zip(quality(task, scores, verdicts).tolist(), near.tolist(), strict=True))
