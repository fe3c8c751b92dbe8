"""The template cap: no template may hold more than a share of a task's pairs in a dataset."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import blake2b

import pyarrow as pa

from ..text.templates import pair_template

SMALLEST = 2  # pairs that a template may have in the smallest dataset


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `limit` pairs of a template, which keeps `kept` pairs and leaves out `left_out`."""

    limit: int
    kept: int
    left_out: int


class Templates:
    """Counts pairs by template, in memory as 16-byte digests."""

    def __init__(self) -> None:
        self._counts: Counter[bytes] = Counter()

    def add(self, pairs: pa.Table) -> None:
        """Count pairs."""
        self._counts.update(_digests(pairs))

    def first(self, pairs: pa.Table, limit: int) -> pa.Table:
        """Count pairs; return those that are among the first `limit` of their template."""
        among = []
        for digest in _digests(pairs):
            self._counts[digest] += 1
            among.append(self._counts[digest] <= limit)
        return pairs.filter(pa.array(among, pa.bool_()))

    def cap(self, share: float) -> Cap:
        """The cap of the pairs counted so far."""
        limit = largest(self._counts.values(), share)
        kept = _size(self._counts.values(), limit)
        return Cap(limit, kept, self._counts.total() - kept)


def largest(counts: Collection[int], share: float) -> int:
    """The largest limit that is at most `share` of the pairs it keeps; at least `SMALLEST`.

    The pairs kept grow ever slower with the limit, so that all limits up to the largest are right too.
    """
    low, high = SMALLEST, max(SMALLEST, *counts, 0)
    while low < high:
        middle = (low + high + 1) // 2
        if middle <= share * _size(counts, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _size(counts: Collection[int], limit: int) -> int:
    return sum(min(count, limit) for count in counts)


def _digests(pairs: pa.Table) -> list[bytes]:
    sides = zip(pairs["source"].to_pylist(), pairs["target"].to_pylist(), strict=True)
    return [blake2b(pair_template(*pair).encode(), digest_size=16).digest() for pair in sides]
