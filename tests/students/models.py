"""Bases small enough to train in a test, from a config, and a data set that they can learn."""

from pathlib import Path

import pyarrow as pa
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

SPECIALS = ["<pad>", "</s>", "<unk>", "<s>"]
WORDS = [
    *"Ċ . ? : ; ( )".split(),
    *(f"Ġ{w}" for w in "paraphrase summary ( length wording shorter similar longer near middle far".split()),
    *(
        f"Ġ{w}"
        for w in "short medium long The A My Our is was cat dog house car phone room food door".split()
    ),
    *(f"Ġ{w}" for w in "very quite old new big small red and it there that this nice".split()),
]


def tokenizer(end: bool) -> PreTrainedTokenizerFast:
    """A token is a word with the space before it; `end` writes the end token behind a text, as T5 does."""
    raw = Tokenizer(models.WordLevel({t: i for i, t in enumerate([*SPECIALS, *WORDS])}, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    raw.decoder = decoders.ByteLevel()
    if end:
        raw.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )


def _save(model: PreTrainedModel, folder: Path, end: bool) -> Path:
    model.save_pretrained(folder)
    tokenizer(end).save_pretrained(folder)
    return folder


def llama(folder: Path) -> Path:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(SPECIALS) + len(WORDS),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        bos_token_id=3,
        eos_token_id=1,
        pad_token_id=0,
    )
    return _save(LlamaForCausalLM(config), folder, end=False)


def t5(folder: Path) -> Path:
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=len(SPECIALS) + len(WORDS),
        d_model=32,
        d_ff=64,
        d_kv=8,
        num_heads=4,
        num_layers=2,
        feed_forward_proj="gated-gelu",  # v1.1
        decoder_start_token_id=0,
    )
    return _save(T5ForConditionalGeneration(config), folder, end=True)


def bart(folder: Path) -> Path:
    torch.manual_seed(0)
    config = BartConfig(
        vocab_size=len(SPECIALS) + len(WORDS),
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=256,
        pad_token_id=0,
        bos_token_id=3,
        eos_token_id=1,
        decoder_start_token_id=1,
        forced_eos_token_id=None,
        normalize_before=False,  # as the configs of the hub's BARTs say, and CTranslate2 reads
    )
    return _save(BartForConditionalGeneration(config), folder, end=True)


KINDS = {"llama": llama, "t5": t5, "bart": bart}


def pairs(contexts: int = 24) -> pa.Table:
    """Paraphrases that swap two clauses, and summaries that drop one; a context is a thing and its owner."""
    rows = []
    for i in range(contexts):
        owner = ["The", "A", "My", "Our"][i % 4]
        thing = ["cat", "dog", "house", "car", "phone", "room", "food", "door"][i // 4 % 8]
        base = f"{owner} {thing} is"
        rows += [
            {
                "task": "paraphrase",
                "source": f"{base} old and it is very small.",
                "target": f"{base} small and old.",
            },
            {"task": "summary", "source": f"{base} new and it is quite big.", "target": f"{base} new."},
        ]
        for row in rows[-2:]:
            row["context_id"] = f"{i:016x}"
    return pa.Table.from_pylist(rows)
