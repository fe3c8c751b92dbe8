"""BLEU, iBLEU and self-BLEU, with sacrebleu's tokens, counts and formula."""

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.helpers import extract_all_word_ngrams
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

from ..text.words import Gram
from .statistics import Float64s, Statistic

SETTINGS = f"sacrebleu {version('sacrebleu')}, tokenizer 13a, case kept, smoothing exp, 0 to 100"
ALPHA = 0.7
_ORDER = 4


def bleu(outputs: Sequence[str], references: Sequence[Sequence[str]]) -> Statistic:
    """Corpus BLEU-4 (Papineni et al. 2002; Post 2018), 0 to 100, each output against its references.

    BP · exp(Σ log pₙ / 4), pₙ the clipped n-gram precisions over all rows and BP = exp(1 - r/c) where the
    outputs (c tokens) are shorter than the nearest references (r). Equals sacrebleu's corpus_score.
    """
    return Statistic(_counts(outputs, references), _corpus)


def sentence_bleu(outputs: Sequence[str], references: Sequence[Sequence[str]]) -> Float64s:
    """BLEU of each output, (n,), 0 to 100, without orders beyond its length (effective order)."""
    return np.array([_sentence(row) for row in _counts(outputs, references)])


def ibleu(
    outputs: Sequence[str],
    references: Sequence[Sequence[str]],
    sources: Sequence[str],
    alpha: float = ALPHA,
) -> Statistic:
    """iBLEU = α·BLEU(outputs, references) - (1-α)·BLEU(outputs, sources) (Sun and Zhou 2012), corpus-wise."""
    k = 2 + 2 * _ORDER
    rows = np.hstack([_counts(outputs, references), _counts(outputs, [[s] for s in sources])])
    return Statistic(rows, lambda sums: alpha * _corpus(sums[:, :k]) - (1 - alpha) * _corpus(sums[:, k:]))


def self_bleu(texts: Sequence[str]) -> Float64s:
    """Each text's sentence BLEU with all others as references, (n,), 0 to 100; its mean is Self-BLEU.

    Zhu et al. 2018 (Texygen): the higher, the less diverse. Equals sacrebleu's sentence_score against the
    others, but in linear time: an n-gram's two highest counts suffice for the maximum over the others.
    """
    tokenise = Tokenizer13a()
    counted = [extract_all_word_ngrams(tokenise(text.rstrip()), 1, _ORDER) for text in texts]
    first: dict[Gram, tuple[int, int]] = {}  # highest count and the index of its text
    second: dict[Gram, int] = {}
    for owner, (grams, _) in enumerate(counted):
        for gram, count in grams.items():
            highest, holder = first.get(gram, (0, -1))
            if count > highest:
                first[gram], second[gram] = (count, owner), highest
            else:
                second[gram] = max(second.get(gram, 0), count)
    lengths = Counter(length for _, length in counted)
    rows = np.zeros((len(texts), 2 + 2 * _ORDER))
    for owner, (grams, length) in enumerate(counted):
        rows[owner, :2] = length, _nearest(length, lengths)
        for gram, count in grams.items():
            others = second[gram] if first[gram][1] == owner else first[gram][0]
            rows[owner, 1 + len(gram)] += min(count, others)
            rows[owner, 1 + _ORDER + len(gram)] += count
    return np.array([_sentence(row) for row in rows])


def _nearest(length: int, lengths: Counter[int]) -> int:
    """The nearest length among the other texts, the shorter of two; 0 if there are no others."""
    others = [n for n, times in lengths.items() if times > (n == length)]
    return min(others, key=lambda n: (abs(n - length), n), default=0)


def _counts(outputs: Sequence[str], references: Sequence[Sequence[str]]) -> Float64s:
    """Per output: its length, the nearest reference's, matches and totals of orders 1 to 4, (n, 10)."""
    metric = BLEU(effective_order=True)
    scores = [metric.sentence_score(o, list(r)) for o, r in zip(outputs, references, strict=True)]
    rows = [[s.sys_len, s.ref_len, *s.counts, *s.totals] for s in scores]
    return np.array(rows, np.float64).reshape(-1, 2 + 2 * _ORDER)


def _corpus(sums: Float64s) -> Float64s:
    return np.array([_formula(row, effective_order=False) for row in sums])


def _sentence(row: Float64s) -> float:
    return _formula(row, effective_order=True)


def _formula(row: Float64s, effective_order: bool) -> float:
    length, nearest, *counts = (int(x) for x in row)
    score = BLEU.compute_bleu(
        counts[:_ORDER], counts[_ORDER:], length, nearest, "exp", effective_order=effective_order
    )
    return min(100.0, float(score.score))  # exp(log 100) is slightly above 100
