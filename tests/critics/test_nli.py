import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import processors
from transformers import (
    DebertaV2Config,
    DebertaV2ForSequenceClassification,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from impossible.critic_training.export_onnx import FLOAT32, INT8
from impossible.critics.nli import Nli
from impossible.errors import DataError, ModelError
from tests import tiny

PREMISES = ["The cat likes the dog .", "My car is new .", "She has a red phone , it was big .", "It is old ."]
HYPOTHESES = ["The dog likes the cat .", "My car is not new .", "She has a phone .", "It was old ."]


def _template(folder: Path) -> None:
    """Give the tiny tokenizer the markers of a cross-encoder, so that a pair is more than its words in a row."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    cls, sep = tokenizer.cls_token_id, tokenizer.sep_token_id
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", cls), ("[SEP]", sep)],
    )
    tokenizer.save_pretrained(folder)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny.nli(tmp_path_factory.mktemp("nli"))
    _template(folder)
    return folder


@pytest.fixture(scope="module")
def exported(exported_nli: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`model` with its two ONNX files: the same weights, the tokenizer with markers."""
    folder = tmp_path_factory.mktemp("onnx")
    for file in (*model.iterdir(), *exported_nli.glob("*.onnx")):
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def _relabelled(model: Path, folder: Path, labels: list[str]) -> Path:
    """The same weights with other names for the columns."""
    folder.mkdir()
    for file in model.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = {str(i): name for i, name in enumerate(labels)}
    config["label2id"] = {name: i for i, name in enumerate(labels)}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_probabilities_add_up_and_depend_on_the_direction(model: Path) -> None:
    critic = Nli(model)
    p = critic.probabilities(PREMISES, HYPOTHESES)
    assert p.shape == (4, 3) and p.dtype == np.float32
    assert p.sum(1) == pytest.approx(1, abs=1e-6)
    assert critic.score(PREMISES, HYPOTHESES) == pytest.approx(p[:, 0])
    assert critic.score(PREMISES, HYPOTHESES) != pytest.approx(critic.score(HYPOTHESES, PREMISES), abs=1e-4)


def test_batches_do_not_change_scores(model: Path) -> None:
    one_by_one = Nli(model, batch_size=1).probabilities(PREMISES, HYPOTHESES)
    assert Nli(model, batch_size=3).probabilities(PREMISES, HYPOTHESES) == pytest.approx(one_by_one, abs=1e-6)


def test_no_pairs_no_scores(model: Path) -> None:
    assert Nli(model).probabilities([], []).shape == (0, 3)


def test_float32_onnx_agrees_with_transformers(model: Path, exported: Path, tmp_path: Path) -> None:
    folder = _relabelled(exported, tmp_path / "float32", ["entailment", "neutral", "contradiction"])
    (folder / INT8).unlink()
    assert (folder / FLOAT32).exists()
    expected = Nli(model).probabilities(PREMISES, HYPOTHESES)
    assert Nli(folder).probabilities(PREMISES, HYPOTHESES) == pytest.approx(expected, abs=1e-5)


def test_an_int8_score_depends_on_its_pair_alone(exported: Path) -> None:
    critic = Nli(exported, threads=2)
    together = critic.probabilities(PREMISES * 5, HYPOTHESES * 5)
    alone = [critic.probabilities([p], [h])[0] for p, h in zip(PREMISES, HYPOTHESES, strict=True)]
    assert np.array_equal(together, np.stack(alone * 5))


@pytest.mark.parametrize("onnx", [False, True])
def test_long_pairs_are_cut(model: Path, exported: Path, onnx: bool) -> None:
    critic = Nli(exported if onnx else model)
    long = "The cat likes the dog . " * 200
    same_start = critic.score([long, long + " My car is new ."], ["It is old ."] * 2)
    assert same_start[0] == pytest.approx(same_start[1], abs=1e-6)


@pytest.mark.parametrize("onnx", [False, True])
def test_columns_are_found_by_name(model: Path, exported: Path, tmp_path: Path, onnx: bool) -> None:
    source = exported if onnx else model
    folder = _relabelled(source, tmp_path / "wanli", ["CONTRADICTION", "Entailment", "neutral"])
    original = Nli(source).probabilities(PREMISES, HYPOTHESES)
    assert np.array_equal(Nli(folder).probabilities(PREMISES, HYPOTHESES), original[:, [1, 2, 0]])


def test_two_labels(tmp_path: Path) -> None:
    p = Nli(tiny.nli(tmp_path, ("entailment", "not_entailment"))).probabilities(PREMISES, HYPOTHESES)
    assert p.sum(1) == pytest.approx(1, abs=1e-6)
    assert not p[:, 1].any()


def test_temperature_flattens(model: Path, tmp_path: Path) -> None:
    folder = _relabelled(model, tmp_path / "calibrated", ["entailment", "neutral", "contradiction"])
    (folder / "calibration.json").write_text('{"temperature": 2}')
    logits = np.log(Nli(model).probabilities(PREMISES, HYPOTHESES)) / 2
    expected = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert Nli(folder).probabilities(PREMISES, HYPOTHESES) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("calibration", ['{"temperature": 0}', '{"temperature": "hot"}', "[]", "{"])
def test_a_bad_calibration_is_named(model: Path, tmp_path: Path, calibration: str) -> None:
    folder = _relabelled(model, tmp_path / "bad", ["entailment", "neutral", "contradiction"])
    (folder / "calibration.json").write_text(calibration)
    with pytest.raises(ModelError, match="calibration.json"):
        Nli(folder)


def test_nameless_labels_are_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="set id2label"):
        Nli(_relabelled(model, tmp_path / "nameless", ["LABEL_0", "LABEL_1", "LABEL_2"]))


