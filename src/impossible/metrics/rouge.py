"""ROUGE-1, ROUGE-2 and ROUGE-L of outputs against the best of their references."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from ..critics.rouge_l import RougeL
from ..text.words import ngrams
from .statistics import Float64s, best

SETTINGS = "F1, unstemmed, tokens of rouge-score 0.1.2, best reference"
_TOKEN = re.compile(r"[a-z0-9]+")


def rouge_n(outputs: Sequence[str], references: Sequence[Sequence[str]], n: int) -> Float64s:
    """ROUGE-N F1 (Lin 2004) against the best reference, (rows,), 0 to 1; equals rouge-score without stemming.

    F1 = 2m / (n-grams of output + n-grams of reference), with m n-grams in common, with multiplicity.
    """
    flat = [_f1(_grams(o, n), _grams(r, n)) for o, rs in zip(outputs, references, strict=True) for r in rs]
    return best(flat, [len(rs) for rs in references])


def rouge_l(outputs: Sequence[str], references: Sequence[Sequence[str]]) -> Float64s:
    """ROUGE-L F1 (Lin 2004) against the best reference, (rows,), 0 to 1; see critics.rouge_l."""
    repeated = [o for o, rs in zip(outputs, references, strict=True) for _ in rs]
    scores = RougeL().score([r for rs in references for r in rs], repeated)
    return best(scores, [len(rs) for rs in references])


def _grams(text: str, n: int) -> Counter[tuple[str, ...]]:
    return Counter(ngrams(_TOKEN.findall(text.lower()), n))


def _f1(output: Counter[tuple[str, ...]], reference: Counter[tuple[str, ...]]) -> float:
    common = (output & reference).total()
    return float(2 * common / np.maximum(output.total() + reference.total(), 1))
