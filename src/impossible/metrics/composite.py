"""Composite metrics that reward both the fidelity and the novelty of a paraphrase."""

import numpy as np

from .statistics import Float64s

BETA, FLOOR = 4.0, 1e-5
OMEGA, GAMMA = 0.05, 0.35


def bert_ibleu(bertscore: Float64s, self_bleu: Float64s, beta: float = BETA) -> Float64s:
    """BERT-iBLEU (Niu et al. 2021), (n,), 0 to 1: a weighted harmonic mean of meaning and novelty.

    [(β / BERTScore(c, s) + 1 / (1 - selfBLEU(c, s))) / (β + 1)]⁻¹ with sentence BLEU from 0 to 1; both
    terms are at least 1e-5, so that a copy, which has novelty 0, scores 5e-5.
    """
    meaning = np.maximum(bertscore, FLOOR)
    novelty = np.maximum(1 - self_bleu, FLOOR)
    return (beta + 1) / (beta / meaning + 1 / novelty)


def parascore(source: Float64s, reference: Float64s | None, distance: Float64s) -> Float64s:
    """ParaScore (Shen et al. 2022), (n,): max(Sim(s, c), Sim(r, c)) + ω·DS(s, c), ω = 0.05, γ = 0.35.

    Sim is BERTScore, `distance` the normalised edit distance d between source and output;
    DS = γ where d > γ, else d·(γ+1)/γ - 1: from -1 (a copy) to γ. Without references this
    is the reference-free form.
    """
    similarity = source if reference is None else np.maximum(source, reference)
    return similarity + OMEGA * np.where(distance > GAMMA, GAMMA, distance * (GAMMA + 1) / GAMMA - 1)
