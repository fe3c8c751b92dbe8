"""Search of pairs: words, filters, order and page → rows of the ledger, from the columns of an index."""

import math
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..errors import DataError
from ..filtering.duplicates import Ids
from ..filtering.verdict import UNKNOWN_CODE, VERDICTS
from ..recipe.critic_table import CRITICS
from .index import Index, TaskRows

PER_PAGE = 50
LABELS = ("right", "wrong", "none", "sample")
_REJECTED = "rejected"
_BY = (*CRITICS, "margin")


@dataclass(frozen=True, slots=True)
class Query:
    """A search; an empty field does not filter.

    All `words` must occur in source or target, also inside words; "several words" in quotes are a phrase.
    `score`, `low` and `high` are a critic and its range (the weaker direction of a directed score). `sort` is
    a score, with a leading minus for highest first.
    """

    task: str
    words: str = ""
    verdict: str = ""
    domain: str = ""
    label: str = ""
    score: str = ""
    low: float | None = None
    high: float | None = None
    sort: str = ""
    page: int = 1

    @classmethod
    def of(cls, given: Mapping[str, str], tasks: Collection[str]) -> "Query":
        """Parse the fields of a form. Raises DataError."""
        texts = {
            name: given.get(name, "") for name in ("words", "verdict", "domain", "label", "score", "sort")
        }
        task = given.get("task") or next(iter(tasks))
        allowed = {
            "task": tasks,
            "verdict": ("", _REJECTED, *VERDICTS),
            "label": ("", *LABELS),
            "score": ("", *_BY),
            "sort": ("", *(f"{sign}{name}" for name in _BY for sign in ("", "-"))),
        }
        for name, values in allowed.items():
            if (value := task if name == "task" else texts[name]) not in values:
                raise DataError(
                    f"{name} = {value!r} is unknown; allowed: {', '.join(v for v in values if v)}"
                )
        page = _number(given, "page") or 1
        return cls(
            task,
            **texts,
            low=_number(given, "low"),
            high=_number(given, "high"),
            page=int(min(max(page, 1), 1e9)),
        )


def _number(given: Mapping[str, str], name: str) -> float | None:
    text = given.get(name, "").strip()
    try:
        value = float(text) if text else None
    except ValueError:
        raise DataError(f"{name} = {text!r} is not a number") from None
    if value is not None and not math.isfinite(value):
        raise DataError(f"{name} = {text!r} is not a finite number")
    return value


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a page; how many pairs fit in all, and how many pages they take."""

    rows: list[dict[str, Any]]
    total: int
    number: int
    pages: int


def search(index: Index, query: Query, labelled: Mapping[str, bool | None], sample: Collection[str]) -> Page:
    """The pairs of one page; `labelled` are the task's labels, `sample` the ids that calibrate asks about."""
    rows = index.tasks[query.task]
    found = np.flatnonzero(_fits(index, rows, query, labelled, sample))
    pages = max(1, math.ceil(len(found) / PER_PAGE))
    number = min(query.page, pages)
    some = _part(found, rows, query.sort, (number - 1) * PER_PAGE, PER_PAGE)
    return Page(rows.shown(some, index.texts), len(found), number, pages)


def _part(found: Ids, rows: TaskRows, sort: str, skipped: int, count: int) -> Ids:
    """The `count` rows after the first `skipped`, ordered by a score, ties as in the ledger.

    Sorts only rows up to the end of this part.
    """
    end = min(skipped + count, len(found))
    if not sort or not len(found):
        return found[skipped:end]
    key = rows.score(sort.removeprefix("-"))[found]
    if sort.startswith("-"):
        key = -key
    key = np.where(np.isnan(key), np.inf, key)  # pairs without a score come last
    last = np.partition(key, end - 1)[end - 1]
    early = np.flatnonzero(key <= last)
    order = early[np.argsort(key[early], kind="stable")]
    return found[order[skipped:end]]


def _fits(
    index: Index,
    rows: TaskRows,
    query: Query,
    labelled: Mapping[str, bool | None],
    sample: Collection[str],
) -> NDArray[np.bool_]:
    """Which pairs match a query, (n,)."""
    fits = np.ones(len(rows.row), bool)
    for term in _terms(query.words):
        has = pc.match_substring(index.lower, term).to_numpy(zero_copy_only=False)
        fits &= has[rows.graph.source] | has[rows.graph.target]
    if query.verdict == _REJECTED:
        fits &= rows.before > UNKNOWN_CODE
    elif query.verdict:
        fits &= rows.before == VERDICTS.index(query.verdict)
    if query.domain:
        known = index.domains.index(query.domain) if query.domain in index.domains else -1
        fits &= rows.domain == known
    if query.score:
        score = rows.score(query.score)
        for limit, within in ((query.low, np.greater_equal), (query.high, np.less_equal)):
            if limit is not None:
                fits &= within(score, np.float32(limit))
    if query.label:
        fits &= _labelled(rows, query.label, labelled, sample)
    return fits


def _labelled(
    rows: TaskRows, wanted: str, labelled: Mapping[str, bool | None], sample: Collection[str]
) -> NDArray[np.bool_]:
    """Which pairs have a label, have none, or are in the sample, (n,)."""
    known = [pair for pair, right in labelled.items() if right is not None]
    ids = {
        "right": [pair for pair in known if labelled[pair]],
        "wrong": [pair for pair in known if not labelled[pair]],
        "none": known,
        "sample": list(sample),
    }[wanted]
    found = np.isin(rows.pair, np.array([int(pair, 16) for pair in ids], np.uint64))
    return ~found if wanted == "none" else found


def _terms(words: str) -> list[str]:
    """Words, and phrases in quotes, in lower case."""
    try:
        parts = shlex.split(words.replace("'", "\\'"))
    except ValueError:  # an open quote while the user is typing
        parts = words.replace('"', " ").split()
    return [part.lower() for part in parts][:20]
