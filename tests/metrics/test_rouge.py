import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from impossible.metrics.rouge import rouge_l, rouge_n

WORDS = st.sampled_from("the The cat dog's sat on mat , . 3.5 naïve".split())
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)
SCORER = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=3))
def test_the_same_as_rouge_score(output: str, references: list[str]) -> None:
    expected = SCORER.score_multi(references, output)
    assert rouge_n([output], [references], 1)[0] == pytest.approx(expected["rouge1"].fmeasure, abs=1e-6)
    assert rouge_n([output], [references], 2)[0] == pytest.approx(expected["rouge2"].fmeasure, abs=1e-6)
    assert rouge_l([output], [references])[0] == pytest.approx(expected["rougeL"].fmeasure, abs=1e-6)


def test_each_row_has_its_own_references() -> None:
    references = [["a b c"], ["x", "d e f"], ["g"]]
    assert rouge_n(["a b c", "d e f", "h"], references, 1).tolist() == [1, 1, 0]
    assert rouge_l(["a b c", "d e f", "h"], references).tolist() == [1, 1, 0]
