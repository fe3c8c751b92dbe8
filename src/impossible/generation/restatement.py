"""Restatement: the teacher says a sentence again behind a discourse cue, and the sentence joins the group."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from ..data.schema import Candidate, Context, Demonstration, Group, seed_for
from ..recipe.restatement import Restatement
from ..recipe.sampling import Sampling
from ..teachers.base import Continuation, Sampler
from ..text.articles import restore_articles
from ..text.function_words import FUNCTION_WORDS, content_words
from ..text.joints import restore_joints
from ..text.sentences import defect, iterate, normalised
from ..text.words import words
from .corpus import CorpusReport, Document, Opening
from .edited import Editor
from .groups import Counts, candidates, check_drawn, decoding_of
from .sample import Sample, hashed

_RELATED = 0.4  # least share of a restatement's content words in the sentence: some repeat a demonstration
_STEM = 5  # letters by which words are compared
_PER_DOCUMENT = 3  # sentences of one document at most, so that a few long documents do not fill a run


def sentences(
    documents: Iterable[Document],
    settings: Restatement,
    count: int,
    seed: int,
    max_chars: int,
    report: CorpusReport | None = None,
) -> list[Opening]:
    """Return a random sample of at most `count` sentences that can be restated, in document order.

    A document without one is noted in the report, with what its first sentence lacks.
    """
    sample = Sample(count, seed)
    for document in documents:
        found = list(fitting(document.text, settings, max_chars))
        for sentence in sorted(found, key=lambda s: hashed(seed, "sentence", s))[:_PER_DOCUMENT]:
            sample.offer(document.row, sentence)
        if not found and report is not None:
            reason = _unfit(next(iterate(document.text), ""), settings, max_chars)
            report.note(f"no sentence to restate: {reason}", document.row)
    return [Opening(row, text) for row, text in sample.in_order()]


def fitting(text: str, settings: Restatement, max_chars: int) -> Iterator[str]:
    """Yield the well-formed sentences of a text whose length suits a cue, and that say something."""
    return (sentence for sentence in iterate(text) if _unfit(sentence, settings, max_chars) is None)


def _unfit(sentence: str, settings: Restatement, max_chars: int) -> str | None:
    """Why a sentence is not restated; None if it can be."""
    size = len(words(sentence))
    spans = [cue.words for _, cue in settings.cues()]
    if not any(low <= size <= high for low, high in spans):
        few = size < min(low for low, _ in spans)
        return "too few words" if few else "a number of words that suits no cue"
    if found := defect(sentence, max_chars=max_chars):
        return found
    return None if len(content_words(sentence)) >= size / 3 else "mostly function words"


def richest(text: str, settings: Restatement, max_chars: int) -> str | None:
    """Return the fitting sentence with the most content words; None if there is none."""
    found = list(fitting(text, settings, max_chars))
    return max(found, key=lambda sentence: len(content_words(sentence)), default=None)


def restate(
    contexts: Sequence[Context],
    sampler: Sampler,
    settings: Restatement,
    backend: str,
    sampling: Sampling,
    seed: int,
    tick: Callable[[], None],
    editor: Editor | None = None,
) -> tuple[list[Group], Counts]:
    """Restate the sentence of each context `per_cue` times behind each cue that suits it.

    `backend` is that of the sampler, since some cannot add a bonus. A group is deterministic for its context,
    the demonstrations that it sees and the seed.
    """
    counts: Counts = Counts(contexts=len(contexts))
    groups = []
    # neighbours that see the same demonstrations share the computation of that prefix
    for shown, same in groupby(contexts, key=lambda context: context.demonstrations):
        some = list(same)
        drawn: dict[str, list[Continuation]] = {context.id: [] for context in some}
        for task, cue in settings.cues():
            part = [context for context in some if _suits(context.text, cue.words)]
            decoding = replace(
                decoding_of(sampling),
                prefix=prefix(shown, task, cue.cue),
                suffix=f"\n\n{cue.cue}",
                bonus=settings.bonus(task, backend),
                copied=settings.copied,
            )
            # said twice, a sentence is more often said again
            prompts = [context.text if shown else f"{context.text}\n\n{context.text}" for context in part]
            seeds = [seed_for(seed, context.id, f"restate-{task}") for context in part]
            found = sampler.sample(prompts, settings.per_cue, seeds, decoding)
            for context, continuations in zip(part, found, strict=True):
                drawn[context.id] += continuations
        for context in some:
            counts["continuations"] += len(drawn[context.id])
            restated = [_cleaned(one, context.text, settings) for one in drawn[context.id]]
            group = _with_sentence(context.text, restated, sampling, counts)
            if editor is not None:
                tasks = [(task, cue.cue) for task, cue in settings.cues() if _suits(context.text, cue.words)]
                group += editor.candidates(context.text, tasks, {normalised(one.text) for one in group})
            groups.append(Group(context, group))
            counts["candidates"] += len(groups[-1].candidates)
            tick()
    check_drawn(counts)
    return groups, counts


def prefix(demonstrations: Sequence[Demonstration], task: str, cue: str) -> str:
    """Return the demonstrations of a task as text: each sentence, the cue and its restatement."""
    shown = [one for one in demonstrations if one.task == task]
    return "".join(f"{one.source}\n\n{cue} {_lowered(one.target)}\n\n" for one in shown)


def _lowered(sentence: str) -> str:
    """Lower-case the first letter unless the word is "I" or may be a name."""
    first = sentence.split()[0] if sentence.split() else ""
    plain = first.lower() in FUNCTION_WORDS and first != "I" and not first.startswith("I'")
    return sentence[:1].lower() + sentence[1:] if plain else sentence


def _suits(sentence: str, bounds: tuple[int, int]) -> bool:
    return bounds[0] <= len(words(sentence)) <= bounds[1]


def _with_sentence(
    sentence: str, drawn: Sequence[Continuation], sampling: Sampling, counts: Counts
) -> tuple[Candidate, ...]:
    """Return the sentence itself and its distinct restatements."""
    found = candidates(drawn, sampling, counts)
    same, about = normalised(sentence), _stems(sentence)
    copies = sum(one.count for one in found if normalised(one.text) == same)
    others = [one for one in found if normalised(one.text) != same]
    related = [one for one in others if len(_stems(one.text) & about) >= _RELATED * len(_stems(one.text))]
    counts["unrelated"] += len(others) - len(related)
    return (Candidate(sentence, copies, math.nan), *related)


def _stems(sentence: str) -> set[str]:
    """The beginnings of the content words."""
    return {word.lower()[:_STEM] for word in content_words(sentence)}


def _cleaned(restatement: Continuation, sentence: str, settings: Restatement) -> Continuation:
    """Remove a repeated cue, capitalise the first letter, restore small words that the bonus made it skip."""
    text = restatement.text.lstrip()
    for _, cue in settings.cues():
        text = text.removeprefix(cue.cue).lstrip()
    text = restore_joints(restore_articles(text, sentence), sentence)
    return replace(restatement, text=text[:1].upper() + text[1:])
