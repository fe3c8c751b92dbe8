"""Texts that share what they have in common, against transformers, which computes each text alone."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForSequenceClassification

from impossible.critics.nli import Nli
from impossible.models import prefix_trie
from impossible.models.prefix_trie import PackedClassifier
from tests import tiny

SIZES = {
    "vocab_size": 60,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
}


@pytest.fixture(scope="module")
def model() -> LlamaForSequenceClassification:
    torch.manual_seed(0)
    labels = {0: "entailment", 1: "neutral", 2: "contradiction"}
    made = LlamaForSequenceClassification(LlamaConfig(**SIZES, id2label=labels)).eval()
    torch.nn.init.normal_(made.score.weight, std=1.0)
    return made


def texts(count: int) -> list[list[int]]:
    """Of 1 to 12 tokens; half of them begin as another, some are the same."""
    draw = np.random.default_rng(3)
    found: list[list[int]] = []
    for i in range(count):
        begin = found[draw.integers(len(found))][: draw.integers(1, 6)] if i % 2 else []
        found.append([*begin, *draw.integers(3, 60, size=draw.integers(1, 7)).tolist()])
    return [*found, found[0], found[5]]


@pytest.mark.parametrize("nodes", [1, 40, 10_000])
@pytest.mark.parametrize(("compute_type", "near"), [("float32", 1e-4), ("bfloat16", 0.2)])
def test_the_logits_are_those_of_transformers(
    model: LlamaForSequenceClassification,
    monkeypatch: pytest.MonkeyPatch,
    nodes: int,
    compute_type: str,
    near: float,
) -> None:
    monkeypatch.setattr(prefix_trie, "_NODES", nodes)
    given = texts(60)
    found = PackedClassifier(model, compute_type, threads=2).logits(given)
    with torch.inference_mode():
        alone = np.concatenate([model(input_ids=torch.tensor([ids])).logits.numpy() for ids in given])
    assert alone.std() > 1
    np.testing.assert_allclose(found, alone, atol=near)
    assert (found[-2] == found[0]).all() and (found[-1] == found[5]).all()


def test_what_texts_have_in_common_is_computed_once() -> None:
    given = sorted([[1, 2, 3, 4], [1, 2, 3, 5], [1, 2], [6]])
    trie = prefix_trie._trie(given)
    assert trie.ids.tolist() == [1, 2, 3, 4, 5, 6] and trie.positions.tolist() == [0, 1, 2, 3, 3, 0]
    assert trie.ends.tolist() == [1, 3, 4, 5]


def test_a_folder_with_a_llama_like_classifier_runs_packed(
    model: LlamaForSequenceClassification, tmp_path: Path
) -> None:
    tiny.save(model, tmp_path)
    critic = Nli(tmp_path)
    pairs = [("The cat is big.", "The dog is old."), ("The cat is big.", "It was red.")]
    p = critic.probabilities(*zip(*pairs, strict=True))
    assert type(critic._runtime).__name__ == "_Packed" and p.shape == (2, 3)
    np.testing.assert_allclose(p.sum(1), 1, atol=1e-5)
