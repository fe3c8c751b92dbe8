"""Teacher on transformers: any causal LM, on CPU or GPU."""

from collections.abc import Iterator, Sequence

import torch
from safetensors import SafetensorError
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LogitsProcessor,
    LogitsProcessorList,
    PreTrainedTokenizerBase,
    StoppingCriteria,
    StoppingCriteriaList,
)

from ..errors import ModelError, first_line
from ..models.locate import locate
from ..recipe.execution import Execution
from ..recipe.teacher import Teacher
from .base import Continuation, Decoding
from .sentence_stop import SentenceStop


class TransformersSampler:
    """Samples with `generate`, one prompt at a time, so that a batch changes nothing."""

    def __init__(self, settings: Teacher, execution: Execution):
        folder = locate(settings.model)
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder)
            self._model = AutoModelForCausalLM.from_pretrained(
                folder, dtype=getattr(torch, settings.compute_type), use_safetensors=True
            ).to(execution.device)
        except (OSError, ValueError, RuntimeError, AssertionError, SafetensorError) as error:
            raise ModelError(
                f"teacher {settings.model} cannot be loaded as a causal LM: {first_line(error)}"
            ) from error
        self._model.eval()
        if execution.threads:
            torch.set_num_threads(execution.threads)

    def sample(
        self, prompts: Sequence[str], n: int, seeds: Sequence[int], decoding: Decoding
    ) -> Iterator[list[Continuation]]:
        """See Sampler."""
        for prompt, seed in zip(prompts, seeds, strict=True):
            yield self._sample(prompt, n, seed, decoding)

    @torch.inference_mode()
    def _sample(self, prompt: str, n: int, seed: int, decoding: Decoding) -> list[Continuation]:
        inputs = self._tokenizer(prompt, return_tensors="pt").to(self._model.device)
        raw = _RawLogits()
        watch = _Watch(self._tokenizer, n, decoding.sentences, raw)
        devices = [self._model.device] if self._model.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            torch.manual_seed(seed)
            self._model.generate(
                **inputs,
                do_sample=True,
                num_return_sequences=n,
                temperature=decoding.temperature,
                top_p=decoding.top_p,
                top_k=decoding.top_k,
                min_new_tokens=decoding.min_tokens,
                max_new_tokens=decoding.max_tokens,
                no_repeat_ngram_size=decoding.no_repeat_ngram,
                pad_token_id=_pad(self._tokenizer),
                logits_processor=LogitsProcessorList([raw]),
                stopping_criteria=StoppingCriteriaList([watch]),
            )
        return [Continuation(stop.text(), stop.logprob) for stop in watch.stops]

    @torch.inference_mode()
    def logprobs(self, prompt: str, texts: Sequence[str]) -> list[float]:
        """See Sampler."""
        start = self._tokenizer(prompt)["input_ids"]
        totals = []
        for text in texts:
            rest = self._tokenizer(text, add_special_tokens=False)["input_ids"]
            ids = torch.tensor([start + rest], device=self._model.device)
            log_p = self._model(ids).logits[0, len(start) - 1 : -1].float().log_softmax(-1)
            totals.append(float(log_p.gather(1, ids[0, len(start) :, None]).sum()))
        return totals


class _RawLogits(LogitsProcessor):
    """Keeps the log-probabilities of the coming token, before temperature and truncation: (n, vocabulary)."""

    log_p: torch.Tensor

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self.log_p = scores.float().log_softmax(-1)
        return scores


class _Watch(StoppingCriteria):
    """Feeds each drawn token to its sequence's SentenceStop."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, n: int, sentences: int, raw: _RawLogits):
        def decode(ids: Sequence[int]) -> str:
            return str(tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))

        self._decode = decode
        self._special = set(tokenizer.all_special_ids)
        self._raw = raw
        self._done = [False] * n
        self.stops = [SentenceStop(decode, sentences) for _ in range(n)]

    def __call__(self, input_ids: torch.Tensor, scores: object, **_: object) -> torch.Tensor:
        tokens = input_ids[:, -1]
        logprobs = self._raw.log_p.gather(1, tokens[:, None])[:, 0].tolist()
        for i, (token, logprob) in enumerate(zip(tokens.tolist(), logprobs, strict=True)):
            if not self._done[i]:
                ended = token in self._special
                self._done[i] = ended or self.stops[i].push(token, self._decode([token]), logprob)
        return torch.tensor(self._done, device=input_ids.device)


def _pad(tokenizer: PreTrainedTokenizerBase) -> int:
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    return 0 if pad is None else int(pad)
