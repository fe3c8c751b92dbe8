"""A causal LM + a LoRA adapter → a merged classifier, or a merged student, in a Hugging Face folder."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from tokenizers.processors import TemplateProcessing
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedConfig,
    PreTrainedTokenizerBase,
)

if TYPE_CHECKING:
    from peft import PeftModel


def save_adapter(model: "PeftModel", folder: Path) -> None:
    """Save the trained weights in bfloat16 and the classifier's config.json, as `merge` needs them."""
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.bfloat16()
    model.save_pretrained(str(folder))
    model.config.save_pretrained(folder)


def merge(base: str | Path, adapter: Path, folder: Path) -> None:
    """Write `base` with `adapter` merged into its weights (W + B·A·alpha/r, Hu et al. 2021) to `folder`.

    `adapter` contains a peft adapter and the classifier's config.json, which may specify fewer layers than
    the base has.
    """
    from peft import PeftModel

    config = AutoConfig.from_pretrained(adapter, trust_remote_code=False)
    model = AutoModelForSequenceClassification.from_pretrained(
        base, config=config, dtype=torch.float32, trust_remote_code=False
    )
    PeftModel.from_pretrained(model, adapter).merge_and_unload().save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(base, trust_remote_code=False)
    join_pairs_by_lines(tokenizer)
    tokenizer.save_pretrained(folder)
    if (adapter / CALIBRATION).exists():
        shutil.copyfile(adapter / CALIBRATION, folder / CALIBRATION)


def merge_student(base: str | Path, adapter: Path, folder: Path) -> None:
    """Write the language model `base` with a student's adapter merged into its weights to `folder`.

    `adapter` contains a peft adapter, generation_config.json and what else a student's folder has.
    """
    from peft import PeftModel

    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, trust_remote_code=False)
    model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    generation = GenerationConfig.from_pretrained(adapter, trust_remote_code=False)
    model.config.eos_token_id, model.config.pad_token_id = generation.eos_token_id, generation.pad_token_id
    model.generation_config = generation
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(base, trust_remote_code=False).save_pretrained(folder)
    for name in ("student.json", "README.md"):
        shutil.copyfile(adapter / name, folder / name)


def reads_left_to_right(config: PreTrainedConfig) -> bool:
    """Whether a model is a causal LM, so that its classifier reads the last token."""
    return any(name.endswith("ForCausalLM") for name in config.architectures or ())


def join_pairs_by_lines(tokenizer: PreTrainedTokenizerBase) -> None:
    """Make a causal LM's tokenizer join a pair as two lines; the final line break attends to both."""
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    (line_break,) = tokenizer.encode("\n", add_special_tokens=False)
    name = tokenizer.convert_ids_to_tokens(line_break)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"$A {name}", pair=f"$A {name} $B {name}", special_tokens=[(name, line_break)]
    )


CALIBRATION = "calibration.json"
