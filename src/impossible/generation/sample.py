"""A random sample of texts from a stream, by the smallest hashes: independent of order, in little memory."""

import hashlib
import heapq


class Sample:
    """Keeps the `count` distinct texts with the smallest hashes."""

    def __init__(self, count: int, seed: int):
        self._count, self._seed = count, seed
        self._heap: list[tuple[int, int, str]] = []  # (-hash, -row, text), largest hash on top
        self._held: set[int] = set()

    def offer(self, row: int, text: str) -> None:
        """Take a text of a row into the sample if it belongs there; of equal texts only the first."""
        key = hashed(self._seed, "sample", text)
        if key in self._held or (len(self._heap) == self._count and -key <= self._heap[0][0]):
            return
        entry = (-key, -row, text)
        if len(self._heap) < self._count:
            heapq.heappush(self._heap, entry)
        else:
            self._held.remove(-heapq.heapreplace(self._heap, entry)[0])
        self._held.add(key)

    def in_order(self) -> list[tuple[int, str]]:
        """Return (row, text) in the order of rows."""
        return sorted(((-row, text) for _, row, text in self._heap), key=lambda one: one[0])


def hashed(seed: int, use: str, text: str) -> int:
    """Return a 64-bit hash of a text for one use of a seed."""
    data = f"{seed}/{use}/{text}".encode()
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")
