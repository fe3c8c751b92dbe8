"""Train a student: seq2seq or causal, whole or by LoRA, through transformers' Trainer.

One Trainer serves both kinds: all that Seq2SeqTrainer adds is generation during validation, and validation
here is the loss.
"""

import inspect
import json
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    DataCollatorForSeq2Seq,
    EarlyStoppingCallback,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PrinterCallback,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from ..data.store import write_text
from ..errors import DataError, ModelError, first_line
from ..models.length_batches import ByLengthTrainer
from ..models.number_format import fastest
from ..models.progress_bars import hide_progress_bars
from ..recipe.student import Distil
from .examples import Example
from .info import Kind
from .prefix_cache import ARCHITECTURES, share_beginnings
from .prompts import prompt

CURVE = "loss.jsonl"
_LORA_RANK = 16
_IGNORED = -100  # the label of a token that has no loss
# Tokens up to which a CPU computes attention plainly: torch's fused kernel takes four times as long to go
# back through a few dozen tokens, but plain attention needs memory with their square.
_PLAIN_ATTENTION = 256


@dataclass(frozen=True, slots=True)
class Progress:
    """Where work stands: steps, the seconds that are left, in training the last losses in nats a token."""

    step: int
    steps: int
    left: float | None
    loss: float | None = None
    validation_loss: float | None = None


class Pace:
    """How long the rest takes, by the steps since this was made, when `first` were done."""

    def __init__(self, first: int = 0):
        self._first, self._start = first, time.monotonic()

    def progress(self, step: int, steps: int, *losses: float | None) -> Progress:
        """Where work stands now, with the losses, if any."""
        done, elapsed = step - self._first, time.monotonic() - self._start
        return Progress(step, steps, elapsed / done * (steps - step) if done else None, *losses)


@dataclass(frozen=True, slots=True)
class Trained:
    """What training came to. `left_out` examples were too long; `chat`: prompts are messages;
    `precision`: the number format, which settings may leave open.
    """

    kind: Kind
    chat: bool
    precision: str
    steps: int
    validation_loss: float | None
    left_out: int


