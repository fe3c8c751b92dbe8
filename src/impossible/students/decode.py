"""Prompts → texts: CTranslate2 in int8 for both kinds of student, transformers for what it cannot convert.

Each prompt is drawn alone from its own seed, so that what others are asked at the same time changes nothing.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import ctranslate2
import torch
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer, PreTrainedTokenizerBase

from ..errors import ModelError, first_line
from ..models.threads import threads_kept
from ..teachers.ctranslate2 import arithmetic, converted
from .info import Kind
from .prompts import prompt_ids

# Prompts that share one opening of the model, which takes a tenth of a second or more; each has its KV cache.
_CROWD = 16


@dataclass(frozen=True, slots=True)
class Drawing:
    """How to draw tokens: `top_k` 0 keeps all. Defaults are the paper's, with a cut of the vocabulary."""

    temperature: float = 0.7
    top_p: float = 0.9
    top_k: int = 50

    @classmethod
    def of(cls, drafts: int) -> "Drawing":
        """One draft as the paper draws it; several more widely, since the critics choose among them."""
        return cls() if drafts == 1 else cls(temperature=0.85, top_p=0.95)


class Decoder(Protocol):
    """Draws texts. They depend on prompt, `n`, seed and drawing only."""

    def tokens(self, prompt: str) -> int:
        """How many tokens a prompt has."""
        ...

    def draw(
        self, prompts: Sequence[str], n: int, seeds: Sequence[int], drawing: Drawing
    ) -> Iterator[list[str]]:
        """At most `n` texts for each prompt: what has no end within its limit is left out."""
        ...


def open_decoder(folder: Path, kind: Kind, max_tokens: int, device: str = "cpu") -> Decoder:
    """CTranslate2 in int8 on CPU; transformers on other devices and for families it cannot convert.

    Raises ModelError.
    """
    tokenizer = _tokenizer(folder)
    if device == "cpu":
        try:
            model = converted(str(folder), "int8")
        except ModelError:
            return Transformers(folder, kind, tokenizer, max_tokens, device)
        return CTranslate2(model, kind, tokenizer, max_tokens)
    return Transformers(folder, kind, tokenizer, max_tokens, device)


def _tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    try:
        return AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError, ImportError) as error:
        raise ModelError(f"the tokenizer in {folder} cannot be loaded: {first_line(error)}") from error


def _limit(tokens: int, max_tokens: int) -> int:
    """The most tokens of an output: nobody wants a paraphrase of twice the length."""
    return min(2 * tokens + 8, max_tokens)


class CTranslate2:
    """Draws with ctranslate2's Generator or Translator, a thread a prompt."""

    def __init__(self, folder: Path, kind: Kind, tokenizer: PreTrainedTokenizerBase, max_tokens: int):
        self._folder, self._kind, self._tokenizer = folder, kind, tokenizer
        self._max_tokens = max_tokens

    def tokens(self, prompt: str) -> int:
        """See Decoder."""
        return len(self._ids(prompt))

    def _ids(self, prompt: str) -> list[int]:
        return prompt_ids(self._tokenizer, prompt, self._kind == "causal")

    def draw(
        self, prompts: Sequence[str], n: int, seeds: Sequence[int], drawing: Drawing
    ) -> Iterator[list[str]]:
        """See Decoder.

        CTranslate2's seed is global, and a worker thread reads it once in its life, when it first draws. So
        each prompt needs a thread that has never drawn. One opening of the model gives a crowd of them over
        the same weights; they are held after their first token until each has got its prompt.
        """
        done = 0
        while done < len(prompts):
            crowd = slice(done, done + _CROWD)
            drawn = self._crowd(prompts[crowd], n, seeds[crowd], drawing)
            yield from drawn
            done += len(drawn)

    def _crowd(
        self, prompts: Sequence[str], n: int, seeds: Sequence[int], drawing: Drawing
    ) -> list[list[str]]:
        engine = self._open(len(prompts))
        hold, jobs = threading.Event(), []
        try:
            for prompt, seed in zip(prompts, seeds, strict=True):
                ctranslate2.set_random_seed(seed)
                jobs.append(_Job(self._start(engine, prompt, n, drawing), hold))
                if not jobs[-1].began():
                    break  # it is over already, and its thread, which has drawn, is free: leave the others
        finally:
            hold.set()
        return [[self._text(tokens) for tokens in job.finished()] for job in jobs]

    @threads_kept()
    def _open(self, threads: int) -> Any:
        kind = ctranslate2.Generator if self._kind == "causal" else ctranslate2.Translator
        # a thread a prompt: two threads on one are hardly faster
        return kind(
            str(self._folder), compute_type=arithmetic("int8"), inter_threads=threads, intra_threads=1
        )

    def _start(self, engine: Any, prompt: str, n: int, drawing: Drawing) -> "_Start":
        ids = self._ids(prompt)
        tokens = self._tokenizer.convert_ids_to_tokens(ids)
        limit = _limit(len(ids), self._max_tokens)
        options: dict[str, Any] = {
            "num_hypotheses": n,
            "beam_size": 1,
            "sampling_topk": drawing.top_k,
            "sampling_topp": drawing.top_p,
            "sampling_temperature": drawing.temperature,
            "asynchronous": True,
        }

        def start(callback: Callable[[Any], bool]) -> Any:
            options["callback"] = callback
            if self._kind == "causal":
                started = engine.generate_batch(
                    [tokens], max_length=limit, include_prompt_in_result=False, **options
                )
            else:
                started = engine.translate_batch([tokens], max_decoding_length=limit, **options)
            return started[0]

        return _Start(start, limit)

    def _text(self, tokens: Sequence[str]) -> str:
        return _decode(self._tokenizer, self._tokenizer.convert_tokens_to_ids(list(tokens)))


