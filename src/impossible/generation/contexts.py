"""Build contexts, the texts that the teacher continues, from domains or a corpus."""

import itertools
import random
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from ..data.schema import CONTEXTS, CORPUS, PROMPTS, seed_for, text_id
from ..errors import DataError
from ..recipe.contexts import Contexts
from ..recipe.restatement import Restatement
from ..teachers.base import Decoding, Sampler
from ..text.sentences import defect, split
from .corpus import CorpusReport, openings, read_documents
from .prefixes import prefixes
from .restatement import richest, sentences


def prompts(
    settings: Contexts, seed: int, restatement: Restatement | None = None
) -> tuple[pa.Table, CorpusReport | None]:
    """Return the prompts that contexts are grown from, one row each, in run order.

    With `restatement` a corpus gives sentences instead of openings.
    Cheap to compute and deterministic for a seed. Raises DataError if the corpus has no usable document.
    """
    if settings.corpus is not None:
        return _from_corpus(settings, seed, restatement)
    names = settings.domains
    share, rest = divmod(settings.count, len(names))
    rows: list[list[dict[str, object]]] = []
    for k, domain in enumerate(names):
        rng = random.Random(f"{seed}/{domain}")
        count = share + (k < rest)
        rows.append(
            [
                {"domain": domain, "context": p, "origin": p, "grow": rng.randint(*settings.sentences)}
                for p in prefixes(domain, count, seed)
            ]
        )
    # interleave domains, so that an interrupted run covers all of them
    return _prompts([r[i] for i in range(share + 1) for r in rows if i < len(r)]), None


def _prompts(rows: Sequence[dict[str, object]]) -> pa.Table:
    filled = [{**row, "index": i, "demonstrations": []} for i, row in enumerate(rows)]
    return pa.Table.from_pylist(filled, PROMPTS)


def _from_corpus(
    settings: Contexts, seed: int, restatement: Restatement | None
) -> tuple[pa.Table, CorpusReport]:
    assert settings.corpus is not None
    path, report = Path(settings.corpus), CorpusReport()
    documents = read_documents(path, settings.field, report)
    if restatement is None:
        sample = openings(documents, settings.sentences, settings.count, seed, report)
        wanted = "document that begins with a well-formed sentence"
    else:
        sample = sentences(documents, restatement, settings.count, seed, settings.max_chars, report)
        wanted = "well-formed sentence as long as restatement.paraphrase.words or restatement.summary.words"
    if not sample:
        notes = "; ".join(report.lines())
        raise DataError(f"{path} has no {wanted}" + (f": {notes}" if notes else ""))
    rows: list[dict[str, object]] = [
        {"domain": CORPUS, "context": o.text, "origin": f"{path.name}:{o.row}", "grow": 0} for o in sample
    ]
    return _prompts(rows), report


def grow(
    rows: pa.Table,
    sampler: Sampler | None,
    settings: Contexts,
    seed: int,
    restatement: Restatement | None = None,
) -> pa.Table:
    """Extend each prompt by the requested number of sentences; return distinct contexts, schema CONTEXTS.

    With `restatement` the context is one of these sentences; a prompt without a fitting one gives none.
    """
    texts: dict[int, str] = {row["index"]: row["context"] for row in rows.to_pylist()}
    for length in sorted({row["grow"] for row in rows.to_pylist()} - {0}):
        assert sampler is not None
        # truncate the vocabulary: continuations of an incoherent context are useless
        decoding = Decoding(settings.temperature, settings.top_p, settings.top_k, 60 * length, length, 4)
        same_length = [row for row in rows.to_pylist() if row["grow"] == length]
        starts = [row["context"] for row in same_length]
        seeds = [seed_for(seed, str(row["index"]), "context") for row in same_length]
        for row, [drawn] in zip(same_length, sampler.sample(starts, 1, seeds, decoding), strict=True):
            kept = itertools.takewhile(lambda s: defect(s) is None, split(drawn.text)[:length])
            texts[row["index"]] = " ".join([row["context"], *kept])
    contexts = {}
    for row in rows.to_pylist():
        text = texts[row["index"]][: settings.max_chars]
        if restatement is not None and row["domain"] != CORPUS:
            written = text[len(row["context"]) :]  # not the prefix, which is a template's
            text = richest(written, restatement, settings.max_chars) or ""
        if not text:
            continue
        contexts[text_id(text)] = {**row, "context_id": text_id(text), "context": text}
    return pa.Table.from_pylist([{n: r[n] for n in CONTEXTS.names} for r in contexts.values()], CONTEXTS)
