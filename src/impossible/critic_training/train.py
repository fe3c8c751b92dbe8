"""Fine-tune an encoder, or a causal LM by LoRA, into a three-way NLI cross-encoder."""

import io
import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BatchEncoding,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PrinterCallback,
    TrainingArguments,
)
from transformers.trainer_utils import get_last_checkpoint

from ..data import parquet
from ..data.open_text import check_regular, open_text
from ..errors import DataError, ModelError
from ..models.adapter import join_pairs_by_lines, merge, reads_left_to_right, save_adapter
from ..models.fused_adapters import fuse_adapters
from ..models.grouped_attention import attention_for_training
from ..models.length_batches import ByLengthTrainer
from ..models.memory import keep_freed_memory
from ..models.number_format import fastest
from ..models.progress import Progress
from ..models.training_callbacks import ReportProgress

if TYPE_CHECKING:
    from peft import PeftModel


LABELS = ("entailment", "neutral", "contradiction")
# A pair known only not to be entailed: neutral or contradiction, whichever the model prefers.
NOT_ENTAILED = "not_entailment"
# A pair of which at least one direction is not entailed. Its two directions follow each other.
NOT_BOTH = "not_both_entailed"
_CODE = {name: i for i, name in enumerate((*LABELS, NOT_ENTAILED, NOT_BOTH))}
# What the label of a paraphrase set says of each direction.
_PARAPHRASE = {"paraphrase": LABELS[0], 1: LABELS[0], "not_paraphrase": NOT_BOTH, 0: NOT_BOTH}


@dataclass(frozen=True, slots=True)
class NliExample:
    """A directed pair: does `premise` entail `hypothesis`?

    `label` is one of LABELS, NOT_ENTAILED or NOT_BOTH.
    """

    premise: str
    hypothesis: str
    label: str


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """How to train. `max_tokens` counts both sentences, and longer pairs are left out; `warmup` is the share
    of all steps. `lora_rank` above 0 trains adapters of that rank (Hu et al. 2021) on every linear map,
    in bfloat16 where the machine multiplies it; `layers` keeps the first so many layers of the base, and
    `frozen_layers` of them stay as they are, which saves their backward pass. `adapter` is a folder with an
    adapter of an earlier training to go on from: rank and layers are then its own.
    """

    epochs: float = 1.0
    batch_size: int = 32
    learning_rate: float = 1e-4
    warmup: float = 0.06
    label_smoothing: float = 0.05
    weight_decay: float = 0.01
    max_tokens: int = 128
    dropout: float = 0.0  # one epoch does not overfit, and drawing masks costs a seventh of the time on CPU
    freeze_embeddings: bool = True
    lora_rank: int = 0
    layers: int = 0
    frozen_layers: int = 0
    adapter: Path | None = None
    save_steps: int = 250
    seed: int = 7

    def describe(self) -> str:
        """All settings in one line."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in given.items())

    @property
    def adapts(self) -> bool:
        """Whether adapters are trained, not the base's own weights."""
        return self.lora_rank > 0 or self.adapter is not None

    @property
    def low(self) -> bool:
        """Whether the base is in bfloat16: it is not trained itself, and that is faster here."""
        return self.adapts and fastest() == "bfloat16"


