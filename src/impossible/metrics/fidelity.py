"""Fidelity: does another NLI model than the filtering one accept a pair?"""

from collections.abc import Sequence

import numpy as np

from ..critics.nli import Nli
from ..text.sentences import split
from .statistics import Float64s

BOUND = 0.5


def summac(nli: Nli, documents: Sequence[str], summaries: Sequence[str]) -> Float64s:
    """SummaC-ZS (Laban et al. 2022) on p(entailment), (n,), 0 to 1.

    For each sentence of the summary the highest entailment by a sentence of the document; their mean. Of two
    single sentences it is p(document entails summary); NaN where either side is empty.
    """
    pairs = [(split(d), split(s)) for d, s in zip(documents, summaries, strict=True)]
    flat = [(d, s) for ds, ss in pairs for s in ss for d in ds]
    scores = iter(nli.score([d for d, _ in flat], [s for _, s in flat]).tolist())
    found = []
    for ds, ss in pairs:
        highest = [max([next(scores) for _ in ds], default=np.nan) for _ in ss]
        found.append(np.mean(highest) if highest else np.nan)
    return np.array(found)


def accepted(nli: Nli, sources: Sequence[str], targets: Sequence[str], task: str) -> Float64s:
    """1 where SummaC-ZS is 0.5 or more, of a paraphrase both ways, (n,); NaN where it is."""
    score = summac(nli, sources, targets)
    if task == "paraphrase":
        score = np.minimum(score, summac(nli, targets, sources))
    return np.where(np.isnan(score), np.nan, score >= BOUND)
