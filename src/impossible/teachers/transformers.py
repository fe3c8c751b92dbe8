"""Sample from any causal or seq2seq model with transformers, on CPU or GPU."""

from collections.abc import Iterator, Sequence

import torch
from safetensors import SafetensorError
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)

from ..errors import ModelError, first_line
from ..models.locate import locate
from ..recipe.execution import Execution
from ..recipe.teacher import Teacher
from .base import Continuation, Decoding
from .sentence_stop import SentenceStop
from .steering import Steering
from .tokens import Tokens


class TransformersSampler:
    """Samples with `generate`, one prompt at a time, so that results do not depend on the other prompts."""

    def __init__(self, settings: Teacher, execution: Execution, tokens: Tokens):
        self._tokens = tokens
        auto = AutoModelForSeq2SeqLM if tokens.seq2seq else AutoModelForCausalLM
        try:
            self._model = auto.from_pretrained(
                locate(settings.model),
                dtype=getattr(torch, settings.compute_type),
                use_safetensors=True,
                trust_remote_code=False,
            ).to(execution.device)
        except (OSError, ValueError, RuntimeError, AssertionError, SafetensorError) as error:
            reason = first_line(error)
            kind = "seq2seq model" if tokens.seq2seq else "causal LM"
            raise ModelError(f"{settings.model} cannot be loaded as a {kind}: {reason}") from error
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
        ids = torch.tensor([self._tokens.prompt(decoding.framed(prompt))], device=self._model.device)
        start = (
            1 if self._tokens.seq2seq else ids.shape[1]
        )  # a seq2seq model's output begins with a start token
        raw = _RawLogits(Steering(self._tokens, prompt, decoding), start)
        stopping = _StopAtSentenceEnd(self._tokens, n, decoding.sentences, raw)
        devices = [self._model.device] if self._model.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            torch.manual_seed(seed)
            self._model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                do_sample=True,
                num_return_sequences=n,
                temperature=decoding.temperature,
                top_p=decoding.top_p,
                top_k=decoding.top_k,
                min_new_tokens=decoding.min_tokens,
                max_new_tokens=decoding.limit(ids.shape[1]),
                no_repeat_ngram_size=decoding.no_repeat_ngram,
                pad_token_id=_pad(self._tokens),
                logits_processor=LogitsProcessorList([raw]),
                stopping_criteria=StoppingCriteriaList([stopping]),
            )
        return [stop.continuation() for stop in stopping.stops]

    @torch.inference_mode()
    def logprobs(self, prompt: str, texts: Sequence[str]) -> list[float]:
        """See Sampler."""
        start = self._tokens.prompt(prompt)
        totals = []
        for text in texts:
            rest = self._tokens.continuation(text)
            target = torch.tensor(rest, device=self._model.device)
            if self._tokens.seq2seq:  # the model shifts the labels right
                ids = torch.tensor([start], device=self._model.device)
                logits = self._model(ids, labels=target[None]).logits[0]
            else:
                ids = torch.tensor([start + rest], device=self._model.device)
                logits = self._model(ids).logits[0, len(start) - 1 : -1]
            totals.append(float(logits.float().log_softmax(-1).gather(1, target[:, None]).sum()))
        return totals


class _RawLogits(LogitsProcessor):
    """Records the next token's log-probabilities before temperature and truncation, (n, vocabulary).

    Then it steers the continuations, which begin at token `start`.
    """

    log_p: torch.Tensor

    def __init__(self, steering: Steering, start: int):
        self._steering, self._start = steering, start

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self.log_p = scores.float().log_softmax(-1)
        if self._steering:
            scores = scores.clone()
            self._steering.apply(scores, input_ids[:, self._start :].tolist())
        return scores


class _StopAtSentenceEnd(StoppingCriteria):
    """Passes each sampled token to the SentenceStop of its sequence."""

    def __init__(self, tokens: Tokens, n: int, sentences: int, raw: _RawLogits):
        self._text = tokens.text
        self._ends = tokens.ends(sentences)
        self._raw = raw
        self.stops = [SentenceStop(tokens.text, sentences) for _ in range(n)]

    def __call__(self, input_ids: torch.Tensor, scores: object, **_: object) -> torch.Tensor:
        tokens = input_ids[:, -1]
        logprobs = self._raw.log_p.gather(1, tokens[:, None])[:, 0].tolist()
        for stop, token, logprob in zip(self.stops, tokens.tolist(), logprobs, strict=True):
            if token in self._ends:
                stop.ended = True
            elif not stop.ended:
                stop.push(token, self._text([token]), logprob)
        return torch.tensor([stop.ended for stop in self.stops], device=input_ids.device)


def _pad(tokens: Tokens) -> int:
    pad, end = tokens.tokenizer.pad_token_id, tokens.tokenizer.eos_token_id
    pad = end if pad is None else pad
    return 0 if pad is None else int(pad)
