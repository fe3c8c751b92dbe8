"""Exports run in the runtimes that they are for, and write what the merged model writes."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers, trainers
from tokenizers import models as kinds
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from impossible.errors import DataError, ModelError
from impossible.recipe.distil import Distil
from impossible.students.export import export_student
from impossible.students.export_gguf import modelfile
from impossible.students.info import Info, read_info, write_info
from tests import tiny
from tests.students import models

TEXTS = ["The café on 5th street opened in 2019.", "My house isn't very old.", "We saw 12 dogs, and a cat!"]
CHAT = (
    "{% for m in messages %}<s>{{ m.role }}\n{{ m.content }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)
NEW = 12  # tokens


def info(kind: str = "causal", chat: bool = True) -> Info:
    return Info(
        kind=kind, chat=chat, tasks=("paraphrase", "summary"), controls=(), max_tokens=64, base="a/base",
        pairs={"paraphrase": 2}, held_out=0, left_out=0, steps=1, validation_loss=None, settings=Distil(), seed=7,
    )  # fmt: skip


def student(folder: Path, digits: bool = False, chat: bool = True) -> Path:
    """A Llama of two layers with a byte-level BPE tokenizer, as SmolLM2 has."""
    raw = Tokenizer(kinds.BPE())
    cut: list[Any] = [pre_tokenizers.ByteLevel(add_prefix_space=False)]
    if digits:
        cut.insert(0, pre_tokenizers.Digits(individual_digits=True))
    raw.pre_tokenizer = pre_tokenizers.Sequence(cut)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<unk>", "<s>", "</s>"], initial_alphabet=alphabet
    )
    raw.train_from_iterator(TEXTS * 5, trainer)
    words = PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="</s>"
    )
    words.chat_template = CHAT if chat else None
    torch.manual_seed(0)
    config = LlamaConfig(
        **{**tiny.LAYERS, "hidden_size": 64},
        **tiny.ids(words),
        num_key_value_heads=2,
        tie_word_embeddings=True,
    )
    tiny.save(LlamaForCausalLM(config), folder, words)
    write_info(folder, info(chat=chat))
    return folder


def greedy(folder: Path, ids: list[int]) -> list[int]:
    model = AutoModelForCausalLM.from_pretrained(folder)
    model.generation_config.eos_token_id = None  # so that all texts are as long
    given = torch.tensor([ids])
    made = model.generate(given, attention_mask=torch.ones_like(given), max_new_tokens=NEW, do_sample=False)
    return list(made[0, len(ids) :].tolist())


@pytest.mark.parametrize("digits", [False, True])
def test_llama_cpp_reads_and_writes_what_the_merged_model_does(tmp_path: Path, digits: bool) -> None:
    llama_cpp = pytest.importorskip("xllamacpp")
    folder = student(tmp_path / "student", digits)
    weights = export_student(folder, tmp_path / "gguf", "gguf", "f32")
    settings = llama_cpp.CommonParams()
    settings.model.path, settings.n_ctx, settings.n_parallel = str(weights), 256, 1
    settings.cpuparams.n_threads, settings.n_gpu_layers, settings.warmup = 1, 0, False
    server = llama_cpp.Server(settings)
    words = PreTrainedTokenizerFast.from_pretrained(folder)
    for text in TEXTS:
        message = [{"role": "user", "content": f"paraphrase: {text}"}]
        prompt = words.apply_chat_template(message, add_generation_prompt=True, tokenize=False)
        ids = words(prompt, add_special_tokens=False)["input_ids"]
        asked = {
            "prompt": prompt, "n_predict": NEW, "temperature": 0, "return_tokens": True
        }  # fmt: skip
        body = urllib.request.Request(
            f"{server.listening_address}/completion",
            json.dumps(asked).encode(),
            {"content-type": "application/json"},
        )
        with urllib.request.urlopen(body) as reply:
            answer = json.load(reply)
        assert answer["tokens_evaluated"] == len(ids)
        assert answer["tokens"] == greedy(folder, ids)


def test_onnxruntime_writes_what_the_merged_model_does(tmp_path: Path) -> None:
    import onnxruntime

    folder = student(tmp_path / "student")
    weights = export_student(folder, tmp_path / "onnx", "onnx", "f32")
    assert weights.relative_to(tmp_path / "onnx").as_posix() == "onnx/model.onnx"
    assert str(tmp_path).encode() not in weights.read_bytes()
    session = onnxruntime.InferenceSession(weights)
    words = PreTrainedTokenizerFast.from_pretrained(tmp_path / "onnx")
    for text in TEXTS:
        ids = words(text)["input_ids"]
        assert decoded(session, ids) == greedy(folder, ids)


def decoded(session: Any, ids: list[int]) -> list[int]:
    """Greedy decoding with the cache, a token a step."""
    past = {
        i.name: np.zeros((1, i.shape[1], 0, i.shape[3]), np.float32)
        for i in session.get_inputs()
        if i.name.startswith("past")
    }
    names, new, made = [o.name for o in session.get_outputs()], ids, list[int]()
    for _ in range(NEW):
        total = len(ids) + len(made)
        found = session.run(
            None,
            {
                "input_ids": np.array([new]),
                "attention_mask": np.ones((1, total), np.int64),
                "position_ids": np.arange(total - len(new), total)[None],
                **past,
            },
        )
        past = {n.replace("present", "past_key_values"): a for n, a in zip(names[1:], found[1:], strict=True)}
        new = [int(found[0][0, -1].argmax())]
        made += new
    return made


def test_the_modelfile_writes_the_prompt_of_training(tmp_path: Path) -> None:
    folder = student(tmp_path / "student")
    words = PreTrainedTokenizerFast.from_pretrained(folder)
    text = modelfile("student.gguf", words, read_info(folder))
    template = text.split('TEMPLATE """')[1].split('"""')[0]
    message = [{"role": "user", "content": "summary: So it is."}]
    wanted = words.apply_chat_template(message, add_generation_prompt=True, tokenize=False)
    assert template.replace("{{ .Prompt }}", "summary: So it is.") == wanted
    assert "FROM ./student.gguf\n" in text and 'PARAMETER stop "</s>"\n' in text


def test_what_cannot_be_exported_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    words = models.llama(tmp_path / "words")
    write_info(words, info())
    with pytest.raises(ModelError, match="not the byte-level BPE"):
        export_student(words, tmp_path / "out", "gguf")
    t5 = models.t5(tmp_path / "t5")
    write_info(t5, info("seq2seq"))
    with pytest.raises(DataError, match="only causal"):
        export_student(t5, tmp_path / "out", "onnx")
    with pytest.raises(DataError, match="gguf has f32, f16, q8_0"):
        export_student(words, tmp_path / "out", "gguf", "int8")
    with pytest.raises(DataError, match="not empty"):
        export_student(words, words, "gguf")
    assert not (tmp_path / "out").exists()


def test_a_quantised_file_is_smaller_and_says_what_it_is(tmp_path: Path) -> None:
    folder = student(tmp_path / "student")
    sizes = [export_student(folder, tmp_path / p, "gguf", p).stat().st_size for p in ("f32", "f16", "q8_0")]
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) == 3
    assert sorted(p.name for p in (tmp_path / "q8_0").iterdir()) == [
        "Modelfile", "README.md", "student-q8_0.gguf"
    ]  # fmt: skip
    assert json.loads((folder / "student.json").read_text())["base"] == "a/base"
