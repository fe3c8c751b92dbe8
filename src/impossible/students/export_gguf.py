"""A student → GGUF for llama.cpp, with a Modelfile for Ollama."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM, PretrainedConfig, PreTrainedTokenizerBase

from ..errors import ModelError, first_line
from .base_model import open_tokenizer
from .decode import decoding
from .info import Info, read_info

Precision = Literal["f32", "f16", "q8_0"]
MODELFILE = "Modelfile"
_TYPES: dict[Precision, tuple[Type, gguf.LlamaFileType]] = {
    "f32": (Type.F32, gguf.LlamaFileType.ALL_F32),
    "f16": (Type.F16, gguf.LlamaFileType.MOSTLY_F16),
    "q8_0": (Type.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
}
_BLOCK = 32  # values that share a scale in q8_0
_SLOT = "\u0001"  # stands for the user's message in a rendered template


def export_gguf(student: Path, out: Path, precision: Precision) -> None:
    """Write `student-PRECISION.gguf` and `Modelfile` into the folder `out`.

    Reads Llama-like students with a byte-level BPE tokenizer, such as those of SmolLM2. Raises ModelError for
    others.
    """
    info = read_info(student)
    try:
        model = AutoModelForCausalLM.from_pretrained(student, dtype="float32", trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ModelError(f"{student} is not a causal student: {first_line(error)}") from error
    tokenizer = open_tokenizer(student)
    _check(student, model.config)
    path = out / f"student-{precision}.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    _add_settings(writer, model.config, precision)
    _add_tokenizer(writer, student, tokenizer, model.config.vocab_size)
    for name, weight, kind in _tensors(model.config, model.state_dict(), precision):
        writer.add_tensor(name, weight, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    (out / MODELFILE).write_text(modelfile(path.name, tokenizer, info), encoding="utf-8")


def _check(student: Path, config: PretrainedConfig) -> None:
    if config.model_type != "llama" or config.rope_parameters["rope_type"] != "default":
        raise ModelError(
            f"{student} is a {config.model_type} model; the export to GGUF takes llama models without scaled "
            "positions (convert others with llama.cpp's convert_hf_to_gguf.py)"
        )


def _add_settings(writer: gguf.GGUFWriter, config: PretrainedConfig, precision: Precision) -> None:
    writer.add_name("student of impossible distillation")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(_TYPES[precision][1])


def _add_tokenizer(
    writer: gguf.GGUFWriter, student: Path, tokenizer: PreTrainedTokenizerBase, size: int
) -> None:
    """Add vocabulary, merges, special tokens and chat template."""
    whole = json.loads((student / "tokenizer.json").read_text(encoding="utf-8"))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_pre_tokenizer(student, whole))
    entries = {i: token for token, i in tokenizer.get_vocab().items()}
    special = set(tokenizer.all_special_ids)
    added = {entry["id"]: entry["special"] for entry in whole["added_tokens"]}
    kinds = [
        gguf.TokenType.UNUSED
        if i not in entries
        else gguf.TokenType.CONTROL
        if i in special or added.get(i)
        else gguf.TokenType.USER_DEFINED
        if i in added
        else gguf.TokenType.NORMAL
        for i in range(size)
    ]
    writer.add_token_list([entries.get(i, f"[PAD{i}]") for i in range(size)])
    writer.add_token_types(kinds)
    merges = whole["model"]["merges"]
    writer.add_token_merges([pair if isinstance(pair, str) else " ".join(pair) for pair in merges])
    for add, token in (
        (writer.add_bos_token_id, tokenizer.bos_token_id),
        (writer.add_eos_token_id, tokenizer.eos_token_id),
        (writer.add_unk_token_id, tokenizer.unk_token_id),
        (writer.add_pad_token_id, tokenizer.pad_token_id),
    ):
        if token is not None:
            add(token)
    ids = tokenizer("a")["input_ids"]
    writer.add_add_bos_token(ids[0] == tokenizer.bos_token_id)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    if tokenizer.chat_template:
        writer.add_chat_template(tokenizer.chat_template)


def _pre_tokenizer(student: Path, whole: dict[str, Any]) -> str:
    """llama.cpp's name of the rules that cut a text before BPE. Raises ModelError for others."""
    steps = whole["pre_tokenizer"] or {}
    steps = steps.get("pretokenizers", [steps])
    kinds = [step.get("type") for step in steps]
    plain = whole["model"]["type"] == "BPE" and whole["normalizer"] is None
    if plain and kinds[-1:] == ["ByteLevel"] and steps[-1]["use_regex"] and not steps[-1]["add_prefix_space"]:
        if kinds == ["ByteLevel"]:
            return "gpt-2"
        if kinds == ["Digits", "ByteLevel"] and steps[0]["individual_digits"]:
            return "smollm"
    raise ModelError(
        f"the tokenizer of {student} is not the byte-level BPE of GPT-2 or SmolLM, which the export to GGUF "
        "reads; convert it with llama.cpp's convert_hf_to_gguf.py"
    )


def _tensors(
    config: PretrainedConfig, weights: dict[str, Any], precision: Precision
) -> Iterator[tuple[str, NDArray[Any], Type]]:
    """Yield name, data and type of each tensor; vectors stay float32."""
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, tensor in weights.items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        written = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if written is None:
            raise ModelError(f"llama.cpp has no tensor for {name}")
        data = tensor.numpy()
        if ".q_proj." in name or ".k_proj." in name:
            heads = config.num_attention_heads if ".q_proj." in name else config.num_key_value_heads
            data = _interleaved(data, heads)
        kind = _TYPES[precision][0] if data.ndim > 1 else Type.F32
        if kind == Type.Q8_0 and data.shape[-1] % _BLOCK:
            kind = Type.F16
        yield written, gguf.quants.quantize(np.ascontiguousarray(data), kind), kind


def _interleaved(data: NDArray[Any], heads: int) -> NDArray[Any]:
    """Reorder the rows of each head: transformers rotates halves of a head, llama.cpp neighbours."""
    halves = data.reshape(heads, 2, -1, *data.shape[1:])
    return halves.swapaxes(1, 2).reshape(data.shape)


def modelfile(weights: str, tokenizer: PreTrainedTokenizerBase, info: Info) -> str:
    """Return Ollama's Modelfile: the prompt of training, and the decoding of one draft."""
    before, after = _frame(tokenizer)
    how = decoding(1, info.max_tokens)
    return f"""# Prompts: "paraphrase: A sentence." or "summary: A sentence."; controls: README.md.
FROM ./{weights}
TEMPLATE \"\"\"{before}{{{{ .Prompt }}}}{after}\"\"\"
PARAMETER stop "{tokenizer.eos_token}"
PARAMETER temperature {how.temperature}
PARAMETER top_p {how.top_p}
PARAMETER top_k {how.top_k}
PARAMETER repeat_penalty 1
PARAMETER num_ctx {2 * info.max_tokens}
PARAMETER num_predict {info.max_tokens}
"""


def _frame(tokenizer: PreTrainedTokenizerBase) -> tuple[str, str]:
    """What stands before and behind a prompt."""
    if not tokenizer.chat_template:
        return "", "\n"
    message = [{"role": "user", "content": _SLOT}]
    text = tokenizer.apply_chat_template(message, add_generation_prompt=True, tokenize=False)
    before, _, after = str(text).partition(_SLOT)
    return before, after
