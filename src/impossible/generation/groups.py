"""Contexts × sampler → groups: many continuations of each context, and the sentences they open with."""

import math
from collections import Counter
from collections.abc import Callable, Sequence

import pyarrow as pa

from ..data.schema import GROUPS, Candidate, Context, Group, seed_for
from ..errors import ModelError
from ..recipe.sampling import Sampling
from ..teachers.base import Continuation, Decoding, Sampler
from ..text.sentences import cut, defect, normalised

Counts = Counter[str]


def candidates(
    continuations: Sequence[Continuation], settings: Sampling, counts: Counts
) -> tuple[Candidate, ...]:
    """The distinct well-formed first sentences, in the order of first appearance; counts what was dropped.

    Of sentences that differ in spelling alone, the one most often written stands for all.
    Raises ModelError if `min_logprob` is asked for and the teacher gives no log-probabilities.
    """
    times: dict[str, Counter[str]] = {}
    logprob: dict[str, float] = {}
    for continuation in continuations:
        if settings.min_logprob is not None and math.isnan(continuation.logprob):
            raise ModelError(
                "the teacher gives no log-probabilities, which sampling.min_logprob = "
                f"{settings.min_logprob} needs; take it away with sampling.min_logprob = false"
            )
        if settings.min_logprob is not None and continuation.logprob < settings.min_logprob:
            counts["improbable"] += 1  # and perhaps unfinished
            continue
        sentence = cut(continuation.text)
        if defect(sentence, min_words=settings.min_words, max_chars=settings.max_chars) is not None:
            counts["malformed"] += 1
            continue
        times.setdefault(normalised(sentence), Counter())[sentence] += 1
        logprob.setdefault(sentence, continuation.logprob)
    counts["repeated"] += sum(alike.total() - 1 for alike in times.values())
    best = {max(alike, key=alike.__getitem__): alike.total() for alike in times.values()}
    return tuple(Candidate(text, n, logprob[text]) for text, n in best.items())


def generate(
    contexts: Sequence[Context],
    sampler: Sampler,
    settings: Sampling,
    seed: int,
    round: int,
    tick: Callable[[], None],
) -> tuple[list[Group], Counts]:
    """Continue each context `per_context` times. The same context and seed give the same group.

    Raises ModelError if the teacher gives nothing at all.
    """
    decoding = Decoding(
        settings.temperature,
        settings.top_p,
        settings.top_k,
        settings.max_tokens,
        min_tokens=settings.min_tokens,
        no_repeat_ngram=settings.no_repeat_ngram,
        min_logprob=-math.inf if settings.min_logprob is None else settings.min_logprob,
    )
    counts: Counts = Counter(contexts=len(contexts))
    prompts = [context.text for context in contexts]
    seeds = [seed_for(seed, context.id, f"round-{round}") for context in contexts]
    groups = []
    for context, drawn in zip(
        contexts, sampler.sample(prompts, settings.per_context, seeds, decoding), strict=True
    ):
        counts["continuations"] += len(drawn)
        groups.append(Group(context, candidates(drawn, settings, counts)))
        counts["candidates"] += len(groups[-1].candidates)
        tick()
    if contexts and not counts["continuations"]:
        raise ModelError("the teacher gives nothing behind any context; does it run at all?")
    return groups, counts


def groups_to_table(groups: Sequence[Group]) -> pa.Table:
    """Groups as a table, schema GROUPS."""
    rows = [
        {
            "context_id": g.context.id,
            "domain": g.context.domain,
            "context": g.context.text,
            "origin": g.context.origin,
            "candidates": [{"text": c.text, "count": c.count, "logprob": c.logprob} for c in g.candidates],
        }
        for g in groups
    ]
    return pa.Table.from_pylist(rows, GROUPS)


def contexts_from_table(table: pa.Table) -> list[Context]:
    """The contexts of a table, schema CONTEXTS."""
    return [Context(r["context_id"], r["domain"], r["context"], r["origin"]) for r in table.to_pylist()]


def groups_from_table(table: pa.Table) -> list[Group]:
    """The groups of a table, schema GROUPS."""
    return [
        Group(context, tuple(Candidate(**c) for c in found))
        for context, found in zip(contexts_from_table(table), table["candidates"].to_pylist(), strict=True)
    ]
