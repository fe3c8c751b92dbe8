"""Teachers and students on CTranslate2: int8 or float32 on CPU, converted once into the cache.

Its log-probabilities are those behind the ban on the end token that `min_tokens` asks for: those of the first
tokens of a chat model that wants to stop are a little too high.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from threading import Event, Lock
from typing import Any

import ctranslate2
from safetensors import SafetensorError

from ..errors import ModelError, first_line
from ..models.locate import build_once, cache_folder, digest, locate
from ..models.number_format import exact_int8
from ..models.threads import threads_kept
from ..recipe.execution import Execution
from ..recipe.teacher import Teacher
from .base import Continuation, Decoding
from .parallel import each_in_a_thread
from .sentence_stop import SentenceStop
from .tokens import Tokens

# Sequences drawn together: with more the logits of a step outgrow what glibc's malloc keeps (32 MiB), so that
# each step faults its pages in anew. On 2 cores 200 at once ran at 298 tokens/s, 100 at 883, 25 at 695.
_AT_ONCE = 100
_LOGITS_BYTES = 24 * 2**20
_FEW = 16  # sequences of a prompt, beside which to open the model for it, a tenth of a second, takes long
_CROWD = 16  # prompts that share one opening then, each with a KV cache of its own


class CTranslate2Sampler:
    """Samples with `ctranslate2.Generator` or `Translator`, one prompt a thread, so that a batch changes
    nothing.
    """

    def __init__(self, settings: Teacher, execution: Execution, tokens: Tokens):
        self._tokens = tokens
        self._folder = converted(settings.model, settings.compute_type)
        self._device = "cuda" if execution.device.startswith("cuda") else "cpu"
        self._compute_type = arithmetic(settings.compute_type, self._device)
        self._threads = execution.threads or os.cpu_count() or 1
        self._at_once = max(1, min(_AT_ONCE, _LOGITS_BYTES // (4 * len(tokens.tokenizer))))

    @threads_kept()
    def _open(self, workers: int, threads: int) -> Any:
        engine = ctranslate2.Translator if self._tokens.seq2seq else ctranslate2.Generator
        try:
            return engine(
                str(self._folder),
                device=self._device,
                compute_type=self._compute_type,
                inter_threads=workers,
                intra_threads=threads,
            )
        except RuntimeError as error:
            raise ModelError(
                f"the converted model cannot be loaded ({first_line(error)}); "
                f"remove {self._folder} and run again"
            ) from error

    def sample(
        self, prompts: Sequence[str], n: int, seeds: Sequence[int], decoding: Decoding
    ) -> Iterator[list[Continuation]]:
        """See Sampler. A prompt a thread: faster than all threads on one prompt."""
        asked = list(zip(prompts, seeds, strict=True))
        if n <= _FEW:
            return self._few(asked, n, decoding)
        at_once = min(self._threads, len(asked))

        def one(prompt: tuple[str, int], stopping: Event) -> list[Continuation]:
            return self._many(*prompt, n, decoding, self._threads // at_once, stopping)

        return each_in_a_thread(one, asked, at_once)

    def _few(
        self, asked: Sequence[tuple[str, int]], n: int, decoding: Decoding
    ) -> Iterator[list[Continuation]]:
        """So few of each prompt that to open the model would take long beside them: prompts share it."""
        for start in range(0, len(asked), _CROWD):
            crowd = asked[start : start + _CROWD]
            engine = self._open(len(crowd), 1)
            jobs: list[_Job] = []
            try:
                with _SEEDING:
                    for prompt, seed in crowd:
                        ctranslate2.set_random_seed(seed)
                        jobs.append(self._job(engine, prompt, n, decoding))
                        jobs[-1].begin()
                yield from each_in_a_thread(_Job.finish, jobs, self._threads)
            finally:
                for job in jobs:
                    job.leave()

    def _many(
        self, prompt: str, seed: int, n: int, decoding: Decoding, threads: int, stopping: Event
    ) -> list[Continuation]:
        """With one worker, which draws part after part from where its random numbers are."""
        drawn: list[Continuation] = []
        with _SEEDING:
            engine = self._open(1, threads)
            ctranslate2.set_random_seed(seed)
            job = self._job(engine, prompt, min(n, self._at_once), decoding)
            job.begin()
        drawn += job.finish(stopping)
        while (left := n - len(drawn)) > 0:
            drawn += self._job(engine, prompt, min(left, self._at_once), decoding).finish(stopping)
        return drawn

    def _job(self, engine: Any, prompt: str, n: int, decoding: Decoding) -> "_Job":
        ids = self._tokens.prompt(prompt)
        limit = decoding.limit(len(ids))
        stops = [SentenceStop(self._tokens.text, decoding.sentences) for _ in range(n)]
        job = _Job(stops, self._tokens.ends(decoding.sentences), decoding)
        options: dict[str, Any] = {
            "num_hypotheses": n,
            "beam_size": 1,
            "sampling_topk": decoding.top_k,
            "sampling_topp": decoding.top_p,
            "sampling_temperature": decoding.temperature,
            "no_repeat_ngram_size": decoding.no_repeat_ngram,
            "return_scores": True,  # else a single sequence has no log-probabilities
            "callback": job.on_token,
            "asynchronous": True,
        }
        start = [self._tokens.spelt(ids)]
        if self._tokens.seq2seq:
            lengths = {"min_decoding_length": decoding.min_tokens, "max_decoding_length": limit}
            [job.result] = engine.translate_batch(start, **lengths, **options)
        else:
            lengths = {"min_length": decoding.min_tokens, "max_length": limit}
            [job.result] = engine.generate_batch(start, include_prompt_in_result=False, **lengths, **options)
        return job

    def logprobs(self, prompt: str, texts: Sequence[str]) -> list[float]:
        """See Sampler."""
        start = self._tokens.spelt(self._tokens.prompt(prompt))
        rests = [self._tokens.spelt(self._tokens.continuation(text)) for text in texts]
        engine = self._open(1, self._threads)
        if self._tokens.seq2seq:  # it scores the end token too
            scored = engine.score_batch([start] * len(rests), rests)
            return [float(sum(s.log_probs[: len(rest)])) for s, rest in zip(scored, rests, strict=True)]
        scored = engine.score_batch([start + rest for rest in rests])
        return [float(sum(s.log_probs[len(start) - 1 :])) for s in scored]


# CTranslate2's seed is global, and a worker thread reads it once in its life, when it first draws. So each
# prompt gets a worker that has never drawn, and the next seed is set when that has its first token.
_SEEDING = Lock()


class _Job:
    """One prompt being drawn; held at its first token, until it is let go, lest its worker take another."""

    result: Any

    def __init__(self, stops: list[SentenceStop], ends: set[int], decoding: Decoding):
        self._stops, self._ends, self._decoding = stops, ends, decoding
        self._logprobs: list[list[float]] = [[] for _ in stops]
        self._began, self._go, self._stopping = Event(), Event(), Event()

    def on_token(self, step: Any) -> bool:
        """Take a token; True if its sequence is to end."""
        self._began.set()
        self._go.wait()
        stop = self._stops[step.hypothesis_id]
        self._logprobs[step.hypothesis_id].append(step.log_prob)
        if step.token_id in self._ends:
            stop.ended = True
        elif not self._stopping.is_set():
            stop.push(step.token_id, _surface(step.token), step.log_prob)
        return stop.ended or stop.logprob < self._decoding.min_logprob or self._stopping.is_set()

    def begin(self) -> None:
        """Wait until the first token is drawn, or the work is over without one."""
        while not self._began.wait(0.02) and not self.result.done():
            pass

    def finish(self, stopping: Event) -> list[Continuation]:
        """Let it go, to its end or until `stopping` is set.

        Whole sequences come as CTranslate2 orders them, likeliest a token first.
        """
        self._stopping = stopping
        self._go.set()
        self.result.result()
        order = list(range(len(self._stops)))
        if not self._decoding.sentences and not stopping.is_set():
            order.sort(key=lambda i: fmean(self._logprobs[i]), reverse=True)
        return [self._stops[i].continuation() for i in order]

    def leave(self) -> None:
        """Let it go, to end at once if it has not been finished."""
        if not self._go.is_set():
            self._stopping.set()
            self._go.set()


def _surface(token: str) -> str:
    """A vocabulary entry as far as the stop rule reads it: byte-level BPE spells a newline Ċ."""
    return token.replace("Ċ", "\n").replace("<0x0A>", "\n").replace("Ġ", " ").replace("▁", " ")


def arithmetic(compute_type: str, device: str = "cpu") -> str:
    """What to compute in with weights of this type: not in int8 where the processor would cut sums off."""
    spoilt = compute_type == "int8" and device == "cpu" and not exact_int8()
    return "float32" if spoilt else compute_type


def converted(model: str, compute_type: str) -> Path:
    """The CTranslate2 form of a model in the cache; made once, safe for two processes at once.

    Raises ModelError if CTranslate2 does not know the architecture.
    """
    source = locate(model)

    def make(folder: Path) -> None:
        converter = ctranslate2.converters.TransformersConverter(str(source))
        try:
            converter.convert(str(folder), quantization=compute_type)
        except (ValueError, NotImplementedError, KeyError, AttributeError) as error:
            raise ModelError(
                f'CTranslate2 cannot convert {model} ({error}); use teacher.backend = "transformers"'
            ) from error
        except (OSError, RuntimeError, SafetensorError) as error:
            if getattr(error, "errno", None):
                raise  # the disk's, not the model's
            raise ModelError(f"the files of {model} cannot be read: {first_line(error)}") from error

    return build_once(cache_folder() / f"ctranslate2-{digest(model)}-{compute_type}", make)
