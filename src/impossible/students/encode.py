"""Encode training examples as token ids and labels, and collate them into batches."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import DataCollatorForSeq2Seq, PreTrainedModel, PreTrainedTokenizerBase

from .examples import TrainingExample
from .info import Kind
from .prompts import prompt, prompt_ids

_IGNORED = -100  # label of tokens without a loss


class EncodedExamples(torch.utils.data.Dataset[dict[str, Any]]):
    """Encoded examples of at most `max_tokens`, encoded once; padding is left to the collator."""

    def __init__(
        self,
        examples: Sequence[TrainingExample],
        encode: Callable[[TrainingExample], dict[str, Any]],
        max_tokens: int,
    ):
        encoded = [encode(example) for example in examples]
        self.rows = [r for r in encoded if max(len(r["input_ids"]), len(r["labels"])) <= max_tokens]
        self.left_out = len(encoded) - len(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, i: int) -> dict[str, Any]:
        return self.rows[i]


def collator(
    tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, kind: Kind
) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
    """Return the collator that pads encoded examples into a batch for the model."""
    if kind == "seq2seq":
        return DataCollatorForSeq2Seq(tokenizer, model)
    pad = DataCollatorForSeq2Seq(tokenizer)
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    supported = "logits_to_keep" in inspect.signature(inner.forward).parameters
    return (lambda rows: targets_only(pad(rows))) if supported else pad


def targets_only(batch: dict[str, Any]) -> dict[str, Any]:
    """Request logits only from the token before the first target token.

    A prompt has no loss, and the logits of a vocabulary of 49,000 take a fifth of a small model's step.
    """
    labels = batch["labels"]
    first = int((labels != _IGNORED).int().argmax(1).min())
    kept = labels.shape[1] - max(first - 1, 0)
    return {**batch, "labels": labels[:, -kept:], "logits_to_keep": kept}


def encoder(tokenizer: PreTrainedTokenizerBase, kind: Kind) -> Callable[[TrainingExample], dict[str, Any]]:
    """Return the function that encodes an example as token ids and labels for a kind of model."""
    end = tokenizer.eos_token_id

    def causal(example: TrainingExample) -> dict[str, Any]:
        start = prompt_ids(tokenizer, prompt(example.task, example.source, example.controls, True), True)
        target = [*tokenizer(example.target, add_special_tokens=False)["input_ids"], end]
        ids = start + target
        # the loss is on the target only
        labels = [_IGNORED] * len(start) + target
        return {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels}

    def seq2seq(example: TrainingExample) -> dict[str, Any]:
        ids = prompt_ids(tokenizer, prompt(example.task, example.source, example.controls, False), False)
        target = list(tokenizer(text_target=example.target)["input_ids"])
        labels = target if target[-1:] == [end] else [*target, end]
        return {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels}

    return causal if kind == "causal" else seq2seq
