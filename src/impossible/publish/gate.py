"""The release gate: what should be looked at before a dataset leaves the house. Finds, never mends."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..critics.personal_data import personal_data
from ..data.rounds import run_student
from ..data.run_folder import RunFolder
from ..data.state import read_state
from ..data.tabular import read_rows
from ..errors import DataError
from ..models.licence import licence
from ..pipeline.verify import verify
from ..recipe.recipe import Recipe
from ..students.info import read_info
from ..text.words import Gram, ngrams, words

KINDS = (
    "unfinished",
    "unverified",
    "benchmark",
    "verbatim",
    "recited",
    "contexts",
    "personal data",
    "licence",
)
RUN_LENGTH = 8  # words in a row that two texts do not share by chance
RECITED = -0.4  # nats a word: what a small model writes so surely it may have read
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that speaks against a release: its kind, in a line what, and some examples."""

    kind: str
    text: str
    examples: tuple[str, ...] = ()


def check(
    run: Path, pairs: pa.Table, against: Sequence[Path], corpora: Sequence[Path], licences: Mapping[str, str]
) -> list[Finding]:
    """Everything found in a run and the pairs that it is to publish; an empty list lets it pass.

    `against` are files of benchmarks, `corpora` of texts that must not come out word by word (the run's own
    corpus is one). Raises DataError if one of them cannot be read, StoreError.
    """
    recipe = RunFolder(run).recipe()
    own = [Path(recipe.contexts.corpus)] if recipe.contexts.corpus else []
    sentences = list(dict.fromkeys([*pairs["source"].to_pylist(), *pairs["target"].to_pylist()]))
    contexts = list(dict.fromkeys(pairs["context"].to_pylist()))
    broken = list(_broken(run))
    return [
        *broken,
        *_overlap("benchmark", sentences, against),
        *_overlap("verbatim", sentences, [*own, *corpora]),
        *([] if broken else _recited(run, frozenset(sentences))),  # reads shards, which must be whole
        *(_own_contexts(contexts) if own else []),
        *_personal(sentences, "kept sentences"),
        *_personal(contexts, "contexts"),
        *_licence_gaps(recipe, run, licences),
    ]


def _broken(run: Path) -> Iterator[Finding]:
    """Shards that are missing, and files that `verify` objects to or cannot check."""
    state = read_state(run)
    if state.done < state.shards:
        yield Finding("unfinished", f"only {state.done} of {state.shards} shards are finished")
    found = verify(run, sample=0)
    for faults, what in ((found.differs, "not as the recipe makes them"), (found.unchecked, "not checked")):
        if faults:
            text = f"{len(faults)} parts are {what}: {faults[0]} (all: impossible verify {run})"
            yield Finding("unverified", text, tuple(faults[:_EXAMPLES]))


def _overlap(kind: str, sentences: Sequence[str], files: Sequence[Path]) -> Iterator[Finding]:
    """Sentences that share RUN_LENGTH words in a row with a file, or are a text of it."""
    if not files:
        return
    holders: dict[Gram, list[str]] = {}  # what is looked for is held, the files go by
    for sentence in sentences:
        for gram in _grams(sentence):
            holders.setdefault(gram, []).append(sentence)
    for path in files:
        seen = (gram for text in texts_of(path) for gram in _grams(text))
        found = list(dict.fromkeys(sentence for gram in seen for sentence in holders.get(gram, ())))
        if found:
            text = f"{len(found)} kept sentences share {RUN_LENGTH} words in a row, or all, with {path.name}"
            yield Finding(kind, text, tuple(found[:_EXAMPLES]))


def _recited(run: Path, sentences: frozenset[str]) -> Iterator[Finding]:
    """Long kept sentences that the teacher wrote as if by heart, unless their context has them.

    A model gives what it has memorised a far higher probability than other text of its length (Carlini et
    al. 2021, arXiv 2012.07805); what it was trained on is not here to compare with.
    """
    found = {
        candidate["text"]: None
        for shard in RunFolder(run).shards("generate")
        for group in shard.table().to_pylist()
        for candidate in group["candidates"]
        if candidate["text"] in sentences
        and candidate["text"] not in group["context"]
        and _by_heart(candidate["text"], candidate["logprob"])
    }
    if found:
        text = (
            f"{len(found)} kept sentences of {RUN_LENGTH} words or more are so probable (over {RECITED} nats "
            "a word) that the teacher may know them by heart"
        )
        yield Finding("recited", text, tuple(list(found)[:_EXAMPLES]))


def _by_heart(text: str, logprob: float) -> bool:
    n = len(words(text))
    return n >= RUN_LENGTH and logprob / n > RECITED


def _grams(text: str) -> list[Gram]:
    """All runs of RUN_LENGTH words, and the whole text."""
    split = words(text)
    return [*ngrams(split, RUN_LENGTH), tuple(split)] if split else []


def texts_of(path: Path) -> Iterator[str]:
    """Every string in a .txt (a line each), .jsonl, .csv or .parquet file. Raises DataError."""
    if path.suffix == ".txt":
        try:
            yield from path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}") from error
        return
    for row in read_rows(path):
        yield from _strings(row)


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
    """Openings of the user's documents, which stand behind each pair."""
    shown = [text for text in contexts if text]
    if shown:
        what = f"{len(shown)} contexts are openings of your own documents, word by word"
        text = f"{what}; --no-contexts leaves them out"
        yield Finding("contexts", text, tuple(shown[:_EXAMPLES]))


def _personal(texts: Sequence[str], what: str) -> Iterator[Finding]:
    kinds = {text: found for text in texts if (found := personal_data(text))}
    if kinds:
        named = ", ".join(sorted({kind for found in kinds.values() for kind in found}))
        text = f"{len(kinds)} {what} look as if they held personal data ({named})"
        yield Finding("personal data", text, tuple(list(kinds)[:_EXAMPLES]))


def models(run: Path) -> dict[str, str]:
    """What had a say in a run → the hash of its files: teacher, critics."""
    return RunFolder(run).manifest().models


def _licence_gaps(recipe: Recipe, run: Path, given: Mapping[str, str]) -> Iterator[Finding]:
    student = run_student(run)
    base = [read_info(student).base] if student is not None else []
    wanted = dict.fromkeys(["dataset", *models(run), *base] + (["corpus"] if recipe.contexts.corpus else []))
    for name in wanted:
        said = given.get(name) if name in ("dataset", "corpus") else licence(name, given)
        if said is None:
            yield Finding("licence", f"no licence is known of {name}: give --licence {name}=…")
