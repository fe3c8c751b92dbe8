"""The release gate: checks before a dataset is published. Reports findings, changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..critics.personal_data import personal_data
from ..data.rounds import run_student
from ..data.run_folder import RunFolder
from ..data.state import read_state
from ..data.tables import ENDINGS, Notes, check_readable, ending, lines, rows
from ..models.licence import licence
from ..pipeline.verify import verify
from ..recipe.public import public_name
from ..recipe.recipe import Recipe
from ..students.info import read_info
from ..text.mend import mended
from ..text.overlap import NEARLY, RUN_LENGTH, Sentences
from ..text.sentences import iterate
from ..text.words import words

KINDS = (
    "unfinished",
    "unverified",
    "benchmark",
    "verbatim",
    "recited",
    "contexts",
    "personal data",
    "licence",
    "secret",
)
RECITED = -0.4  # nats per word: a more probable sentence may be memorised
_EXAMPLES = 3
_WRAPPED = 40  # words of a paragraph that the next line may continue


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason not to publish: its kind, a one-line description, and some examples."""

    kind: str
    text: str
    examples: tuple[str, ...] = ()


def check(
    run: Path, pairs: pa.Table, against: Sequence[Path], corpora: Sequence[Path], licences: Mapping[str, str]
) -> list[Finding]:
    """Check a run and the pairs to publish; return all findings, an empty list if there are none.

    `against` are benchmark files, `corpora` files of texts that must not appear verbatim (the run's own
    corpus is added). Raises DataError if one of them cannot be read, StoreError.
    """
    recipe = RunFolder(run).recipe()
    own = [Path(recipe.contexts.corpus)] if recipe.contexts.corpus else []
    sentences = list(dict.fromkeys([*pairs["source"].to_pylist(), *pairs["target"].to_pylist()]))
    contexts = list(dict.fromkeys(pairs["context"].to_pylist()))
    broken = list(_broken(run))
    return [
        *broken,
        *_overlap(Sentences(sentences), against, [*own, *corpora]),
        *_overlap(Sentences(_sentences_of(contexts)), against, (), "sentences of contexts"),
        *([] if broken else _recited(run, frozenset(sentences))),  # reads shards, which must be complete
        *(_own_contexts(contexts) if own else []),
        *_personal(sentences, "kept sentences"),
        *_personal(contexts, "contexts"),
        *_licence_gaps(recipe, run, licences),
    ]


def _broken(run: Path) -> Iterator[Finding]:
    """Find missing shards, and files that `verify` rejects or cannot check."""
    state = read_state(run)
    if state.done < state.shards:
        yield Finding("unfinished", f"only {state.done} of {state.shards} shards are finished")
    report = verify(run, sample=0)
    for faults, what in ((report.faults, "different from the recipe"), (report.unchecked, "not checked")):
        if faults:
            text = f"{len(faults)} parts are {what}: {faults[0]} (all: impossible verify {run})"
            yield Finding("unverified", text, tuple(faults[:_EXAMPLES]))


def _sentences_of(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(sentence for text in texts for sentence in iterate(text)))


def _overlap(
    sentences: Sentences, against: Sequence[Path], corpora: Sequence[Path], noun: str = "kept sentences"
) -> Iterator[Finding]:
    """Find sentences that share RUN_LENGTH consecutive words with a file, or nearly are a benchmark's."""
    for kind, files in (("benchmark", against), ("verbatim", corpora)):
        for path in files:
            repeated = sentences.repeated(texts_of(path))
            what = f"share {RUN_LENGTH} consecutive words, or all, with {path.name}"
            yield from _found(kind, repeated, f"{noun} {what}")
            if kind == "benchmark":
                near = [one for one in sentences.near(texts_of(path)) if one not in repeated]
                yield from _found(
                    kind, near, f"{noun} are nearly a sentence of {path.name} ({NEARLY:.0%} of its words)"
                )


def _found(kind: str, sentences: Sequence[str], what: str) -> Iterator[Finding]:
    if sentences:
        yield Finding(kind, f"{len(sentences)} {what}", tuple(sentences[:_EXAMPLES]))


def _recited(run: Path, sentences: frozenset[str]) -> Iterator[Finding]:
    """Find long kept sentences that the teacher may have memorised, except those in their context.

    A model gives memorised text a far higher probability than other text of its length (Carlini et al. 2021,
    arXiv 2012.07805); its training data is not available for a comparison.
    """
    found = {
        candidate["text"]: None
        for shard in RunFolder(run).shards("generate")
        for group in shard.table().to_pylist()
        for candidate in group["candidates"]
        if candidate["text"] in sentences
        and candidate["text"] not in group["context"]
        and _memorised(candidate["text"], candidate["logprob"])
    }
    if found:
        text = (
            f"{len(found)} kept sentences of {RUN_LENGTH} words or more are so probable (over {RECITED} nats "
            "per word) that the teacher may have memorised them"
        )
        yield Finding("recited", text, tuple(list(found)[:_EXAMPLES]))


def _memorised(text: str, logprob: float) -> bool:
    n = len(words(text))
    return n >= RUN_LENGTH and logprob / n > RECITED


def texts_of(path: Path) -> Iterator[str]:
    """Yield every string in a table, or every line of a .txt with the words before it. Raises DataError."""
    check_readable(path, (".txt", *ENDINGS))
    if ending(path) == ".txt":
        found = _lines_with_words_before(path)
    else:
        found = (text for _, row in rows(path, Notes()) for text in _strings(row))
    for text in found:
        yield mended(text)[0]


def _lines_with_words_before(path: Path) -> Iterator[str]:
    """Yield each line, and again behind the last words of its paragraph: a sentence may be wrapped."""
    before: list[str] = []
    for _, line in lines(path, Notes()):
        yield line
        now = line.split()
        if before and now:
            yield " ".join([*before, *now])
        before = [*before, *now][-_WRAPPED:] if now else []


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _strings(inner)


def _own_contexts(contexts: Sequence[str]) -> Iterator[Finding]:
    """Find contexts that are text of the user's documents."""
    shown = [text for text in contexts if text]
    if shown:
        what = f"{len(shown)} contexts are text of your own documents as it stands there"
        text = f"{what}; --no-contexts leaves them out"
        yield Finding("contexts", text, tuple(shown[:_EXAMPLES]))


def _personal(texts: Sequence[str], what: str) -> Iterator[Finding]:
    kinds = {text: found for text in texts if (found := personal_data(text))}
    if kinds:
        named = ", ".join(sorted({kind for found in kinds.values() for kind in found}))
        text = f"{len(kinds)} {what} may contain personal data ({named})"
        yield Finding("personal data", text, tuple(list(kinds)[:_EXAMPLES]))


def all_licences(run: Path, recipe: Recipe, given: Mapping[str, str]) -> dict[str, str]:
    """The licences that are `given`, and those of the models of a run by their public names, as known."""
    models = [*RunFolder(run).manifest().models, *([recipe.distil.base] if recipe.distil else [])]
    known = {public_name(name): licence(name, given) for name in models}
    return {**{name: found for name, found in known.items() if found}, **given}


def _licence_gaps(recipe: Recipe, run: Path, given: Mapping[str, str]) -> Iterator[Finding]:
    known = all_licences(run, recipe, given)
    student = run_student(run)
    wanted = ["dataset", *RunFolder(run).manifest().models, *([read_info(student).base] if student else [])]
    for name in dict.fromkeys(map(public_name, wanted + (["corpus"] if recipe.contexts.corpus else []))):
        if name not in known:
            yield Finding("licence", f"the licence of {name} is unknown: give --licence {name}=…")
