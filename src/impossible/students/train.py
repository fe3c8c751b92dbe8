"""Train a student, seq2seq or causal, full or LoRA, with transformers' Trainer.

Trainer serves both kinds: Seq2SeqTrainer only adds generation during validation, and validation here uses the
loss.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import PartialState
from transformers import EarlyStoppingCallback, PrinterCallback, TrainingArguments

from ..errors import DataError
from ..models.length_batches import ByLengthTrainer
from ..models.memory import keep_freed_memory
from ..models.number_format import fastest
from ..models.progress import Progress
from ..models.progress_bars import hide_progress_bars
from ..recipe.distil import Distil
from .base_model import kind_of, open_base, open_tokenizer, write_weights
from .callbacks import LossCurve, StopOnNonFinite
from .checkpoints import best_checkpoint, last_complete, stopped_early
from .encode import EncodedExamples, collator, encoder
from .examples import TrainingExample
from .info import Kind

CURVE = "loss.jsonl"


@dataclass(frozen=True, slots=True)
class Trained:
    """Result of a training.

    `left_out` counts examples that were too long. With `chat`, prompts are messages. `precision` is the
    resolved number format, which settings may leave at "auto".
    """

    kind: Kind
    chat: bool
    precision: str
    steps: int
    validation_loss: float | None
    left_out: int


def train(
    examples: Sequence[TrainingExample],
    held_out: Sequence[TrainingExample],
    base: Path,
    out: Path,
    work: Path,
    settings: Distil,
    seed: int,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Trained:
    """Fine-tune `base` on `examples` and write a standard Hugging Face folder to `out`.

    Checkpoints and the loss curve are in `work`. Called again with the same arguments, training resumes from
    the last complete checkpoint and reaches the same weights. The weights with the lowest validation loss are
    kept, or the last ones without held-out examples. In distributed training each process calls this and the
    main one writes; a step then takes `accumulate` batches per process. Raises ModelError if the base cannot
    be trained or a gradient is not finite, DataError if all examples are too long.
    """
    _silence_output()
    keep_freed_memory()
    if settings.precision == "auto":
        settings = settings.model_copy(update={"precision": fastest()})
    kind = kind_of(base)
    tokenizer = open_tokenizer(base)
    encode = encoder(tokenizer, kind)
    rows = EncodedExamples(examples, encode, settings.max_tokens)
    validation = EncodedExamples(held_out, encode, settings.max_tokens)
    if not rows.rows:
        raise DataError(
            f"none of {len(examples)} examples has at most distil.max_tokens = {settings.max_tokens}"
        )
    model = open_base(base, kind, settings, seed)
    checkpoints = work.resolve() / "checkpoints"
    trainer = ByLengthTrainer(
        model=model,
        args=_arguments(checkpoints, settings, seed, validate=bool(validation.rows)),
        train_dataset=rows,
        eval_dataset=validation if validation.rows else None,
        data_collator=collator(tokenizer, model, kind),
        processing_class=tokenizer,
        callbacks=[StopOnNonFinite(checkpoints), LossCurve(work / CURVE, on_progress)],
    )
    _fit(trainer, checkpoints, settings.patience)
    processes = process_state()
    processes.wait_for_everyone()  # until the main process has written the last checkpoint
    best, steps, loss = best_checkpoint(checkpoints)
    if processes.is_main_process:
        write_weights(base, best, kind, tokenizer, settings, out)
    chat = kind == "causal" and bool(tokenizer.chat_template)
    return Trained(kind, chat, settings.precision, steps, loss, rows.left_out + validation.left_out)


def _silence_output() -> None:
    hide_progress_bars()
    # transformers' Trainer uses a name that transformers has deprecated
    warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)


def _fit(trainer: ByLengthTrainer, checkpoints: Path, patience: int) -> None:
    """Train from the last complete checkpoint to the end or early stopping."""
    trainer.remove_callback(PrinterCallback)
    if trainer.eval_dataset is not None:
        trainer.add_callback(EarlyStoppingCallback(patience))
    last = last_complete(checkpoints)
    if last is None or not stopped_early(last, patience):
        trainer.train(resume_from_checkpoint=None if last is None else str(last))


def process_state() -> PartialState:
    """Return the state of the processes started by `accelerate launch`, or of this process alone."""
    return PartialState(cpu=not torch.accelerator.is_available())


def _arguments(checkpoints: Path, settings: Distil, seed: int, validate: bool) -> TrainingArguments:
    when = "steps" if validate else "no"
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch,
        per_device_eval_batch_size=settings.batch,
        gradient_accumulation_steps=settings.accumulate,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=settings.warmup,  # below 1: a fraction of all steps
        weight_decay=settings.weight_decay,
        optim="adamw_torch_fused",
        bf16=settings.precision == "bfloat16",
        ddp_find_unused_parameters=False,
        use_cpu=not torch.accelerator.is_available(),
        dataloader_pin_memory=torch.accelerator.is_available(),
        eval_strategy=when,
        eval_steps=settings.save_steps,
        save_steps=settings.save_steps,
        save_total_limit=2,
        metric_for_best_model="eval_loss" if validate else None,
        greater_is_better=False if validate else None,
        restore_callback_states_from_checkpoint=True,
        prediction_loss_only=True,
        label_names=["labels"],
        logging_steps=10,
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to="none",
        seed=seed,
    )
