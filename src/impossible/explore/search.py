"""Which pairs to show: words, filters, order and page → rows of the ledger."""

import math
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import DataError
from ..recipe import CRITICS
from ..verdict import DUPLICATE, KEPT, UNKNOWN
from .index import VERDICTS, Index

PER_PAGE = 50
LABELS = ("right", "wrong", "none", "sample")
_REJECTED = "rejected"
_BY = (*CRITICS, "margin")


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; an empty field asks for nothing.

    `words` must all be in source or target, as parts of words too; "several words" in quotes as they stand.
    `score` with `low` and `high` is a critic's range, of a directed score the weaker direction. `sort` is a
    score, with a minus before it for highest first.
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
        """A query from a form's fields. Raises DataError."""
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
        raise DataError(f"{name} = {text!r} is no number") from None
    if value is not None and not math.isfinite(value):
        raise DataError(f"{name} = {text!r} is no finite number")
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
    where, given = _where(query, labelled, sample)
    [[total]] = (
        index.database.cursor().execute(f"SELECT count(*) FROM ledger WHERE {where}", given).fetchall()
    )
    pages = max(1, math.ceil(total / PER_PAGE))
    number = min(query.page, pages)
    order, skipped = _order(query), (number - 1) * PER_PAGE
    rows = index.rows(  # the page's ids first: sorting carries no texts
        "SELECT rowid, * FROM ledger WHERE rowid IN "
        f"(SELECT rowid FROM ledger WHERE {where} ORDER BY {order} LIMIT {PER_PAGE} OFFSET {skipped}) "
        f"ORDER BY {order}",
        given,
    )
    return Page(rows, total, number, pages)


def _order(query: Query) -> str:
    if not query.sort:
        return "rowid"
    way = "DESC" if query.sort.startswith("-") else "ASC"
    return f"{query.sort.removeprefix('-')} {way} NULLS LAST, rowid"


def _where(
    query: Query, labelled: Mapping[str, bool | None], sample: Collection[str]
) -> tuple[str, dict[str, Any]]:
    """A condition and its values; names of columns come from our own lists only."""
    clauses, given = ["task = $task"], {"task": query.task}
    values: dict[str, Any] = given
    for i, term in enumerate(_terms(query.words)):
        clauses.append(f"contains(texts, $term{i})")
        values[f"term{i}"] = term
    if query.verdict == _REJECTED:
        clauses.append("verdict NOT IN ($kept, $duplicate, $unknown)")
        values |= {"kept": KEPT, "duplicate": DUPLICATE, "unknown": UNKNOWN}
    elif query.verdict:
        clauses.append("verdict = $verdict")
        values["verdict"] = query.verdict
    if query.domain:
        clauses.append("domain = $domain")
        values["domain"] = query.domain
    for side, value, sign in (("low", query.low, ">="), ("high", query.high, "<=")):
        if query.score and value is not None:
            clauses.append(f"{query.score} {sign} ${side}::FLOAT")
            values[side] = value
    if query.label:
        known = [pair for pair, right in labelled.items() if right is not None]
        ids = {
            "right": [pair for pair in known if labelled[pair]],
            "wrong": [pair for pair in known if not labelled[pair]],
            "none": known,
            "sample": list(sample),
        }[query.label]
        clauses.append(
            f"pair_id {'NOT ' if query.label == 'none' else ''}IN (SELECT unnest($ids::VARCHAR[]))"
        )
        values["ids"] = ids
    return " AND ".join(clauses), values


def _terms(words: str) -> list[str]:
    """Words, and phrases in quotes, in lower case."""
    try:
        parts = shlex.split(words.replace("'", "\\'"))
    except ValueError:  # a quote that is still open: somebody is typing
        parts = words.replace('"', " ").split()
    return [part.lower() for part in parts][:20]
