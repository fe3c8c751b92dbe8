"""Sample a prompt's continuations with torch as a prefix tree, computing each distinct prefix once."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Event, Lock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor
from transformers import AutoModelForCausalLM

from ..errors import ModelError, first_line
from ..models.cores import available_cores
from ..models.llama import Decoder, Prompt, Suffixes
from ..models.locate import locate
from ..recipe.execution import Execution
from ..recipe.teacher import Teacher
from .base import Continuation, Decoding
from .parallel import map_in_threads
from .sentence_stop import SentenceStop
from .steering import Steering
from .tokens import Tokens

ARCHITECTURES = ("llama", "mistral", "qwen2")
_BLOCK = 64  # block size of the top-k search over the vocabulary
_CACHE_BYTES = 2**30  # KV cache per tree; more continuations are split into several trees
# tokens, cumulative probabilities after truncation, untruncated log-probabilities; most probable first
_Choice = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float32]]


class TreeSampler:
    """Samples Llama-like models on CPU, one thread per prompt.

    The continuations of a prompt form a tree: those with equal tokens so far share a row of the batch. Each
    continuation has its own random numbers, one per token, so that sharing does not change the result.
    Raises ModelError.
    """

    def __init__(self, settings: Teacher, execution: Execution, tokens: Tokens):
        model = _open(settings)
        self._tokens = tokens
        try:
            with torch.inference_mode():
                self._decoder = Decoder(model, settings.compute_type)
        except (AttributeError, RuntimeError) as error:  # torch built without oneDNN
            raise ModelError(
                "this torch build has no int8 kernels for the tree backend; "
                'use teacher.backend = "ctranslate2" '
                'or teacher.compute_type = "float32"'
            ) from error
        self._threads = execution.threads or available_cores()
        self._special = sorted(tokens.tokenizer.all_special_ids)
        self._surfaces: dict[int, str] = {}
        self._prefix: tuple[tuple[int, ...], Prompt | None] = (), None  # the last one
        self._prefix_lock = Lock()

    def sample(
        self, prompts: Sequence[str], n: int, seeds: Sequence[int], decoding: Decoding
    ) -> Iterator[list[Continuation]]:
        """See Sampler. One thread per prompt, since rounding depends on the number of threads."""

        def one(seeded_prompt: tuple[str, int], stopping: Event) -> list[Continuation]:
            torch.set_num_threads(1)  # applies to this thread
            with torch.inference_mode():
                return self._sample(*seeded_prompt, n, decoding, stopping)

        return map_in_threads(one, list(zip(prompts, seeds, strict=True)), self._threads)

    def _sample(
        self, prompt: str, seed: int, n: int, decoding: Decoding, stopping: Event
    ) -> list[Continuation]:
        shared = self._read(prompt, decoding)
        steering = Steering(self._tokens, prompt, decoding)
        decoding = replace(decoding, max_tokens=decoding.limit(shared.length), max_ratio=0)
        random = np.random.default_rng(seed).random((n, decoding.max_tokens))
        per_tree = max(1, _CACHE_BYTES // Suffixes.slot_bytes(self._decoder, decoding.max_tokens))
        drawn: list[Continuation] = []
        for part in np.array_split(random, -(-n // per_tree)):
            drawn += self._tree(shared, part, decoding, steering, stopping)
        return drawn

    def _read(self, prompt: str, decoding: Decoding) -> Prompt:
        """Compute a prompt; the prefix that it shares with other prompts is computed once."""
        ids = self._tokens.prompt(decoding.framed(prompt))
        if not decoding.prefix:
            return Prompt(self._decoder, ids)
        # where prefix and prompt meet, their tokens may differ from those of the prefix alone
        alone = self._tokens.prompt(decoding.prefix)
        same = next((i for i, (a, b) in enumerate(zip(alone, ids, strict=False)) if a != b), len(alone))
        shared = tuple(ids[:same])
        with self._prefix_lock:
            if self._prefix[0] != shared:
                self._prefix = shared, Prompt(self._decoder, shared)
            prefix = self._prefix[1]
        return Prompt(self._decoder, ids[same:], prefix)

    def _tree(
        self,
        prompt: Prompt,
        random: NDArray[np.float64],
        decoding: Decoding,
        steering: Steering,
        stopping: Event,
    ) -> list[Continuation]:
        """Return one continuation for each row of random numbers."""
        drawn: dict[int, Continuation] = {}
        cache = Suffixes(self._decoder, prompt, len(random), decoding.max_tokens)
        ends = self._tokens.ends(decoding.sentences)
        rows = [_Row(SentenceStop(self._tokens.text, decoding.sentences), np.arange(len(random)))]
        hidden = prompt.hidden[-1:]
        for position in range(decoding.max_tokens):
            last = position + 1 == decoding.max_tokens or stopping.is_set()
            growing = []
            choices = self._choices(hidden, rows, decoding, steering, position)
            for row, choice in zip(rows, choices, strict=True):
                children = self._children(row, choice, random[:, position], ends, decoding.min_logprob)
                for child in children:
                    if child.done or last:
                        drawn.update(dict.fromkeys(child.members.tolist(), child.stop.continuation()))
                growing.append([child for child in children if not child.done])
            rows, sources, targets = _assign_slots(growing)
            if last or not rows:
                break
            cache.copy(sources, targets)
            hidden = cache.step(torch.tensor([row.token for row in rows]))
        return [drawn[i] for i in range(len(random))]

    def _choices(
        self,
        hidden: Tensor,
        rows: "Sequence[_Row]",
        decoding: Decoding,
        steering: Steering,
        position: int,
    ) -> list[_Choice]:
        """Return the possible next tokens of each row."""
        choices: list[_Choice] = []
        for logits in self._decoder.logits(hidden):
            logits = logits.log_softmax(-1)
            some = rows[len(choices) : len(choices) + len(logits)]
            if position < decoding.min_tokens:
                logits[:, self._special] = -torch.inf
            if decoding.no_repeat_ngram:
                for i, row in enumerate(some):
                    logits[i, _repeated_ngram_tokens(row.stop.ids, decoding.no_repeat_ngram)] = -torch.inf
            wanted = logits
            if steering:
                wanted = logits.clone()
                steering.apply(wanted, [row.stop.ids for row in some])
            top, tokens = _top(wanted, min(decoding.top_k or logits.shape[1], logits.shape[1]))
            best = logits.gather(1, tokens) if steering else top
            p = (top / decoding.temperature).softmax(-1)
            # keep a token if the more probable ones sum to less than top_p
            p[p.cumsum(-1) - p >= decoding.top_p] = 0
            cumulative = p.cumsum(-1, dtype=torch.float64)
            cumulative /= cumulative[:, -1:].clone()
            choices += zip(tokens.numpy(), cumulative.numpy(), best.numpy(), strict=True)
        return choices

    def _children(
        self, row: "_Row", choice: _Choice, random: NDArray[np.float64], ends: set[int], least: float
    ) -> "list[_Row]":
        """Return a child row for each distinct token that the row's members drew."""
        tokens, cumulative, logprobs = choice
        picked = np.searchsorted(cumulative, random[row.members], side="right")
        children = []
        for k in np.unique(picked):
            token = int(tokens[k])
            child = _Row(copy.copy(row.stop), row.members[picked == k], token)
            child.stop.ids = [*row.stop.ids]
            if token in ends:
                child.stop.ended = True
            else:
                child.stop.push(token, self._surface(token), float(logprobs[k]))
            child.done = child.stop.ended or child.stop.logprob < least
            children.append(child)
        return children

    @torch.inference_mode()
    def logprobs(self, prompt: str, texts: Sequence[str]) -> list[float]:
        """See Sampler."""
        shared = Prompt(self._decoder, self._tokens.prompt(prompt))
        totals = []
        for text in texts:
            rest = self._tokens.continuation(text)
            hidden = shared.hidden[-1:]
            if len(rest) > 1:
                hidden = torch.cat((hidden, Prompt(self._decoder, rest[:-1], shared).hidden))
            log_p = torch.cat([part.log_softmax(-1) for part in self._decoder.logits(hidden)])
            totals.append(float(log_p.gather(1, torch.tensor(rest)[:, None]).sum()))
        return totals

    def _surface(self, token: int) -> str:
        if token not in self._surfaces:
            self._surfaces[token] = self._tokens.text([token])
        return self._surfaces[token]


