"""Teacher on torch: one prompt's continuations as a tree, each distinct prefix computed once."""

import copy
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor
from transformers import AutoModelForCausalLM

from ..errors import ModelError, first_line
from ..models.llama import Decoder, Prompt, Suffixes
from ..models.locate import locate
from ..recipe.execution import Execution
from ..recipe.teacher import Teacher
from .base import Continuation, Decoding
from .parallel import each_in_a_thread
from .sentence_stop import SentenceStop
from .tokens import Tokens

ARCHITECTURES = ("llama", "mistral", "qwen2")
_BLOCK = 64  # the vocabulary is searched for its top k by blocks of this many
_CACHE_BYTES = 2**30  # of one tree; more continuations are drawn in several
# tokens, cumulative probabilities to draw by, and the model's own log-probabilities; likeliest first
_Choice = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float32]]


class TreeSampler:
    """Samples Llama-like models on CPU, one prompt a thread.

    The continuations of a prompt are a tree: those that are the same so far are one row of the batch. Each
    has random numbers of its own, one a token, so that the batch changes nothing. Raises ModelError.
    """

    def __init__(self, settings: Teacher, execution: Execution, tokens: Tokens):
        model = _open(settings)
        self._tokens = tokens
        try:
            with torch.inference_mode():
                self._decoder = Decoder(model, settings.compute_type)
        except (AttributeError, RuntimeError) as error:  # a torch without oneDNN
            raise ModelError(
                'this torch has no int8 kernels for the backend tree; use teacher.backend = "ctranslate2" '
                'or teacher.compute_type = "float32"'
            ) from error
        self._threads = execution.threads or os.cpu_count() or 1
        self._special = sorted(tokens.tokenizer.all_special_ids)
        self._surfaces: dict[int, str] = {}

    def sample(
        self, prompts: Sequence[str], n: int, seeds: Sequence[int], decoding: Decoding
    ) -> Iterator[list[Continuation]]:
        """See Sampler. A prompt a thread, since two threads on one prompt round differently from one."""

        def one(asked: tuple[str, int], stopping: Event) -> list[Continuation]:
            torch.set_num_threads(1)  # of this thread
            with torch.inference_mode():
                return self._sample(*asked, n, decoding, stopping)

        return each_in_a_thread(one, list(zip(prompts, seeds, strict=True)), self._threads)

    def _sample(
        self, prompt: str, seed: int, n: int, decoding: Decoding, stopping: Event
    ) -> list[Continuation]:
        shared = Prompt(self._decoder, self._tokens.prompt(prompt))
        decoding = replace(decoding, max_tokens=decoding.limit(shared.length), max_ratio=0)
        random = np.random.default_rng(seed).random((n, decoding.max_tokens))
        at_once = max(1, _CACHE_BYTES // Suffixes.slot_bytes(self._decoder, decoding.max_tokens))
        drawn: list[Continuation] = []
        for part in np.array_split(random, -(-n // at_once)):
            drawn += self._tree(shared, part, decoding, stopping)
        return drawn

    def _tree(
        self, prompt: Prompt, random: NDArray[np.float64], decoding: Decoding, stopping: Event
    ) -> list[Continuation]:
        """A continuation for each row of random numbers."""
        drawn: dict[int, Continuation] = {}
        cache = Suffixes(self._decoder, prompt, len(random), decoding.max_tokens)
        ends = self._tokens.ends(decoding.sentences)
        rows = [_Row(SentenceStop(self._tokens.text, decoding.sentences), np.arange(len(random)))]
        hidden = prompt.hidden[-1:]
        for position in range(decoding.max_tokens):
            last = position + 1 == decoding.max_tokens or stopping.is_set()
            growing = []
            for row, choice in zip(rows, self._choices(hidden, rows, decoding, position), strict=True):
                children = self._children(row, choice, random[:, position], ends, decoding.min_logprob)
                for child in children:
                    if child.done or last:
                        drawn.update(dict.fromkeys(child.members.tolist(), child.stop.continuation()))
                growing.append([child for child in children if not child.done])
            rows, sources, targets = _arranged(growing)
            if last or not rows:
                break
            cache.copy(sources, targets)
            hidden = cache.step(torch.tensor([row.token for row in rows]))
        return [drawn[i] for i in range(len(random))]

    def _choices(
        self, hidden: Tensor, rows: "Sequence[_Row]", decoding: Decoding, position: int
    ) -> list[_Choice]:
        """What each row may go on with."""
        found: list[_Choice] = []
        for logits in self._decoder.logits(hidden):
            logits = logits.log_softmax(-1)
            if position < decoding.min_tokens:
                logits[:, self._special] = -torch.inf
            if decoding.no_repeat_ngram:
                for i, row in enumerate(rows[len(found) : len(found) + len(logits)]):
                    logits[i, _repeating(row.stop.ids, decoding.no_repeat_ngram)] = -torch.inf
            best, tokens = _top(logits, min(decoding.top_k or logits.shape[1], logits.shape[1]))
            p = (best / decoding.temperature).softmax(-1)
            # a token stays if those before it have less than top_p
            p[p.cumsum(-1) - p >= decoding.top_p] = 0
            cumulative = p.cumsum(-1, dtype=torch.float64)
            cumulative /= cumulative[:, -1:].clone()
            found += zip(tokens.numpy(), cumulative.numpy(), best.numpy(), strict=True)
        return found

    def _children(
        self, row: "_Row", choice: _Choice, random: NDArray[np.float64], ends: set[int], least: float
    ) -> "list[_Row]":
        """The row with each token that some of its members drew."""
        tokens, cumulative, logprobs = choice
        picked = np.searchsorted(cumulative, random[row.members], side="right")
        found = []
        for k in np.unique(picked):
            token = int(tokens[k])
            child = _Row(copy.copy(row.stop), row.members[picked == k], token)
            child.stop.ids = [*row.stop.ids]
            if token in ends:
                child.stop.ended = True
            else:
                child.stop.push(token, self._surface(token), float(logprobs[k]))
            child.done = child.stop.ended or child.stop.logprob < least
            found.append(child)
        return found

    @torch.inference_mode()
    def logprobs(self, prompt: str, texts: Sequence[str]) -> list[float]:
        """See Sampler."""
        start = self._tokens.prompt(prompt)
        totals = []
        for text in texts:
            rest = self._tokens.continuation(text)
            hidden = Prompt(self._decoder, start + rest).hidden[len(start) - 1 : -1]
            log_p = torch.cat([part.log_softmax(-1) for part in self._decoder.logits(hidden)])
            totals.append(float(log_p.gather(1, torch.tensor(rest)[:, None]).sum()))
        return totals

    def _surface(self, token: int) -> str:
        if token not in self._surfaces:
            self._surfaces[token] = self._tokens.text([token])
        return self._surfaces[token]


@dataclass(slots=True, eq=False)
class _Row:
    """What some continuations, `members`, have in common so far; `token` is its last."""

    stop: SentenceStop
    members: NDArray[np.int64]
    token: int = -1
    done: bool = False


def _open(settings: Teacher) -> Any:
    try:
        model = AutoModelForCausalLM.from_pretrained(
            locate(settings.model), dtype=torch.float32, use_safetensors=True
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        reason = first_line(error)
        raise ModelError(f"{settings.model} cannot be loaded: {reason}") from error
    if model.config.model_type not in ARCHITECTURES:
        raise ModelError(
            f"{settings.model} is a {model.config.model_type} model, and the backend tree knows "
            f'{", ".join(ARCHITECTURES)}; use teacher.backend = "ctranslate2"'
        )
    return model.eval()


def _arranged(families: list[list[_Row]]) -> tuple[list[_Row], list[int], list[int]]:
    """Slots for the children: the first keeps its parent's, others fill gaps; no slot stays empty in between.

    Returns the rows by slot, and which slots are to be copied where.
    """
    slots: list[_Row | None] = [family[0] if family else None for family in families]
    gaps = [i for i, row in enumerate(slots) if row is None]
    sources, targets = [], []
    for parent, family in enumerate(families):
        for child in family[1:]:
            target = gaps.pop(0) if gaps else len(slots)
            sources.append(parent)
            targets.append(target)
            slots[target : target + 1] = [child]
    for gap in gaps:
        while slots and slots[-1] is None:
            slots.pop()
        if gap < len(slots):
            sources.append(len(slots) - 1)
            targets.append(gap)
            slots[gap] = slots.pop()
    return [row for row in slots if row is not None], sources, targets


def _top(logits: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k largest of each row and where they are, largest first.

    They lie in the k blocks of largest maximum.
    """
    rows, size = logits.shape
    if size % _BLOCK or k * _BLOCK * 4 > size:
        return logits.topk(k)
    blocks = logits.view(rows, _BLOCK, size // _BLOCK)  # a block is a column: maxima of whole vectors
    chosen = blocks.amax(1).topk(k).indices
    index = chosen[:, None] + torch.arange(0, size, size // _BLOCK)[None, :, None]
    index = index.flatten(1)
    best, at = logits.gather(1, index).topk(k)
    return best, index.gather(1, at)


def _repeating(ids: Sequence[int], n: int) -> list[int]:
    """Tokens that would make the last n a repetition."""
    if len(ids) < n - 1:
        return []
    tail = ids[len(ids) - n + 1 :]
    return [ids[i + n - 1] for i in range(len(ids) - n + 1) if ids[i : i + n - 1] == tail]