def read_examples(path: Path, limit: int | None = None, seed: int = 7) -> list[NliExample]:
    """Read JSONL (plain or .gz) or Parquet rows with `premise`, `hypothesis`, `label`, or with `source`,
    `target`, `label` (paraphrase or 1, not_paraphrase or 0). A paraphrase gives two examples of entailment,
    one a direction; a non-paraphrase gives two of NOT_BOTH.

    A `limit` takes a random so many of the rows. Raises DataError, naming file and row.
    """
    rows = list(enumerate(_rows(path), 1))
    if not rows:
        raise DataError(f"{path} holds no rows")
    if limit is not None:
        rows = random.Random(seed).sample(rows, min(limit, len(rows)))
    examples = []
    for row_number, row in rows:
        try:
            examples += _from_row(row)
        except KeyError as error:
            raise DataError(
                f"{path}, row {row_number}: {error.args[0]!r} is missing or unknown; wanted premise, "
                f"hypothesis and a label of {', '.join(_CODE)}, or source, target, paraphrase/not_paraphrase"
            ) from None
    return examples


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    check_regular(path)
    try:
        if path.suffix == ".parquet":
            for batch in parquet.batches(path):
                yield from batch.to_pylist()
            return
        with io.TextIOWrapper(open_text(path), encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as NLI data: {error}") from error


def _from_row(row: dict[str, Any]) -> list[NliExample]:
    if "premise" in row:
        label = row["label"]
        _CODE[label]
        return [NliExample(row["premise"], row["hypothesis"], label)]
    a, b = row["source"], row["target"]
    label = _PARAPHRASE[row["label"]]
    return [NliExample(a, b, label), NliExample(b, a, label)]


def read_all(paths: Sequence[str], seed: int) -> list[NliExample]:
    """Read every file; `FILE@5000` takes a random 5,000 of its rows."""
    examples: list[NliExample] = []
    for spec in paths:
        name, _, limit = spec.partition("@")
        if limit and not limit.isdigit():
            raise DataError(f"--data {spec}: what follows @ must be a number of rows")
        examples += read_examples(Path(name), int(limit) if limit else None, seed)
    return examples


class _Encoded(torch.utils.data.Dataset[dict[str, Any]]):
    """Token ids of what is short enough, made once; padding is left to the batch.

    A row is an example, or the two directions of a NOT_BOTH pair, the second under "other".
    """

    def __init__(self, examples: Sequence[NliExample], tokenizer: PreTrainedTokenizerBase, max_tokens: int):
        tokens = tokenizer([e.premise for e in examples], [e.hypothesis for e in examples])
        every = [
            {**{k: v[i] for k, v in tokens.items()}, "labels": _CODE[e.label]} for i, e in enumerate(examples)
        ]
        both = [row for row in every if row["labels"] == _CODE[NOT_BOTH]]
        rows = [row for row in every if row["labels"] != _CODE[NOT_BOTH]]
        rows += [{**row, "other": other} for row, other in zip(both[::2], both[1::2], strict=True)]
        self.rows: list[dict[str, Any]] = [row for row in rows if len(row["input_ids"]) <= max_tokens]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, i: int) -> dict[str, Any]:
        return self.rows[i]


def _collate(tokenizer: PreTrainedTokenizerBase) -> Callable[[list[dict[str, Any]]], BatchEncoding]:
    """Rows → a padded batch in which the two directions of a pair follow each other."""

    def collate(rows: list[dict[str, Any]]) -> BatchEncoding:
        flat = [part for row in rows for part in ({**row, "other": None}, row.get("other")) if part]
        return tokenizer.pad(
            [{k: v for k, v in part.items() if k != "other"} for part in flat], return_tensors="pt"
        )

    return collate


def _loss(smoothing: float) -> Callable[..., torch.Tensor]:
    """Cross-entropy; for a NOT_ENTAILED row -log(p_neutral + p_contradiction), and for the two rows of a
    NOT_BOTH pair together -2·log(1 - p(a⇒b)·p(b⇒a)).
    """

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: object = None) -> torch.Tensor:
        log_p = outputs.logits.float().log_softmax(-1)
        known = labels.clamp(max=len(LABELS) - 1)
        likelihood = log_p.gather(1, known[:, None]).squeeze(1)
        likelihood = torch.where(labels == _CODE[NOT_ENTAILED], log_p[:, 1:].logsumexp(-1), likelihood)
        pairs = labels == _CODE[NOT_BOTH]
        both = log_p[pairs, 0].view(-1, 2).sum(1).clamp(max=-1e-6)
        likelihood = likelihood.masked_scatter(pairs, (-both.expm1()).log().repeat_interleave(2))
        return -((1 - smoothing) * likelihood + smoothing * log_p.mean(-1)).mean()

    return loss


