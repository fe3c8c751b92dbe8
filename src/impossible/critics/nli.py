"""Entailment, judge and retention: p(source entails target) of an NLI cross-encoder (ONNX, transformers)."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, ModelError, first_line
from ..models.adapter import CALIBRATION
from ..models.cores import available_cores

MAX_TOKENS = 256
_ONNX = ("model_int8.onnx", "model.onnx")
# A constant on CPU, since the batch size changes the last bits of the scores.
_CPU_BATCH = 32
_GPU_BATCH = 1024  # halved when memory runs out
Encoding = Any  # tokenizers.Encoding


class _Runtime(Protocol):
    def logits(self, premises: Sequence[str], hypotheses: Sequence[str]) -> NDArray[np.float32]:
        """Logits, (n, labels), in the order of the model's labels."""
        ...


class Nli:
    """p(source entails target), 0 to 1, by an NLI sequence classifier.

    On CPU, a folder with `model_int8.onnx` or `model.onnx` runs on onnxruntime; all others run on torch.
    Logits are divided by the `temperature` in the folder's `calibration.json`, if any (Guo et al. 2017).
    Raises ModelError if the model cannot be loaded or none of its labels is called entailment.
    """

    def __init__(self, folder: Path, threads: int = 0, batch_size: int = 0, device: str = "cpu"):
        self._columns = label_order(folder)
        self._temperature = temperature(folder)
        onnx = next((folder / name for name in _ONNX if (folder / name).exists()), None)
        self._runtime: _Runtime = (
            _Onnx(folder, onnx, threads or available_cores())
            if onnx is not None and device == "cpu"
            else _open(folder, threads, batch_size, device)
        )

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """p(source entails target), (n,)."""
        return self.probabilities(sources, targets)[:, 0]

    def probabilities(self, premises: Sequence[str], hypotheses: Sequence[str]) -> NDArray[np.float32]:
        """p(entailment), p(neutral), p(contradiction), shape (n, 3); p(neutral) is 0 for two-label models.

        Equal pairs are scored once. Raises DataError if the two lists differ in length.
        """
        if len(premises) != len(hypotheses):
            raise DataError(f"{len(premises)} premises but {len(hypotheses)} hypotheses; give one for each")
        index: dict[tuple[str, str], int] = {}
        rows = [index.setdefault(pair, len(index)) for pair in zip(premises, hypotheses, strict=True)]
        if not index:
            return np.empty((0, 3), np.float32)
        logits = self._runtime.logits([p for p, _ in index], [h for _, h in index]) / self._temperature
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        classes = [p[:, c] if c is not None else np.zeros(len(p), p.dtype) for c in self._columns]
        return np.stack(classes, axis=1).astype(np.float32)[rows]


def label_order(folder: Path) -> tuple[int, int | None, int]:
    """The columns of entailment, neutral (None in a two-label model) and contradiction (or not_entailment).

    Raises ModelError.
    """
    try:
        config = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError) as error:
        raise ModelError(f"no usable NLI model in {folder}: {error}") from error
    columns = {str(name).lower(): int(i) for i, name in config.get("id2label", {}).items()}
    negative = columns.get("contradiction", columns.get("not_entailment"))
    if "entailment" not in columns or negative is None:
        raise ModelError(
            f"{folder / 'config.json'}: id2label names {list(columns) or 'nothing'}, not entailment, neutral "
            "and contradiction; set id2label to the order the model was trained with"
        )
    return columns["entailment"], columns.get("neutral"), negative


def temperature(folder: Path) -> float:
    """The divisor of the logits: 1 if the model is not calibrated. Raises ModelError."""
    path = folder / CALIBRATION
    if not path.exists():
        return 1.0
    try:
        temperature = float(json.loads(path.read_text()).get("temperature", 1.0))
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error
    if not temperature > 0:
        raise ModelError(f"{path}: temperature is {temperature}; it must be above 0")
    return temperature


