"""Explain single pairs of a run: context, scores, verdict, duplicates (DuckDB on Parquet)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.run_folder import RunFolder
from ..data.schema import SCORES
from ..errors import DataError
from ..filtering.verdict import columns, shortfall
from ..recipe.critic_table import CRITICS
from ..recipe.critics import Bound, Bounds, CriticName

if TYPE_CHECKING:
    import duckdb


_ID = 16  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class Sentence:
    """A candidate, the number of its continuations, and the teacher's log-probability."""

    text: str
    count: int
    logprob: float


@dataclass(frozen=True, slots=True)
class Check:
    """A critic's scores of a pair, by column, against its bound and gate.

    `outside` is the distance to the bound: 0 within; None without a bound or if a score is missing.
    """

    critic: CriticName
    scores: dict[str, float]
    bound: Bound | None
    gate: Bound | None
    outside: float | None


@dataclass(frozen=True, slots=True)
class Rival:
    """Another pair in the same set of duplicates."""

    pair_id: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Story:
    """All facts about one pair. `lost_to` replaced it as a duplicate; it replaced those in `beat`."""

    pair_id: str
    task: str
    domain: str
    origin: str
    context: str
    source: Sentence
    target: Sentence
    checks: tuple[Check, ...]
    verdict: str
    margin: float | None
    lost_to: Rival | None
    beat: tuple[Rival, ...]


def why(
    run: Path, wanted: str, limit: int = 3, other: str = "", rejected: bool = False
) -> tuple[list[Story], int]:
    """The stories of up to `limit` matching pairs, kept ones first, and the number of all matches.

    `wanted` is a pair ID, the start of one, or text in source or target; `other` is text in the other
    sentence. With `rejected` kept pairs are left out. Raises DataError if no pair matches, StoreError.
    """
    database = RunFolder(run).connect()
    texts = {"text": wanted.strip().lower(), "other": other.strip().lower()}
    found = _recorded(database, wanted, texts, rejected)
    if not found and other:
        found = list(_rescored(database, run, texts))
    if not found and rejected and _recorded(database, wanted, texts, False):
        raise DataError(f"{run}: all recorded pairs with {wanted!r} were kept")
    if not found:
        raise DataError(_no_match(database, run, wanted, other))
    return [story_of(database, run, row) for row in found[:limit]], len(found)


def _recorded(
    database: "duckdb.DuckDBPyConnection", wanted: str, texts: dict[str, str], rejected: bool
) -> list[dict[str, Any]]:
    """The matching rows of the ledger."""
    like = (
        "(starts_with(pair_id, $wanted)"
        " OR contains(lower(source), $text) AND contains(lower(target), $other)"
        " OR contains(lower(target), $text) AND contains(lower(source), $other))"
    )
    only_rejected = "AND verdict <> 'kept'" if rejected else ""
    given = texts | {"wanted": wanted if _is_id(wanted) else "-"}
    query = f"SELECT * FROM ledger WHERE {like} {only_rejected} ORDER BY verdict <> 'kept', pair_id"
    return _rows(database, query, given)


def _is_id(text: str) -> bool:
    return 6 <= len(text) <= _ID and set(text) <= set("0123456789abcdef")


def _rows(database: "duckdb.DuckDBPyConnection", query: str, given: dict[str, str]) -> list[dict[str, Any]]:
    cursor = database.execute(query, given)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _rescored(
    database: "duckdb.DuckDBPyConnection", run: Path, texts: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """Rows of pairs with both texts that a cheap critic rejected, and that the ledger lacks."""
    from .rescore import cheaply_rejected

    holds = (
        "context_id IN (SELECT context_id FROM (SELECT context_id, unnest(candidates) AS c FROM groups) "
        "WHERE contains(lower(c.text), {}))"
    )
    query = f"SELECT * FROM groups WHERE {holds.format('$text')} AND {holds.format('$other')}"
    return cheaply_rejected(run, _rows(database, query, texts), texts["text"], texts["other"])


def _no_match(database: "duckdb.DuckDBPyConnection", run: Path, wanted: str, other: str) -> str:
    """The reason why no pair matches, as an error message."""
    for text in (wanted, other):
        query = (
            "SELECT context FROM (SELECT context, unnest(candidates) AS candidate FROM groups) "
            "WHERE contains(lower(candidate.text), $text) LIMIT 1"
        )
        given = {"text": text.strip().lower()}
        found = _rows(database, query, given)
        if not found:
            hint = "a context has it; pairs are made of its continuations"
            contexts = _rows(
                database, "SELECT context FROM groups WHERE contains(lower(context), $text)", given
            )
            message = f"{run}: no pair has the ID {text!r}, and no sentence has this text"
            return f"{message} ({hint})" if contexts else message
    if other:
        return f"{run}: {wanted!r} and {other!r} do not continue the same context, so they are not a pair"
    return (
        f"{run}: {wanted!r} continues the context {found[0]['context']!r}, but a cheap critic rejected all "
        "its pairs, and these are only counted; give text of the other sentence too, and the pair is "
        "scored again"
    )


def story_of(database: "duckdb.DuckDBPyConnection", run: Path, row: dict[str, Any]) -> Story:
    """The story of a ledger row; `database` has the views of `RunFolder.connect`."""
    group = _rows(database, "SELECT * FROM groups WHERE context_id = $id", {"id": row["context_id"]})[0]
    sentences = {c["text"]: Sentence(c["text"], c["count"], c["logprob"]) for c in group["candidates"]}
    rivals = "SELECT pair_id, source, target FROM ledger WHERE "
    lost_to = _rows(database, f"{rivals} pair_id = $id", {"id": row["duplicate_of"] or ""})
    beat = _rows(database, f"{rivals} duplicate_of = $id ORDER BY pair_id", {"id": row["pair_id"]})
    return Story(
        pair_id=row["pair_id"],
        task=row["task"],
        domain=row["domain"],
        origin=group["origin"],
        context=group["context"],
        source=sentences[row["source"]],
        target=sentences[row["target"]],
        checks=_checks(run, row),
        verdict=row["verdict"],
        margin=row["margin"],
        lost_to=Rival(**lost_to[0]) if lost_to else None,
        beat=tuple(Rival(**rival) for rival in beat),
    )


def _checks(run: Path, row: dict[str, Any]) -> tuple[Check, ...]:
    """All critics that scored the pair or have a bound, in order of cost."""
    recipe, task = RunFolder(run).recipe(), row["task"]
    bounds: Bounds = getattr(recipe.filter, task) or Bounds()
    gates: Bounds = getattr(recipe.score, task) or Bounds()
    scores = {
        name: np.array([np.nan if row.get(name) is None else row[name]], np.float32)
        for name in SCORES.names[5:]  # an older run lacks the scores of newer critics
    }
    checks = []
    for critic in CRITICS:
        used: Sequence[str] = columns(critic, task)
        known = {name: float(scores[name][0]) for name in used if not np.isnan(scores[name][0])}
        bound = bounds.of(critic)
        if not known and bound is None:
            continue
        far = float(shortfall(critic, bound, task, scores)[0]) if bound is not None else np.nan
        checks.append(Check(critic, known, bound, gates.of(critic), None if np.isnan(far) else far))
    return tuple(checks)
