"""Build tiny real models for tests: random weights from a config, and a word tokenizer."""

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    BioGptConfig,
    BioGptForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

SPECIALS = ["<unk>", "<s>", "</s>", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
WORDS = (
    "The A My Our This She He They We It is was had has likes sees wants needs cat dog house car phone laptop "
    "screen room door food day very not quite really old new big small red and but in on at with for to"
).split()
TOKENS = (".", "?", "!", *(f"Ġ{word}" for word in WORDS))


def tokenizer(tokens: Sequence[str] = TOKENS, end: bool = False) -> PreTrainedTokenizerFast:
    """A byte-level word tokenizer: a token is a word with the space before it, or a mark.

    `end` writes the end token behind a text, as T5 does.
    """
    raw = Tokenizer(models.WordLevel({t: i for i, t in enumerate([*SPECIALS, *tokens])}, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    raw.decoder = decoders.ByteLevel()
    if end:
        number = SPECIALS.index("</s>")
        raw.post_processor = processors.TemplateProcessing(
            single="$A </s>", special_tokens=[("</s>", number)]
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )


def save(model: PreTrainedModel, folder: Path, words: PreTrainedTokenizerFast | None = None) -> Path:
    """Write a model and its tokenizer to a Hugging Face folder."""
    model.save_pretrained(folder)
    (words or tokenizer()).save_pretrained(folder)
    return folder


LAYERS = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "initializer_range": 0.2,
}


def ids(words: PreTrainedTokenizerFast) -> dict[str, int]:
    """Return the config entries that depend on the tokenizer."""
    return {
        "vocab_size": len(words),
        "bos_token_id": words.bos_token_id,
        "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
    }


def llama(folder: Path, tokens: Sequence[str] = TOKENS) -> Path:
    """A Llama of two layers."""
    torch.manual_seed(0)
    words = tokenizer(tokens)
    return save(LlamaForCausalLM(LlamaConfig(**LAYERS, **ids(words), num_key_value_heads=2)), folder, words)


def gpt2(folder: Path) -> Path:
    """A GPT-2 of two layers: the family of the paper's general teacher."""
    torch.manual_seed(0)
    size = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128, "initializer_range": 0.2}
    known = ids(tokenizer())
    del known["pad_token_id"]  # as on the hub
    return save(GPT2LMHeadModel(GPT2Config(**size, **known)), folder)


def biogpt(folder: Path) -> Path:
    """A BioGPT of two layers: the family of the paper's biomedical teacher."""
    torch.manual_seed(0)
    config = BioGptConfig(**LAYERS, **ids(tokenizer()), max_position_embeddings=128)
    return save(BioGptForCausalLM(config), folder)


def encoder(folder: Path) -> Path:
    """A BERT encoder for embeddings."""
    torch.manual_seed(0)
    return save(BertModel(_bert()), folder)


def _bert(**labels: object) -> BertConfig:
    return BertConfig(vocab_size=len(tokenizer()), **LAYERS, **labels)


def nli(folder: Path, labels: tuple[str, ...] = ("entailment", "neutral", "contradiction")) -> Path:
    """A BERT cross-encoder with an untrained head."""
    torch.manual_seed(0)
    names = {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
    return save(BertForSequenceClassification(_bert(**names)), folder)