class _Onnx:
    """Runs each pair on its own, one pair per thread, so that a score depends on its pair alone.

    In a batch, dynamic quantisation would choose one scale for all pairs, and each would change the others.
    """

    def __init__(self, folder: Path, model: Path, threads: int):
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._session = onnxruntime.InferenceSession(
                str(model), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # both libraries raise plain Exceptions
            raise ModelError(f"{model} cannot be loaded: {first_line(error)}") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS, strategy="longest_first")
        self._inputs = [i.name for i in self._session.get_inputs()]
        self._threads = threads

    def logits(self, premises: Sequence[str], hypotheses: Sequence[str]) -> NDArray[np.float32]:
        encoded = self._tokenizer.encode_batch(list(zip(premises, hypotheses, strict=True)))
        with ThreadPoolExecutor(self._threads) as pool:
            return np.concatenate(list(pool.map(self._run, encoded)))

    def _run(self, encoding: Encoding) -> NDArray[np.float32]:
        feeds = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        logits: NDArray[np.float32] = self._session.run(
            None, {name: np.array([feeds[name]], dtype=np.int64) for name in self._inputs}
        )[0]
        return logits


def _open(folder: Path, threads: int, batch_size: int, device: str) -> _Runtime:
    """Load a transformers folder into its fastest runtime. Raises ModelError."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from ..models.prefix_trie import ARCHITECTURES

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        dtype = torch.bfloat16 if device.startswith("cuda") else torch.float32
        model = AutoModelForSequenceClassification.from_pretrained(
            folder, use_safetensors=True, dtype=dtype, trust_remote_code=False
        )
        model = model.to(device).eval()
    except (OSError, ValueError, RuntimeError, AssertionError, SafetensorError) as error:
        raise ModelError(f"no usable NLI model in {folder}: {first_line(error)}") from error
    if device == "cpu" and model.config.model_type in ARCHITECTURES:
        return _Packed(model, tokenizer, threads)
    return _Transformers(model, tokenizer, threads, batch_size)


class _Packed:
    """A Llama-like classifier on CPU that computes a premise shared by several pairs once."""

    def __init__(self, model: Any, tokenizer: Any, threads: int):
        from ..models.number_format import fastest
        from ..models.prefix_trie import PackedClassifier

        # mean change of the embedded judge's probabilities: 0.001 in bfloat16, 0.013 in int8
        self._model = PackedClassifier(model, fastest("cpu"), threads)
        self._tokenizer = tokenizer

    def logits(self, premises: Sequence[str], hypotheses: Sequence[str]) -> NDArray[np.float32]:
        pairs = (list(premises), list(hypotheses))
        return self._model.logits(
            self._tokenizer(*pairs, truncation="longest_first", max_length=MAX_TOKENS)["input_ids"]
        )


class _Transformers:
    """Any sequence classifier of transformers, in batches of similar length; in bfloat16 on a GPU.

    On CPU each batch runs on one thread, so that scores do not depend on the number of threads. `batch_size`
    is for other devices; 0 means as many pairs as fit into memory.
    """

    def __init__(self, model: Any, tokenizer: Any, threads: int, batch_size: int):
        from ..models.batches import Batches

        self._model, self._tokenizer, self._threads = model, tokenizer, threads
        self._batches = None if model.device.type == "cpu" else Batches(batch_size or _GPU_BATCH)

    def logits(self, premises: Sequence[str], hypotheses: Sequence[str]) -> NDArray[np.float32]:
        import torch

        from ..models.threads import single_threads

        lengths = [len(p) + len(h) for p, h in zip(premises, hypotheses, strict=True)]
        order = np.argsort(lengths, kind="stable")
        logits = np.empty((len(order), self._model.config.num_labels), np.float32)

        def tokens(rows: NDArray[np.intp]) -> Any:
            pairs = ([premises[r] for r in rows], [hypotheses[r] for r in rows])
            return self._tokenizer(
                *pairs, truncation="longest_first", max_length=MAX_TOKENS, padding=True, return_tensors="pt"
            )

        @torch.inference_mode()
        def work(rows: NDArray[np.intp], batch: Any) -> None:
            logits[rows] = self._model(**batch.to(self._model.device)).logits.float().cpu().numpy()

        if self._batches:
            self._batches.each(order, lambda rows: work(rows, tokens(rows)))
            return logits
        parts = [order[i : i + _CPU_BATCH] for i in range(0, len(order), _CPU_BATCH)]
        with single_threads(self._threads) as pool:
            # tokenize in this thread: tokenizers are not thread-safe
            list(pool.map(work, parts, map(tokens, parts)))
        return logits