def train(
    examples: Sequence[NliExample],
    base: str,
    out: Path,
    settings: TrainSettings,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Path:
    """Fine-tune `base` (hub id or folder) on `examples` and write a Hugging Face folder to `out`.

    Interrupted training resumes from the last checkpoint in `out/checkpoints`.

    Raises ModelError if the base cannot be loaded.
    """
    keep_freed_memory()
    model, tokenizer = _open_base(base, settings)
    checkpoints = out / "checkpoints"
    trainer = ByLengthTrainer(
        model=model,
        args=_arguments(checkpoints, settings),
        train_dataset=_Encoded(examples, tokenizer, settings.max_tokens),
        processing_class=tokenizer,
        data_collator=_collate(tokenizer),
        compute_loss_func=_loss(settings.label_smoothing),
        callbacks=[ReportProgress(on_progress)],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=get_last_checkpoint(checkpoints) if checkpoints.exists() else None)
    if settings.adapts:
        save_adapter(model, out / "adapter")
        merge(base, out / "adapter", out)
    else:
        model.save_pretrained(out)
        tokenizer.save_pretrained(out)
    return out


def _arguments(checkpoints: Path, settings: TrainSettings) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        optim="adamw_torch_fused",
        save_steps=settings.save_steps,
        save_total_limit=2,
        logging_steps=25,
        disable_tqdm=True,
        report_to="none",
        seed=settings.seed,
        label_names=["labels"],
        dataloader_pin_memory=False,
        remove_unused_columns=False,  # a pair's other direction is no argument of the model
        bf16=settings.low,
        use_cpu=not torch.accelerator.is_available(),
    )


def _open_base(base: str, settings: TrainSettings) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    torch.manual_seed(settings.seed)  # the classification head is new: same seed, same head
    try:
        config = AutoConfig.from_pretrained(
            settings.adapter or base,
            id2label=dict(enumerate(LABELS)),
            label2id={name: i for i, name in enumerate(LABELS)},
            trust_remote_code=False,
        )
        for name in ("hidden_dropout_prob", "attention_probs_dropout_prob"):
            if hasattr(config, name):
                setattr(config, name, settings.dropout)
        config.num_hidden_layers = settings.layers or config.num_hidden_layers
        tokenizer = AutoTokenizer.from_pretrained(base, trust_remote_code=False)
        if reads_left_to_right(config):
            join_pairs_by_lines(tokenizer)
            config.pad_token_id = tokenizer.pad_token_id
        model = AutoModelForSequenceClassification.from_pretrained(
            base,
            config=config,
            ignore_mismatched_sizes=True,
            dtype=torch.bfloat16 if settings.low else torch.float32,
            attn_implementation=attention_for_training(config, settings.max_tokens),
            trust_remote_code=False,
        )
    except (OSError, ValueError) as error:
        raise ModelError(f"{base} cannot be loaded as a model to train: {error}") from error
    if settings.adapts:
        return fuse_adapters(_with_adapters(model, settings)), tokenizer
    if settings.freeze_embeddings:
        model.get_input_embeddings().requires_grad_(False)
    return model, tokenizer


def _with_adapters(model: PreTrainedModel, settings: TrainSettings) -> "PeftModel":
    """LoRA on every linear map of the layers that are not frozen; the head is trained whole, in float32."""
    from peft import LoraConfig, PeftModel, get_peft_model

    model.score.float()
    if settings.adapter is not None:
        return PeftModel.from_pretrained(model, str(settings.adapter), is_trainable=True)
    linear = {
        n.rsplit(".", 1)[-1] for n, m in model.base_model.named_modules() if isinstance(m, torch.nn.Linear)
    }
    return get_peft_model(
        model,
        LoraConfig(
            task_type="SEQ_CLS",
            r=settings.lora_rank,
            lora_alpha=2 * settings.lora_rank,
            target_modules=sorted(linear),
            layers_to_transform=list(range(settings.frozen_layers, model.config.num_hidden_layers)),
            modules_to_save=["score"],
        ),
    )
