import pytest
from spacy.language import Language

from impossible.critics.entities import Entities

CASES = [
    ("Barack Obama met Angela Merkel in Berlin.", "Obama met Merkel.", 1, 2 / 3),
    ("Michelle Obama spoke in Paris.", "Barack Obama spoke in Paris.", 0.5, 0.5),
    ("Barack Hussein Obama won.", "Barack Obama won.", 1, 1),
    ("The World Health Organization warned Italy.", "The WHO warned Italy.", 1, 1),
    ("He said who knows.", "The World Health Organization knows.", 0, 1),
    ("The U.S. president visited London.", "The president of the United States visited London.", 1, 1),
    ("They told us about London.", "The US told London.", 0.5, 1),
    ("French President Emmanuel Macron spoke.", "Macron, the president of France, spoke.", 1, 1),
    ("The Bank of England raised rates.", "The Bank of Japan raised rates.", 0, 0),
    ("Apple's profits rose in Germany.", "Apple Inc. profits rose.", 1, 0.5),
    ("He went home.", "She left on Monday with 5 dollars.", 1, 1),
    ("", "", 1, 1),
]


@pytest.mark.parametrize(("a", "b", "forward", "backward"), CASES)
def test_share_of_the_targets_entities(
    nlp: Language, a: str, b: str, forward: float, backward: float
) -> None:
    assert Entities(nlp).score([a, b], [b, a]).tolist() == pytest.approx([forward, backward])


def test_every_sentence_names_what_it_names(nlp: Language) -> None:
    sentences = [sentence for a, b, _, _ in CASES for sentence in (a, b)]
    assert Entities(nlp).score(sentences, sentences).tolist() == [1.0] * len(sentences)