def train(
    examples: Sequence[Example],
    held_out: Sequence[Example],
    base: Path,
    out: Path,
    work: Path,
    settings: Distil,
    seed: int,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Trained:
    """Fine-tune `base` on `examples` and write an ordinary Hugging Face folder to `out`.

    Checkpoints and the loss curve lie in `work`: called again with the same arguments, training goes on from
    the last whole checkpoint there, to the same weights. The weights of the lowest validation loss are kept,
    without held-out examples the last. Where several processes train together, each calls this, and the main
    one writes; a step then takes `accumulate` batches of each.

    Raises ModelError if the base cannot be trained or a gradient is not finite, DataError if no example is
    short enough.
    """
    hide_progress_bars()
    # transformers' own Trainer asks for what transformers has renamed
    warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
    if settings.precision == "auto":
        settings = settings.model_copy(update={"precision": fastest()})
    kind = _kind(base)
    tokenizer = _open_tokenizer(base)
    encode = _encoder(tokenizer, kind)
    rows = _Rows(examples, encode, settings.max_tokens)
    validation = _Rows(held_out, encode, settings.max_tokens)
    if not rows.rows:
        raise DataError(
            f"none of {len(examples)} examples has at most distil.max_tokens = {settings.max_tokens}"
        )
    model = _open_base(base, kind, settings, seed)
    checkpoints = work.resolve() / "checkpoints"
    trainer = ByLengthTrainer(
        model=model,
        args=_arguments(checkpoints, settings, seed, validate=bool(validation.rows)),
        train_dataset=rows,
        eval_dataset=validation if validation.rows else None,
        data_collator=_collator(tokenizer, model, kind),
        processing_class=tokenizer,
        callbacks=[_OnlyFinite(checkpoints), _Curve(work / CURVE, tell)],
    )
    trainer.remove_callback(PrinterCallback)
    if validation.rows:
        trainer.add_callback(EarlyStoppingCallback(settings.patience))
    last = _last_whole(checkpoints)
    if last is None or not _stopped_early(last, settings.patience):
        trainer.train(resume_from_checkpoint=None if last is None else str(last))
    processes = together()
    processes.wait_for_everyone()  # the main one writes the last checkpoint
    best, steps, loss = _best(checkpoints)
    if processes.is_main_process:
        _finish(base, best, kind, tokenizer, settings, out)
    chat = kind == "causal" and bool(tokenizer.chat_template)
    return Trained(kind, chat, settings.precision, steps, loss, rows.left_out + validation.left_out)


def together() -> PartialState:
    """The processes that `accelerate launch` has started, of which this is one; else this one alone."""
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
        warmup_steps=settings.warmup,  # below 1: a share of all steps
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


class _Rows(torch.utils.data.Dataset[dict[str, Any]]):
    """Token ids of each example that is short enough, made once; padding is left to the batch."""

    def __init__(
        self, examples: Sequence[Example], encode: Callable[[Example], dict[str, Any]], max_tokens: int
    ):
        encoded = [encode(example) for example in examples]
        self.rows = [r for r in encoded if max(len(r["input_ids"]), len(r["labels"])) <= max_tokens]
        self.left_out = len(encoded) - len(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, i: int) -> dict[str, Any]:
        return self.rows[i]


def _collator(
    tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, kind: Kind
) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
    if kind == "seq2seq":
        return DataCollatorForSeq2Seq(tokenizer, model)
    pad = DataCollatorForSeq2Seq(tokenizer)
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    knows = "logits_to_keep" in inspect.signature(inner.forward).parameters
    return (lambda rows: _targets_only(pad(rows))) if knows else pad


def _targets_only(batch: dict[str, Any]) -> dict[str, Any]:
    """Ask for logits from the token before the first target on: a prompt has no loss, and the logits of a
    vocabulary of 49,000 cost a fifth of a small model's step.
    """
    labels = batch["labels"]
    first = int((labels != _IGNORED).int().argmax(1).min())
    kept = labels.shape[1] - max(first - 1, 0)
    return {**batch, "labels": labels[:, -kept:], "logits_to_keep": kept}


def _encoder(tokenizer: PreTrainedTokenizerBase, kind: Kind) -> Callable[[Example], dict[str, Any]]:
    end = tokenizer.eos_token_id

    def causal(example: Example) -> dict[str, Any]:
        start = prompt_ids(tokenizer, prompt(example.task, example.source, example.controls, True), True)
        target = [*tokenizer(example.target, add_special_tokens=False)["input_ids"], end]
        ids = start + target
        # the loss is on the target only
        labels = [_IGNORED] * len(start) + target
        return {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels}

    def seq2seq(example: Example) -> dict[str, Any]:
        ids = prompt_ids(tokenizer, prompt(example.task, example.source, example.controls, False), False)
        target = list(tokenizer(text_target=example.target)["input_ids"])
        labels = target if target[-1:] == [end] else [*target, end]
        return {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels}

    return causal if kind == "causal" else seq2seq


def prompt_ids(tokenizer: PreTrainedTokenizerBase, text: str, causal: bool) -> list[int]:
    """A prompt's tokens, in training and in use: for a causal student a message, if there is a chat template.

    What it goes on from has no end token.
    """
    if causal and tokenizer.chat_template:
        message = [{"role": "user", "content": text.rstrip("\n")}]
        text = tokenizer.apply_chat_template(message, add_generation_prompt=True, tokenize=False)
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])
    ids = list(tokenizer(text)["input_ids"])
    return ids[:-1] if causal and ids[-1:] == [tokenizer.eos_token_id] else ids


def _kind(base: Path) -> Kind:
    try:
        config = AutoConfig.from_pretrained(base)
    except (OSError, ValueError) as error:
        raise ModelError(f"{base} cannot be loaded as a model to train: {first_line(error)}") from error
    return "seq2seq" if config.is_encoder_decoder else "causal"


def _open_tokenizer(base: Path) -> PreTrainedTokenizerBase:
    try:
        tokenizer = AutoTokenizer.from_pretrained(base)
    except (OSError, ValueError, ImportError) as error:
        raise ModelError(f"the tokenizer of {base} cannot be loaded: {first_line(error)}") from error
    if tokenizer.eos_token_id is None:
        raise ModelError(f"the tokenizer of {base} has no end token (eos_token), so no output would ever end")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "right"
    return tokenizer


def _load(base: Path, kind: Kind, dtype: torch.dtype, attention: str | None = None) -> PreTrainedModel:
    auto = AutoModelForSeq2SeqLM if kind == "seq2seq" else AutoModelForCausalLM
    try:
        return auto.from_pretrained(base, dtype=dtype, use_safetensors=True, attn_implementation=attention)
    except (OSError, ValueError) as error:
        raise ModelError(f"{base} cannot be loaded as a model to train: {first_line(error)}") from error


def _rank(kind: Kind, settings: Distil) -> int:
    if settings.lora_rank is not None:
        return settings.lora_rank
    return _LORA_RANK if kind == "causal" else 0


