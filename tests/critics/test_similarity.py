import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from impossible.critics.similarity import Similarity
from impossible.errors import ModelError
from impossible.models.locate import locate

SENTENCES = [
    "I am not sure how to fix this issue.",
    "I'm not sure how to fix it.",
    "The bank raised interest rates.",
    "",
    "word " * 300,
    "Ünïcödé 你好",
]


@pytest.fixture(scope="module")
def folder() -> Path:
    return locate("embedded:minilm-l6")


@pytest.fixture(scope="module")
def critic(folder: Path) -> Similarity:
    return Similarity(folder)


def altered(folder: Path, to: Path, file: str, content: str) -> Path:
    """A copy of a model's folder with one file replaced; what stays is linked, not copied."""
    shutil.copytree(folder, to, copy_function=lambda source, target: Path(target).symlink_to(source))
    (to / file).unlink()
    (to / file).write_text(content)
    return to


def test_equals_the_model_cards_recipe(critic: Similarity, folder: Path) -> None:
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    for sentence, vector in zip(SENTENCES, critic.embed(SENTENCES), strict=True):
        batch = tokenizer(sentence, return_tensors="pt", truncation=True, max_length=128)
        with torch.inference_mode():
            mean = model(**batch).last_hidden_state[0].mean(0)
        np.testing.assert_allclose(vector, (mean / mean.norm()).numpy(), atol=1e-5)


def test_vectors_have_length_one_and_are_in_order(critic: Similarity) -> None:
    many = [f"{'very ' * (n * 7 % 11)}long sentence {n}" for n in range(40)]
    vectors = critic.embed(many)
    assert vectors.shape == (40, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors[35], critic.embed([many[35]])[0], atol=1e-5)


def test_the_same_list_gives_the_same_bytes(critic: Similarity) -> None:
    assert critic.embed(SENTENCES).tobytes() == critic.embed(SENTENCES).tobytes()


def test_symmetric_and_highest_for_paraphrases(critic: Similarity) -> None:
    a, b, c = SENTENCES[:3]
    same, forward, backward, other = critic.score([a, a, b, a], [a, b, a, c])
    assert same == pytest.approx(1, abs=1e-5)
    assert forward == backward > 0.8 > 0.3 > other


def test_nothing(critic: Similarity) -> None:
    assert critic.embed([]).shape == (0, 384)
    assert critic.score([], []).shape == (0,)


def test_pools_by_the_first_token_where_the_folder_says_so(folder: Path, tmp_path: Path) -> None:
    config = json.dumps(
        {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False, "include_prompt": True}
    )
    first = Similarity(altered(folder, tmp_path / "cls", "1_Pooling/config.json", config)).embed(
        SENTENCES[:1]
    )
    batch = AutoTokenizer.from_pretrained(folder)(SENTENCES[0], return_tensors="pt")
    with torch.inference_mode():
        state = AutoModel.from_pretrained(folder)(**batch).last_hidden_state[0, 0]
    np.testing.assert_allclose(first[0], (state / state.norm()).numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("1_Pooling/config.json", '{"pooling_mode_max_tokens": true}', "pooling by"),
        ("1_Pooling/config.json", "{", "is not JSON"),
        ("model.safetensors", "broken", "no usable encoder"),
        ("config.json", '{"model_type": "unheard-of"}', "no usable encoder"),
    ],
)
def test_a_broken_folder_is_a_model_error(
    folder: Path, tmp_path: Path, file: str, content: str, message: str
) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        Similarity(altered(folder, tmp_path / "broken", file, content))
    assert "\n" not in str(caught.value)


def test_no_model_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no usable encoder"):
        Similarity(tmp_path)
