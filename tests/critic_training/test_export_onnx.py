from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from transformers import AutoModelForSequenceClassification

from impossible.critic_training.export_onnx import FLOAT32, INT8, export
from impossible.errors import ModelError


def _run(path: Path, ids: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    logits: np.ndarray = session.run(["logits"], {i.name: feeds[i.name] for i in session.get_inputs()})[0]
    return logits


@pytest.mark.parametrize("shape", [(1, 5), (3, 17), (2, 1)])
def test_batch_and_length_are_free(exported_nli: Path, shape: tuple[int, int]) -> None:
    ids = np.random.default_rng(0).integers(5, 40, shape)
    model = AutoModelForSequenceClassification.from_pretrained(exported_nli).eval()
    with torch.inference_mode():
        expected = model(input_ids=torch.tensor(ids)).logits.numpy()
    assert _run(exported_nli / FLOAT32, ids) == pytest.approx(expected, abs=1e-4)
    assert _run(exported_nli / INT8, ids).shape == (shape[0], 3)


def test_int8_stays_near(exported_nli: Path) -> None:
    ids = np.random.default_rng(0).integers(5, 40, (8, 12))
    full, small = _run(exported_nli / FLOAT32, ids), _run(exported_nli / INT8, ids)
    assert np.abs(full - small).mean() < 0.2 * np.abs(full).mean()


def test_embeddings_are_int8_too(exported_nli: Path) -> None:
    assert (exported_nli / INT8).stat().st_size < (exported_nli / FLOAT32).stat().st_size


def test_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no usable classifier"):
        export(tmp_path)


@pytest.mark.parametrize("name", [FLOAT32, INT8])
def test_no_folder_of_the_machine_is_told(exported_nli: Path, name: str) -> None:
    content = (exported_nli / name).read_bytes()
    assert b"stack_trace" not in content and b"site-packages" not in content