def _open_base(base: Path, kind: Kind, settings: Distil, seed: int) -> PreTrainedModel:
    """The model to train. Under adapters its own weights are frozen, so bfloat16 is enough for them."""
    torch.manual_seed(seed)  # adapters are new: same seed, same adapters
    rank = _rank(kind, settings)
    low = rank > 0 and settings.precision == "bfloat16"
    plain = settings.max_tokens <= _PLAIN_ATTENTION and not torch.accelerator.is_available()
    model = _load(base, kind, torch.bfloat16 if low else torch.float32, "eager" if plain else None)
    model.config.use_cache = False
    _contiguous_head(model)
    if kind == "causal" and model.config.model_type in ARCHITECTURES:
        share_beginnings(model)
    if not rank:
        return model
    from peft import LoraConfig, get_peft_model

    task = "CAUSAL_LM" if kind == "causal" else "SEQ_2_SEQ_LM"
    return get_peft_model(
        model,
        LoraConfig(task_type=task, r=rank, lora_alpha=2 * rank, target_modules="all-linear"),
    )


def _contiguous_head(model: PreTrainedModel) -> None:
    """What the head gets under `logits_to_keep` is a slice; of one torch multiplies each row with a copy of
    the whole head.
    """
    model.get_output_embeddings().register_forward_pre_hook(lambda _, inputs: (inputs[0].contiguous(),))


class _OnlyFinite(TrainerCallback):
    """Stops before a gradient that is not finite can touch the weights, so that no checkpoint holds any."""

    def __init__(self, checkpoints: Path):
        self._checkpoints = checkpoints

    def on_pre_optimizer_step(
        self, args: object, state: TrainerState, control: object, model: torch.nn.Module, **_: object
    ) -> None:
        """Every gradient of the step is there, clipped."""
        gradients = (p.grad for p in model.parameters() if p.grad is not None)
        if all(bool(torch.isfinite(g).all()) for g in gradients):
            return
        last = _last_whole(self._checkpoints)
        kept = f"the last good weights are in {last}" if last else "there is no checkpoint yet"
        raise ModelError(
            f"training diverged: the loss or its gradient is not finite in step {state.global_step + 1}; "
            f"{kept}; lower distil.learning_rate"
        )


class _Curve(TrainerCallback):
    """Writes the loss curve as JSONL, whole each time: a resumed training has no line twice."""

    def __init__(self, path: Path, tell: Callable[[Progress], None]):
        self._path, self._tell = path, tell

    def on_train_begin(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Training starts, or goes on from a checkpoint."""
        self._pace = Pace(state.global_step)

    def on_log(self, args: object, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """The trainer has added a row to its history."""
        if not state.is_world_process_zero:
            return
        write_text(self._path, "".join(json.dumps(row) + "\n" for row in state.log_history))
        last = {key: value for row in state.log_history for key, value in row.items()}
        losses = last.get("loss"), last.get("eval_loss")
        self._tell(self._pace.progress(state.global_step, state.max_steps, *losses))


def _last_whole(checkpoints: Path) -> Path | None:
    """The last checkpoint that was written to its end; the trainer writes its state last."""
    whole = [p.parent for p in checkpoints.glob("checkpoint-*/trainer_state.json") if _state(p.parent)]
    return max(whole, key=lambda p: int(p.name.rpartition("-")[2]), default=None)


def _state(checkpoint: Path) -> dict[str, Any]:
    """The trainer's state, empty if a kill cut its file short."""
    try:
        found: dict[str, Any] = json.loads((checkpoint / "trainer_state.json").read_text())
    except ValueError:
        return {}
    return found


def _stopped_early(checkpoint: Path, patience: int) -> bool:
    """Whether training had ended at this checkpoint because validation had lost its patience."""
    early = _state(checkpoint).get("stateful_callbacks", {}).get("EarlyStoppingCallback", {})
    return bool(early.get("attributes", {}).get("early_stopping_patience_counter", 0) >= patience)


def _best(checkpoints: Path) -> tuple[Path, int, float | None]:
    """The checkpoint of the lowest validation loss (without one, the last), all steps made, and the loss."""
    last = _last_whole(checkpoints)
    assert last is not None  # the trainer always saves at the end
    state = _state(last)
    step = state["best_global_step"]
    # by name: the folder may have been moved since
    best = checkpoints / f"checkpoint-{step}" if step else last
    return best, state["global_step"], state["best_metric"]


def _finish(
    base: Path, best: Path, kind: Kind, tokenizer: PreTrainedTokenizerBase, settings: Distil, out: Path
) -> None:
    """Write weights in float32 (adapters merged into the unrounded base), tokenizer and generation config."""
    if _rank(kind, settings):
        from peft import PeftModel

        model = PeftModel.from_pretrained(_load(base, kind, torch.float32), best).merge_and_unload()
    else:
        model = _load(best, kind, torch.float32)
    model.config.use_cache = True
    model.config.eos_token_id = tokenizer.eos_token_id
    model.config.pad_token_id = tokenizer.pad_token_id
    model.generation_config = GenerationConfig(
        bos_token_id=model.config.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        decoder_start_token_id=getattr(model.config, "decoder_start_token_id", None),
        max_new_tokens=settings.max_tokens,
    )
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
