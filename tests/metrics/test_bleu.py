import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from impossible.metrics.bleu import bleu, ibleu, self_bleu, sentence_bleu

TEXTS = st.lists(st.sampled_from("the The cat dog sat on mat , . it's 3.5".split()), max_size=12).map(
    " ".join
)
OUTPUTS = [
    "The cat sat on the mat .",
    "There is a dog in the house, and it barks.",
    "Rates rose 3.5% on Monday",
    "",
]
REFERENCES = [
    ["The cat sat on a mat.", "A cat was on the mat."],
    ["A dog is barking in the house.", "There is a barking dog in the house."],
    ["On Monday rates went up by 3.5 percent.", "Rates rose by 3.5% on Monday."],
    ["Nothing.", "Nothing at all."],
]


def test_corpus_bleu_is_sacrebleus() -> None:
    expected = BLEU().corpus_score(OUTPUTS, list(map(list, zip(*REFERENCES, strict=True)))).score
    assert bleu(OUTPUTS, REFERENCES).value == pytest.approx(expected)
    assert 20 < expected < 80


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6))
def test_corpus_bleu_is_sacrebleus_on_anything(pairs: list[tuple[str, str]]) -> None:
    outputs, references = [o for o, _ in pairs], [r for _, r in pairs]
    expected = BLEU().corpus_score(outputs, [references]).score
    assert bleu(outputs, [[r] for r in references]).value == pytest.approx(expected)


def test_sentence_bleu_is_sacrebleus() -> None:
    metric = BLEU(effective_order=True)
    expected = [metric.sentence_score(o, r).score for o, r in zip(OUTPUTS, REFERENCES, strict=True)]
    np.testing.assert_allclose(sentence_bleu(OUTPUTS, REFERENCES), expected)


def test_a_short_copy_is_worth_100() -> None:
    assert sentence_bleu(["Thank you."], [["Thank you."]]).tolist() == [100]


def test_ibleu_by_hand() -> None:
    sources = ["A cat sat down.", "A dog barks in the house.", "Rates rose.", "No."]
    to_references = bleu(OUTPUTS, REFERENCES).value
    to_source = bleu(OUTPUTS, [[s] for s in sources]).value
    assert ibleu(OUTPUTS, REFERENCES, sources).value == pytest.approx(0.7 * to_references - 0.3 * to_source)
    assert ibleu(OUTPUTS, REFERENCES, sources, 1.0).value == pytest.approx(to_references)


def test_ibleu_of_a_perfect_copy_is_what_alpha_leaves() -> None:
    text = ["the cat sat on the mat today"]
    assert ibleu(text, [text], text).value == pytest.approx(40)  # 0.7 · 100 - 0.3 · 100


@given(st.lists(TEXTS, min_size=2, max_size=8))
def test_self_bleu_is_sentence_bleu_against_all_others(texts: list[str]) -> None:
    others = [texts[:i] + texts[i + 1 :] for i in range(len(texts))]
    np.testing.assert_allclose(self_bleu(texts), sentence_bleu(texts, others), atol=1e-9)


def test_self_bleu_of_one_text_is_nothing() -> None:
    assert self_bleu(["A cat sat."]).tolist() == [0]
