"""Fidelity: the share of pairs that an NLI model accepts, one other than the filter's."""

from collections.abc import Sequence

import numpy as np

from ..critics.nli import Nli
from ..text.sentences import split
from .statistics import Float64s

BOUND = 0.5


def summac(nli: Nli, documents: Sequence[str], summaries: Sequence[str]) -> Float64s:
    """SummaC-ZS (Laban et al. 2022) on p(entailment), (n,), 0 to 1.

    The mean over the summary's sentences of the highest entailment by any sentence of the document; for two
    single sentences, p(document entails summary). NaN where either side is empty.
    """
    pairs = [(split(d), split(s)) for d, s in zip(documents, summaries, strict=True)]
    flat = [(d, s) for ds, ss in pairs for s in ss for d in ds]
    scores = iter(nli.score([d for d, _ in flat], [s for _, s in flat]).tolist())
    scores_of_pairs = []
    for ds, ss in pairs:
        highest = [max([next(scores) for _ in ds], default=np.nan) for _ in ss]
        scores_of_pairs.append(np.mean(highest) if highest else np.nan)
    return np.array(scores_of_pairs)


def accepted(nli: Nli, sources: Sequence[str], targets: Sequence[str], task: str) -> Float64s:
    """1 where SummaC-ZS is at least 0.5 (for paraphrases in both directions), else 0, (n,); NaN is kept."""
    score = summac(nli, sources, targets)
    if task == "paraphrase":
        score = np.minimum(score, summac(nli, targets, sources))
    return np.where(np.isnan(score), np.nan, score >= BOUND)