@dataclass(slots=True, eq=False)
class _Row:
    """The common prefix of the continuations `members`; `token` is its last token."""

    stop: SentenceStop
    members: NDArray[np.int64]
    token: int = -1
    done: bool = False


def _open(settings: Teacher) -> Any:
    try:
        model = AutoModelForCausalLM.from_pretrained(
            locate(settings.model), dtype=torch.float32, use_safetensors=True, trust_remote_code=False
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        reason = first_line(error)
        raise ModelError(f"{settings.model} cannot be loaded: {reason}") from error
    if model.config.model_type not in ARCHITECTURES:
        raise ModelError(
            f"{settings.model} is a {model.config.model_type} model, but the tree backend supports "
            f'{", ".join(ARCHITECTURES)}; use teacher.backend = "ctranslate2"'
        )
    return model.eval()


def _assign_slots(families: list[list[_Row]]) -> tuple[list[_Row], list[int], list[int]]:
    """Assign slots to children: the first takes its parent's slot, the others fill gaps, and no gap remains.

    Returns the rows in slot order, and the source and target slots to copy.
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
    """Return the k largest logits of each row and their indices, in descending order.

    They lie in the k blocks with the largest maxima, so only those are searched.
    """
    rows, size = logits.shape
    if size % _BLOCK or k * _BLOCK * 4 > size:
        return logits.topk(k)
    blocks = logits.view(rows, _BLOCK, size // _BLOCK)  # a block is a column, so that maxima are vectorized
    chosen = blocks.amax(1).topk(k).indices
    index = chosen[:, None] + torch.arange(0, size, size // _BLOCK)[None, :, None]
    index = index.flatten(1)
    best, at = logits.gather(1, index).topk(k)
    return best, index.gather(1, at)


def _repeated_ngram_tokens(ids: Sequence[int], n: int) -> list[int]:
    """Return the tokens that would complete an n-gram already in `ids`."""
    if len(ids) < n - 1:
        return []
    tail = ids[len(ids) - n + 1 :]
    return [ids[i + n - 1] for i in range(len(ids) - n + 1) if ids[i : i + n - 1] == tail]
