"""ROUGE-L: F1 of the longest common subsequence of source and target (Lin 2004)."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import LCSseq

from .distinct import distinct

# Equals the default tokenizer of rouge-score 0.1.2 without stemming (tokenize.py).
_TOKEN = re.compile(r"[a-z0-9]+")
_SURROGATES = range(0xD800, 0xE000)


class RougeL:
    """F1 of the longest common subsequence of tokens: rouge-score's `rougeL` fmeasure, unstemmed."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """F1, (n,), 0 to 1; 0 where either side has no token.

        Raises DataError if the two lists differ in length.
        """
        sentences, s, t = distinct(sources, targets)
        words = _as_characters([_TOKEN.findall(text.lower()) for text in sentences])
        length = np.array([len(word) for word in words], np.float32)
        common = process.cpdist(
            [words[i] for i in s], [words[i] for i in t], scorer=LCSseq.similarity, dtype=np.float32
        )
        # precision = common / target, recall = common / source, so F1 = 2 common / (source + target)
        f1: NDArray[np.float32] = 2 * common / np.maximum(length[s] + length[t], 1)
        return f1


def _as_characters(texts: Sequence[Sequence[str]]) -> list[str]:
    """Encode each token as one character: rapidfuzz compares strings faster than lists of tokens."""
    code: dict[str, int] = {}
    return ["".join(_character(code.setdefault(token, len(code))) for token in text) for text in texts]


def _character(code: int) -> str:
    return chr(code if code < _SURROGATES.start else code + len(_SURROGATES))
