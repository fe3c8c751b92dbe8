from pathlib import Path

import numpy as np
import pytest
import torch
from bert_score import BERTScorer
from torch.nn import functional as F
from transformers import AutoModel, AutoTokenizer

from impossible.errors import ModelError
from impossible.metrics.bertscore import BertScore
from impossible.models.locate import locate
from tests import tiny

OUTPUTS = ["I am not sure how to fix it.", "The bank raised rates.", "A dog barks", "Ünïcödé 你好 is text."]
OTHERS = [
    "I'm not sure how this issue can be fixed.",
    "Interest rates were raised by the bank on Monday, analysts said.",
    "A dog barks",
    "The food was cold and the waiter was rude.",
]


@pytest.mark.parametrize("layer", [None, 3])
def test_the_same_as_bert_score(layer: int | None) -> None:
    folder = locate("embedded:minilm-l6")
    reference = BERTScorer(model_type=str(folder), num_layers=layer or 6, use_fast_tokenizer=True)
    expected = reference.score(OUTPUTS, OTHERS)[2].numpy()
    np.testing.assert_allclose(BertScore(folder, layer).score(OUTPUTS, OTHERS), expected, atol=1e-5)


def test_by_hand_on_a_tiny_encoder(tmp_path: Path) -> None:
    folder = tiny.encoder(tmp_path)
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    a, b = "The cat likes food .", "A dog sees the old house ."
    with torch.inference_mode():
        x, y = (
            F.normalize(model(**tokenizer(t, return_tensors="pt")).last_hidden_state[0], dim=-1)
            for t in (a, b)
        )
    cosines = x @ y.T
    precision, recall = cosines.max(1).values.mean(), cosines.max(0).values.mean()
    expected = float(2 * precision * recall / (precision + recall))
    assert BertScore(folder).score([a, b, a], [b, a, a]) == pytest.approx([expected, expected, 1], abs=1e-5)


def test_nothing_is_like_nothing(tmp_path: Path) -> None:
    scorer = BertScore(tiny.encoder(tmp_path))
    assert scorer.score(["", "The cat"], ["The cat", ""]).tolist() == [0, 0]
    assert scorer.score([], []).shape == (0,)


def test_a_layer_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="layer 9: the encoder in .* has layers 1 to 2"):
        BertScore(tiny.encoder(tmp_path), 9)


def test_no_encoder_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no usable encoder"):
        BertScore(tmp_path)