@dataclass(frozen=True, slots=True)
class _Start:
    go: Callable[[Callable[[Any], bool]], Any]
    limit: int


class _Job:
    """One prompt being drawn; held after its first token until `hold` is set."""

    def __init__(self, start: _Start, hold: threading.Event):
        self._hold, self._limit = hold, start.limit
        self._began = threading.Event()
        self._result = start.go(self._on_token)

    def _on_token(self, step: Any) -> bool:
        self._began.set()
        self._hold.wait()
        return False

    def began(self) -> bool:
        """Wait until the first token is drawn; False if the job ended without being held."""
        while not self._began.wait(0.02):
            if self._result.done():
                return self._began.is_set()
        return True

    def finished(self) -> list[list[str]]:
        """The tokens of each draft that came to its end."""
        result = self._result.result()
        found = result.sequences if hasattr(result, "sequences") else result.hypotheses
        return [tokens for tokens in found if len(tokens) < self._limit]


class Transformers:
    """Draws with `generate`, one prompt at a time: any family, any device."""

    def __init__(
        self, folder: Path, kind: Kind, tokenizer: PreTrainedTokenizerBase, max_tokens: int, device: str
    ):
        auto = AutoModelForCausalLM if kind == "causal" else AutoModelForSeq2SeqLM
        try:
            model = auto.from_pretrained(folder, dtype=torch.float32, use_safetensors=True)
            self._model = model.to(device).eval()
        except (OSError, ValueError, RuntimeError, AssertionError) as error:
            raise ModelError(f"student {folder} cannot be loaded: {first_line(error)}") from error
        self._kind, self._tokenizer, self._max_tokens = kind, tokenizer, max_tokens

    def tokens(self, prompt: str) -> int:
        """See Decoder."""
        return len(prompt_ids(self._tokenizer, prompt, self._kind == "causal"))

    def draw(
        self, prompts: Sequence[str], n: int, seeds: Sequence[int], drawing: Drawing
    ) -> Iterator[list[str]]:
        """See Decoder."""
        for prompt, seed in zip(prompts, seeds, strict=True):
            yield self._draw(prompt, n, seed, drawing)

    @torch.inference_mode()
    def _draw(self, prompt: str, n: int, seed: int, drawing: Drawing) -> list[str]:
        ids = torch.tensor([prompt_ids(self._tokenizer, prompt, self._kind == "causal")])
        ids = ids.to(self._model.device)
        devices = [self._model.device] if self._model.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            torch.manual_seed(seed)
            made = self._model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                do_sample=True,
                num_return_sequences=n,
                temperature=drawing.temperature,
                top_p=drawing.top_p,
                top_k=drawing.top_k,
                max_new_tokens=_limit(ids.shape[1], self._max_tokens),
            )
        # what comes before the drawn tokens: the prompt, or the token that a decoder starts from
        rows = made[:, ids.shape[1] if self._kind == "causal" else 1 :].tolist()
        end = self._tokenizer.eos_token_id
        return [_decode(self._tokenizer, row[: row.index(end)]) for row in rows if end in row]


def _decode(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> str:
    text = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return " ".join(str(text).split())