def test_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no usable NLI model"):
        Nli(tmp_path)


def test_weights_are_missing(model: Path, tmp_path: Path) -> None:
    folder = _relabelled(model, tmp_path / "empty", ["entailment", "neutral", "contradiction"])
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="no usable NLI model"):
        Nli(folder)


def test_a_broken_onnx_file(exported: Path, tmp_path: Path) -> None:
    folder = _relabelled(exported, tmp_path / "broken", ["entailment", "neutral", "contradiction"])
    (folder / INT8).write_bytes(b"no")
    with pytest.raises(ModelError, match="model_int8.onnx cannot be loaded"):
        Nli(folder)


def test_lists_of_different_length(model: Path) -> None:
    with pytest.raises(DataError):
        Nli(model).score(PREMISES, HYPOTHESES[:1])


@pytest.mark.parametrize("family", ["roberta", "deberta-v2"])
def test_other_families(tmp_path: Path, family: str) -> None:
    torch.manual_seed(0)
    size = {
        "vocab_size": len(tiny.tokenizer()),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 1,
        "num_attention_heads": 4,
        "pad_token_id": tiny.tokenizer().pad_token_id,
        "initializer_range": 0.2,
        "id2label": {0: "contradiction", 1: "entailment", 2: "neutral"},
        "label2id": {"contradiction": 0, "entailment": 1, "neutral": 2},
    }
    if family == "roberta":
        net = RobertaForSequenceClassification(RobertaConfig(type_vocab_size=1, **size))
    else:
        net = DebertaV2ForSequenceClassification(DebertaV2Config(type_vocab_size=0, **size))
    folder = tiny.save(net, tmp_path)
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["model_input_names"] = ["input_ids", "attention_mask"]
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    p = Nli(folder, batch_size=2).probabilities(PREMISES, HYPOTHESES)
    assert p.sum(1) == pytest.approx(1, abs=1e-6)
    assert len(np.unique(p[:, 0])) == 4


def test_the_number_of_threads_changes_no_bit(tmp_path: Path) -> None:
    folder = tiny.nli(tmp_path)
    premises, hypotheses = (
        [p for p in PREMISES for _ in range(40)],
        [h for h in HYPOTHESES for _ in range(40)],
    )
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append(Nli(folder, threads).probabilities(premises, hypotheses))
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(*found)
