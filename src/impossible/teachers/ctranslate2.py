"""Teacher on CTranslate2: int8 or float32 on CPU, converted once into the cache.

Its log-probabilities are those behind the ban on the end token that `min_tokens` asks for: those of the first
tokens of a chat model that wants to stop are a little too high.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import ctranslate2
from safetensors import SafetensorError
from transformers import AutoTokenizer

from ..errors import ModelError, first_line
from ..models.locate import build_once, cache_folder, digest, locate
from ..models.number_format import exact_int8
from ..models.threads import threads_kept
from ..recipe.execution import Execution
from ..recipe.teacher import Teacher
from .base import Continuation, Decoding
from .parallel import each_in_a_thread
from .sentence_stop import SentenceStop

# Sequences drawn together: with more the logits of a step outgrow what glibc's malloc keeps (32 MiB), so that
# each step faults its pages in anew. On 2 cores 200 at once ran at 298 tokens/s, 100 at 883, 25 at 695.
_AT_ONCE = 100
_LOGITS_BYTES = 24 * 2**20


class CTranslate2Sampler:
    """Samples with `ctranslate2.Generator`, one prompt a thread, so that a batch changes nothing."""

    def __init__(self, settings: Teacher, execution: Execution):
        source = locate(settings.model)
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(source)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"the tokenizer of {settings.model} cannot be loaded: {first_line(error)}"
            ) from error
        self._folder = converted(settings.model, settings.compute_type)
        self._device = "cuda" if execution.device.startswith("cuda") else "cpu"
        self._compute_type = arithmetic(settings.compute_type, self._device)
        self._threads = execution.threads or os.cpu_count() or 1
        self._special = set(self._tokenizer.all_special_ids)
        self._at_once = max(1, min(_AT_ONCE, _LOGITS_BYTES // (4 * len(self._tokenizer))))

    @threads_kept()
    def _open(self, threads: int) -> ctranslate2.Generator:
        try:
            return ctranslate2.Generator(
                str(self._folder),
                device=self._device,
                compute_type=self._compute_type,
                inter_threads=1,
                intra_threads=threads,
            )
        except RuntimeError as error:
            raise ModelError(
                f"the converted teacher cannot be loaded ({first_line(error)}); "
                f"remove {self._folder} and run again"
            ) from error

    def sample(
        self, prompts: Sequence[str], n: int, seeds: Sequence[int], decoding: Decoding
    ) -> Iterator[list[Continuation]]:
        """See Sampler. A prompt a thread: faster than all threads on one prompt."""
        at_once = min(self._threads, len(prompts))

        def one(prompt: str, seed: int, stopping: threading.Event) -> list[Continuation]:
            return self._sample(prompt, n, seed, decoding, self._threads // at_once, stopping)

        return each_in_a_thread(one, prompts, seeds, at_once)

    def _sample(
        self, prompt: str, n: int, seed: int, decoding: Decoding, threads: int, stopping: threading.Event
    ) -> list[Continuation]:
        seeded = _Seeded(seed)
        drawn: list[Continuation] = []
        with seeded:
            generator = self._open(threads)
            while (left := n - len(drawn)) > 0:
                stops = self._draw(generator, prompt, min(left, self._at_once), decoding, seeded, stopping)
                drawn += [Continuation(stop.text(), stop.logprob) for stop in stops]
        return drawn

    def _draw(
        self,
        generator: ctranslate2.Generator,
        prompt: str,
        n: int,
        decoding: Decoding,
        seeded: "_Seeded",
        stopping: threading.Event,
    ) -> list[SentenceStop]:
        stops = [SentenceStop(self._decode, decoding.sentences) for _ in range(n)]

        def on_token(step: ctranslate2.GenerationStepResult) -> bool:
            seeded.done()
            if stopping.is_set() or step.token_id in self._special:
                return True
            stop = stops[step.hypothesis_id]
            ended = stop.push(step.token_id, _surface(step.token), step.log_prob)
            return ended or stop.logprob < decoding.min_logprob

        generator.generate_batch(
            [self._tokens(prompt)],
            num_hypotheses=n,
            sampling_topk=decoding.top_k,
            sampling_topp=decoding.top_p,
            sampling_temperature=decoding.temperature,
            min_length=decoding.min_tokens,
            max_length=decoding.max_tokens,
            no_repeat_ngram_size=decoding.no_repeat_ngram,
            include_prompt_in_result=False,
            return_scores=True,  # else a single sequence has no log-probabilities
            callback=on_token,
        )
        return stops

    def logprobs(self, prompt: str, texts: Sequence[str]) -> list[float]:
        """See Sampler."""
        start = self._tokens(prompt)
        rows = [start + self._tokens(text, continued=True) for text in texts]
        scored = self._open(self._threads).score_batch(rows)
        return [float(sum(s.log_probs[len(start) - 1 :])) for s in scored]

    def _tokens(self, text: str, continued: bool = False) -> list[str]:
        ids = self._tokenizer(text, add_special_tokens=not continued)["input_ids"]
        return self._tokenizer.convert_ids_to_tokens(ids)

    def _decode(self, ids: Sequence[int]) -> str:
        return self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)


class _Seeded:
    """Holds CTranslate2's seed, which is global, until a new generator has drawn its first token.

    The library reads the seed once in the life of a thread, when that thread first draws. So each prompt gets
    a generator of its own, hence new threads; opening one takes a tenth of a second, sampling takes seconds.
    """

    _lock = threading.Lock()

    def __init__(self, seed: int):
        self._seed, self._holding = seed, False

    def __enter__(self) -> None:
        self._lock.acquire()
        self._holding = True
        ctranslate2.set_random_seed(self._seed)

    def done(self) -> None:
        """The first token is drawn: another thread may seed."""
        if self._holding:
            self._holding = False
            self._lock.release()

    def __exit__(self, *_: object) -> None:
        self.done()


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
