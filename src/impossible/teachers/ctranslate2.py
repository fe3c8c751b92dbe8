"""Sample with CTranslate2 in int8 or float32, from a model converted once into the cache.

CTranslate2 computes log-probabilities after `min_tokens` has masked the end token. They are therefore
slightly too high for the first tokens of a chat model, which gives the end token a high probability.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from threading import Event, Lock
from typing import Any

import ctranslate2
from safetensors import SafetensorError

from ..errors import ModelError, first_line
from ..models.cores import available_cores
from ..models.locate import build_once, cache_folder, digest, locate
from ..models.number_format import exact_int8
from ..models.threads import threads_kept
from ..recipe.execution import Execution
from ..recipe.teacher import Teacher
from .base import Continuation, Decoding
from .parallel import map_in_threads
from .sentence_stop import SentenceStop
from .tokens import Tokens

# Sequences per batch. With more, the logits of a step exceed what glibc's malloc keeps (32 MiB), so that each
# step page-faults. On 2 cores a batch of 200 ran at 298 tokens/s, 100 at 883, 25 at 695.
_MAX_BATCH = 100
_LOGITS_BYTES = 24 * 2**20
_FEW = 16  # up to so many sequences per prompt, opening an engine for each prompt (0.1 s) costs too much
_PROMPTS_PER_ENGINE = 16  # prompts that then share an engine, each with its own KV cache


class CTranslate2Sampler:
    """Samples with `ctranslate2.Generator` or `Translator`.

    Each prompt is a batch of its own, so that results do not depend on the other prompts.
    """

    def __init__(self, settings: Teacher, execution: Execution, tokens: Tokens):
        self._tokens = tokens
        self._folder = converted(settings.model, settings.compute_type)
        self._device = "cuda" if execution.device.startswith("cuda") else "cpu"
        self._compute_type = effective_compute_type(settings.compute_type, self._device)
        self._threads = execution.threads or available_cores()
        self._batch_size = max(1, min(_MAX_BATCH, _LOGITS_BYTES // (4 * len(tokens.tokenizer))))

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
            if "memory" in str(error):
                raise ModelError(f"too little memory for the teacher ({first_line(error)})") from error
            raise ModelError(
                f"the converted model cannot be loaded ({first_line(error)}); "
                f"remove {self._folder} and run again"
            ) from error

    def sample(
        self, prompts: Sequence[str], n: int, seeds: Sequence[int], decoding: Decoding
    ) -> Iterator[list[Continuation]]:
        """See Sampler. One thread per prompt is faster than all threads on one prompt."""
        seeded_prompts = list(zip(prompts, seeds, strict=True))
        if n <= _FEW:
            return self._sample_shared(seeded_prompts, n, decoding)
        at_once = min(self._threads, len(seeded_prompts))

        def one(prompt: tuple[str, int], stopping: Event) -> list[Continuation]:
            return self._sample_one(*prompt, n, decoding, self._threads // at_once, stopping)

        return map_in_threads(one, seeded_prompts, at_once)

    def _sample_shared(
        self, seeded_prompts: Sequence[tuple[str, int]], n: int, decoding: Decoding
    ) -> Iterator[list[Continuation]]:
        """Sample few sequences per prompt; prompts share an engine, since opening one takes longer."""
        for start in range(0, len(seeded_prompts), _PROMPTS_PER_ENGINE):
            shared = seeded_prompts[start : start + _PROMPTS_PER_ENGINE]
            engine = self._open(len(shared), 1)
            jobs: list[_Job] = []
            try:
                with _SEED_LOCK:
                    for prompt, seed in shared:
                        ctranslate2.set_random_seed(seed)
                        jobs.append(self._job(engine, prompt, n, decoding))
                        jobs[-1].wait_for_first_token()
                yield from map_in_threads(_Job.finish, jobs, self._threads)
            finally:
                for job in jobs:
                    job.cancel()

    def _sample_one(
        self, prompt: str, seed: int, n: int, decoding: Decoding, threads: int, stopping: Event
    ) -> list[Continuation]:
        """Sample many sequences, batch after batch, with one worker that keeps its random state."""
        drawn: list[Continuation] = []
        with _SEED_LOCK:
            engine = self._open(1, threads)
            ctranslate2.set_random_seed(seed)
            job = self._job(engine, prompt, min(n, self._batch_size), decoding)
            job.wait_for_first_token()
        drawn += job.finish(stopping)
        while (left := n - len(drawn)) > 0:
            drawn += self._job(engine, prompt, min(left, self._batch_size), decoding).finish(stopping)
        return drawn

    def _job(self, engine: Any, prompt: str, n: int, decoding: Decoding) -> "_Job":
        ids = self._tokens.prompt(decoding.framed(prompt))
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
            "return_scores": True,  # without it a single sequence has no log-probabilities
            "callback": job.on_token,
            "asynchronous": True,
        }
        start = [self._tokens.vocabulary_entries(ids)]
        if self._tokens.seq2seq:
            lengths = {"min_decoding_length": decoding.min_tokens, "max_decoding_length": limit}
            [job.result] = engine.translate_batch(start, **lengths, **options)
        else:
            lengths = {"min_length": decoding.min_tokens, "max_length": limit}
            [job.result] = engine.generate_batch(start, include_prompt_in_result=False, **lengths, **options)
        return job

    def logprobs(self, prompt: str, texts: Sequence[str]) -> list[float]:
        """See Sampler."""
        start = self._tokens.vocabulary_entries(self._tokens.prompt(prompt))
        rests = [self._tokens.vocabulary_entries(self._tokens.continuation(text)) for text in texts]
        engine = self._open(1, self._threads)
        if self._tokens.seq2seq:  # the score includes the end token
            scored = engine.score_batch([start] * len(rests), rests)
            return [float(sum(s.log_probs[: len(rest)])) for s, rest in zip(scored, rests, strict=True)]
        scored = engine.score_batch([start + rest for rest in rests])
        return [float(sum(s.log_probs[len(start) - 1 :])) for s in scored]


# CTranslate2's seed is global, and a worker thread reads it only once, at its first draw. So each prompt
# gets a fresh worker, and the next seed is set after that worker has drawn its first token.
_SEED_LOCK = Lock()


class _Job:
    """A prompt being sampled.

    It pauses at its first token until released, so that its worker takes no other prompt.
    """

    result: Any

    def __init__(self, stops: list[SentenceStop], ends: set[int], decoding: Decoding):
        self._stops, self._ends, self._decoding = stops, ends, decoding
        self._logprobs: list[list[float]] = [[] for _ in stops]
        self._started, self._released, self._stopping = Event(), Event(), Event()

    def on_token(self, step: Any) -> bool:
        """Add a token to its sequence; return True to end the sequence."""
        self._started.set()
        self._released.wait()
        stop = self._stops[step.hypothesis_id]
        self._logprobs[step.hypothesis_id].append(step.log_prob)
        if step.token_id in self._ends:
            stop.ended = True
        elif not self._stopping.is_set():
            stop.push(step.token_id, _surface(step.token), step.log_prob)
        return stop.ended or stop.logprob < self._decoding.min_logprob or self._stopping.is_set()

    def wait_for_first_token(self) -> None:
        """Wait until the first token is drawn, or the job ends without one."""
        while not self._started.wait(0.02) and not self.result.done():
            pass

    def finish(self, stopping: Event) -> list[Continuation]:
        """Release the job and wait for its end, or until `stopping` is set.

        Without a sentence limit, sequences are in CTranslate2's order, by descending mean log-probability.
        """
        self._stopping = stopping
        self._released.set()
        self.result.result()
        order = list(range(len(self._stops)))
        if not self._decoding.sentences and not stopping.is_set():
            order.sort(key=lambda i: fmean(self._logprobs[i]), reverse=True)
        return [self._stops[i].continuation() for i in order]

    def cancel(self) -> None:
        """End the job at its next token unless it has been released."""
        if not self._released.is_set():
            self._stopping.set()
            self._released.set()


def _surface(token: str) -> str:
    """Return a vocabulary entry as text for the stop rule; byte-level BPE writes a newline as Ċ."""
    return token.replace("Ċ", "\n").replace("<0x0A>", "\n").replace("Ġ", " ").replace("▁", " ")


def effective_compute_type(compute_type: str, device: str = "cpu") -> str:
    """Return the number format to compute in; float32 where the processor saturates int8 sums."""
    saturates = compute_type == "int8" and device == "cpu" and not exact_int8()
    return "float32" if saturates else compute_type


def converted(model: str, compute_type: str) -> Path:
    """Return the converted model's folder in the cache; convert once, safe with concurrent processes.

    Raises ModelError if CTranslate2 does not support the architecture.
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
                raise  # an error of the disk, not of the model
            raise ModelError(f"the files of {model} cannot be read: {first_line(error)}") from error

    return build_once(cache_folder() / f"ctranslate2-{digest(model)}-{compute_type}", make)
