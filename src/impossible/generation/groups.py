"""Sample many continuations of each context and group their first sentences as candidates."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict

import pyarrow as pa

from ..data.schema import GROUPS, Candidate, Context, Demonstration, Group, seed_for
from ..errors import ModelError
from ..recipe.sampling import Sampling
from ..teachers.base import Continuation, Decoding, Sampler
from ..text.sentences import cut, defect, normalised

Counts = Counter[str]


def candidates(
    continuations: Sequence[Continuation], settings: Sampling, counts: Counts
) -> tuple[Candidate, ...]:
    """Return the distinct well-formed first sentences, in order of first appearance; count those dropped.

    Sentences that differ only in spelling are merged into the most frequent one.
    Raises ModelError if `min_logprob` is set and the teacher returns no log-probabilities.
    """
    spellings: dict[str, Counter[str]] = {}
    logprob: dict[str, float] = {}
    for continuation in continuations:
        if settings.min_logprob is not None and math.isnan(continuation.logprob):
            raise ModelError(
                "the teacher returns no log-probabilities, which sampling.min_logprob = "
                f"{settings.min_logprob} needs; disable it with sampling.min_logprob = false"
            )
        if settings.min_logprob is not None and continuation.logprob < settings.min_logprob:
            counts["improbable"] += 1  # may also be unfinished
            continue
        sentence = cut(continuation.text)
        if defect(sentence, min_words=settings.min_words, max_chars=settings.max_chars) is not None:
            counts["malformed"] += 1
            continue
        spellings.setdefault(normalised(sentence), Counter())[sentence] += 1
        logprob.setdefault(sentence, continuation.logprob)
    counts["repeated"] += sum(variants.total() - 1 for variants in spellings.values())
    best = {max(variants, key=variants.__getitem__): variants.total() for variants in spellings.values()}
    return tuple(Candidate(text, n, logprob[text]) for text, n in best.items())


def decoding_of(settings: Sampling) -> Decoding:
    """Return the decoding parameters of a continuation."""
    return Decoding(
        settings.temperature,
        settings.top_p,
        settings.top_k,
        settings.max_tokens,
        min_tokens=settings.min_tokens,
        no_repeat_ngram=settings.no_repeat_ngram,
        min_logprob=-math.inf if settings.min_logprob is None else settings.min_logprob,
    )


def generate(
    contexts: Sequence[Context],
    sampler: Sampler,
    settings: Sampling,
    seed: int,
    round: int,
    tick: Callable[[], None],
) -> tuple[list[Group], Counts]:
    """Continue each context `per_context` times. A group is deterministic for its context and the seed.

    Raises ModelError if the teacher returns no continuation for any context.
    """
    decoding = decoding_of(settings)
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
    check_drawn(counts)
    return groups, counts


def check_drawn(counts: Counts) -> None:
    """Raise ModelError if the teacher returned no continuation for any context."""
    if counts["contexts"] and not counts["continuations"]:
        raise ModelError("the teacher returned no continuation for any context; check that it is running")


def groups_to_table(groups: Sequence[Group]) -> pa.Table:
    """Convert groups to a table, schema GROUPS."""
    rows = [
        {
            "context_id": g.context.id,
            "domain": g.context.domain,
            "context": g.context.text,
            "origin": g.context.origin,
            "demonstrations": [asdict(one) for one in g.context.demonstrations],
            "candidates": [{"text": c.text, "count": c.count, "logprob": c.logprob} for c in g.candidates],
        }
        for g in groups
    ]
    return pa.Table.from_pylist(rows, GROUPS)


def contexts_from_table(table: pa.Table) -> list[Context]:
    """Read the contexts of a table, schema CONTEXTS."""
    return [
        Context(
            r["context_id"],
            r["domain"],
            r["context"],
            r["origin"],
            tuple(Demonstration(**one) for one in r["demonstrations"] or ()),
        )
        for r in table.to_pylist()
    ]


def groups_from_table(table: pa.Table) -> list[Group]:
    """Read the groups of a table, schema GROUPS."""
    return [
        Group(context, tuple(Candidate(**c) for c in rows))
        for context, rows in zip(contexts_from_table(table), table["candidates"].to_pylist(), strict=True)
    ]
