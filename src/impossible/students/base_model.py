"""Load the base model of a student for training, and write the trained weights."""

from pathlib import Path

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from ..errors import ModelError, first_line
from ..models.fused_adapters import fuse_adapters
from ..models.grouped_attention import ARCHITECTURES, attention_for_training
from ..recipe.distil import Distil
from .info import Kind
from .prefix_cache import share_common_prefix
from .target_loss import loss_at_targets

_LORA_RANK = 16
ADAPTER = "adapter"  # the folder of the adapters alone, beside the merged weights


def kind_of(base: Path) -> Kind:
    """Return whether a base model is causal or sequence-to-sequence. Raises ModelError."""
    return "seq2seq" if _config(base).is_encoder_decoder else "causal"


def _config(base: Path) -> PreTrainedConfig:
    try:
        return AutoConfig.from_pretrained(base, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ModelError(f"{base} cannot be loaded as a model to train: {first_line(error)}") from error


def open_tokenizer(base: Path) -> PreTrainedTokenizerBase:
    """Open a base model's tokenizer with padding on the right. Raises ModelError."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(base, trust_remote_code=False)
    except (OSError, ValueError, ImportError) as error:
        raise ModelError(f"the tokenizer of {base} cannot be loaded: {first_line(error)}") from error
    if tokenizer.eos_token_id is None:
        raise ModelError(f"the tokenizer of {base} has no end token (eos_token), so outputs would never end")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "right"
    return tokenizer


def open_base(base: Path, kind: Kind, settings: Distil, seed: int) -> PreTrainedModel:
    """Open the model to train. With adapters its own weights are frozen, so bfloat16 suffices for them."""
    torch.manual_seed(seed)  # adapters are initialized at random
    rank = _rank(kind, settings)
    reduced = rank > 0 and settings.precision == "bfloat16"
    attention = attention_for_training(_config(base), settings.max_tokens)
    model = _load(base, kind, torch.bfloat16 if reduced else torch.float32, attention)
    model.config.use_cache = False
    contiguous_head(model)
    if kind == "causal" and model.config.model_type in ARCHITECTURES:
        loss_at_targets(model)
        share_common_prefix(model)
    if not rank:
        return model
    from peft import LoraConfig, get_peft_model

    task = "CAUSAL_LM" if kind == "causal" else "SEQ_2_SEQ_LM"
    return fuse_adapters(
        get_peft_model(
            model,
            LoraConfig(task_type=task, r=rank, lora_alpha=2 * rank, target_modules="all-linear"),
        )
    )


def write_weights(
    base: Path, best: Path, kind: Kind, tokenizer: PreTrainedTokenizerBase, settings: Distil, out: Path
) -> None:
    """Write weights in float32 (adapters merged into the unrounded base), tokenizer and generation config."""
    if _rank(kind, settings):
        from peft import PeftModel

        adapted = PeftModel.from_pretrained(_load(base, kind, torch.float32), best)
        adapted.save_pretrained(str(out / ADAPTER))
        model = adapted.merge_and_unload()
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


def _load(base: Path, kind: Kind, dtype: torch.dtype, attention: str | None = None) -> PreTrainedModel:
    auto = AutoModelForSeq2SeqLM if kind == "seq2seq" else AutoModelForCausalLM
    try:
        return auto.from_pretrained(
            base, dtype=dtype, use_safetensors=True, attn_implementation=attention, trust_remote_code=False
        )
    except (OSError, ValueError) as error:
        raise ModelError(f"{base} cannot be loaded as a model to train: {first_line(error)}") from error


def _rank(kind: Kind, settings: Distil) -> int:
    if settings.lora_rank is not None:
        return settings.lora_rank
    return _LORA_RANK if kind == "causal" else 0


def contiguous_head(model: PreTrainedModel) -> None:
    """Make the output head's input contiguous.

    With `logits_to_keep` the input is a slice, for which torch copies the whole head for each row.
    """
    model.get_output_embeddings().register_forward_pre_hook(lambda _, inputs: (inputs[0].contiguous(),))
