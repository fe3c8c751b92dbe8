"""Fine-tune an encoder into a three-way NLI cross-encoder: the tool that made the embedded critic."""

import gzip
import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Trainer,
    TrainingArguments,
)
from transformers.trainer_utils import get_last_checkpoint

from ..errors import DataError, ModelError

LABELS = ("entailment", "neutral", "contradiction")
# A pair known only not to be entailed: neutral or contradiction, whichever the model prefers.
NOT_ENTAILED = "not_entailment"
_CODE = {name: i for i, name in enumerate((*LABELS, NOT_ENTAILED))}


@dataclass(frozen=True, slots=True)
class NliExample:
    """A directed pair: does `premise` entail `hypothesis`? `label` is one of LABELS or NOT_ENTAILED."""

    premise: str
    hypothesis: str
    label: str


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """How to train. `max_tokens` counts both sentences; `warmup` is the share of all steps."""

    epochs: float = 1.0
    batch_size: int = 32
    learning_rate: float = 1e-4
    warmup: float = 0.06
    label_smoothing: float = 0.05
    weight_decay: float = 0.01
    max_tokens: int = 128
    dropout: float = 0.0  # one epoch does not overfit, and drawing masks costs a seventh of the time on CPU
    freeze_embeddings: bool = True
    save_steps: int = 250
    seed: int = 7


def read_examples(path: Path) -> list[NliExample]:
    """Read JSONL (plain or .gz) or Parquet rows with `premise`, `hypothesis`, `label`, or with `source`,
    `target`, `label`, where a paraphrase is entailment both ways and a non-paraphrase gives NOT_ENTAILED
    both ways (strictly, one direction at least is not entailed).

    Raises DataError, naming file and row.
    """
    examples = []
    for row_number, row in enumerate(_rows(path), 1):
        try:
            examples += _from_row(row)
        except KeyError as error:
            raise DataError(
                f"{path}, row {row_number}: {error.args[0]!r} is missing or unknown; wanted premise, "
                f"hypothesis and a label of {', '.join(_CODE)}, or source, target, paraphrase/not_paraphrase"
            ) from None
    if not examples:
        raise DataError(f"{path} holds no rows")
    return examples


def _rows(path: Path) -> Iterable[dict[str, str]]:
    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            yield from pq.read_table(path).to_pylist()
            return
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as NLI data: {error}") from error


def _from_row(row: dict[str, str]) -> list[NliExample]:
    if "premise" in row:
        label = row["label"]
        _CODE[label]
        return [NliExample(row["premise"], row["hypothesis"], label)]
    a, b = row["source"], row["target"]
    label = {"paraphrase": "entailment", "not_paraphrase": NOT_ENTAILED}[row["label"]]
    return [NliExample(a, b, label), NliExample(b, a, label)]


def read_all(paths: Sequence[str], seed: int) -> list[NliExample]:
    """Read every file; `FILE@5000` takes a random 5,000 of its examples."""
    examples: list[NliExample] = []
    for spec in paths:
        name, _, limit = spec.partition("@")
        some = read_examples(Path(name))
        if limit:
            some = random.Random(seed).sample(some, min(int(limit), len(some)))
        examples += some
    return examples


class _Encoded(torch.utils.data.Dataset[dict[str, object]]):
    """Token ids of each pair, made once; padding is left to the batch."""

    def __init__(self, examples: Sequence[NliExample], tokenizer: PreTrainedTokenizerBase, max_tokens: int):
        self.tokens = tokenizer(
            [e.premise for e in examples],
            [e.hypothesis for e in examples],
            truncation=True,
            max_length=max_tokens,
        )
        self.labels = [_CODE[e.label] for e in examples]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, i: int) -> dict[str, object]:
        return {**{k: v[i] for k, v in self.tokens.items()}, "labels": self.labels[i]}


def _loss(smoothing: float) -> Callable[..., torch.Tensor]:
    """Cross-entropy; a NOT_ENTAILED row pays -log(p_neutral + p_contradiction)."""

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: object = None) -> torch.Tensor:
        logits = outputs.logits.float()
        binary = labels == _CODE[NOT_ENTAILED]
        three_way = F.cross_entropy(
            logits, labels.masked_fill(binary, 1), reduction="none", label_smoothing=smoothing
        )
        log_p = logits.log_softmax(-1)
        not_entailed = -(1 - smoothing) * log_p[:, 1:].logsumexp(-1) - smoothing * log_p.mean(-1)
        return torch.where(binary, not_entailed, three_way).mean()

    return loss


def train(examples: Sequence[NliExample], base: str, out: Path, settings: TrainSettings) -> Path:
    """Fine-tune `base` (hub id or folder) on `examples` and write a Hugging Face folder to `out`.

    Interrupted training goes on from the last checkpoint in `out/checkpoints`.

    Raises ModelError if the base cannot be loaded.
    """
    model, tokenizer = _open_base(base, settings)
    arguments = TrainingArguments(
        output_dir=str(out / "checkpoints"),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        optim="adamw_torch_fused",
        train_sampling_strategy="group_by_length",
        save_steps=settings.save_steps,
        save_total_limit=2,
        logging_steps=50,
        report_to="none",
        seed=settings.seed,
        label_names=["labels"],
        dataloader_pin_memory=False,
    )
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=_Encoded(examples, tokenizer, settings.max_tokens),
        processing_class=tokenizer,
        compute_loss_func=_loss(settings.label_smoothing),
    )
    checkpoints = Path(arguments.output_dir)
    trainer.train(resume_from_checkpoint=get_last_checkpoint(checkpoints) if checkpoints.exists() else None)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    return out


def _open_base(base: str, settings: TrainSettings) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    torch.manual_seed(settings.seed)  # the classification head is new: same seed, same head
    try:
        tokenizer = AutoTokenizer.from_pretrained(base)
        model = AutoModelForSequenceClassification.from_pretrained(
            base,
            id2label=dict(enumerate(LABELS)),
            label2id={name: i for i, name in enumerate(LABELS)},
            hidden_dropout_prob=settings.dropout,
            attention_probs_dropout_prob=settings.dropout,
            ignore_mismatched_sizes=True,
        )
    except (OSError, ValueError) as error:
        raise ModelError(f"{base} cannot be loaded as an encoder to train: {error}") from error
    if settings.freeze_embeddings:
        model.get_input_embeddings().requires_grad_(False)
    return model, tokenizer
