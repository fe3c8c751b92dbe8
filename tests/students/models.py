"""Bases small enough to train in a test, from a config, and a data set that they can learn."""

from functools import partial
from pathlib import Path

import pyarrow as pa
import torch
from transformers import BartConfig, BartForConditionalGeneration, T5Config, T5ForConditionalGeneration

from impossible.recipe.distil import Distil
from tests import tiny

WORDS = (
    "paraphrase summary ( length wording shorter similar longer near middle far short medium long The A My Our is "
    "was cat dog house car phone room food door very quite old new big small red and it there that this nice"
)
TOKENS = (*"Ċ . ? : ; ( )".split(), *(f"Ġ{word}" for word in WORDS.split()))
# Learned in seconds.
SETTINGS = Distil(
    controls=("length", "wording"), batch=8, learning_rate=1e-2, precision="float32", validation=0.2
)

llama = partial(tiny.llama, tokens=TOKENS)


def t5(folder: Path) -> Path:
    torch.manual_seed(0)
    words = tiny.tokenizer(TOKENS, end=True)
    config = T5Config(
        **tiny.ids(words),
        d_model=32,
        d_ff=64,
        d_kv=8,
        num_heads=4,
        num_layers=2,
        feed_forward_proj="gated-gelu",  # v1.1
        decoder_start_token_id=words.pad_token_id,
    )
    return tiny.save(T5ForConditionalGeneration(config), folder, words)


def bart(folder: Path) -> Path:
    torch.manual_seed(0)
    words = tiny.tokenizer(TOKENS, end=True)
    config = BartConfig(
        **tiny.ids(words),
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=256,
        decoder_start_token_id=words.eos_token_id,
        forced_eos_token_id=None,
        normalize_before=False,  # as the configs of the hub's BARTs say, and CTranslate2 reads
    )
    return tiny.save(BartForConditionalGeneration(config), folder, words)


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
