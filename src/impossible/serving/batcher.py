"""Batches across requests: sentences wait in a bounded queue; a thread answers those of one kind together."""

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from ..errors import DataError
from ..students.controls import Controls
from ..students.student import Answer, Student

_TOGETHER = 32  # sentences of a batch, as many as a student scores together


class Full(Exception):
    """The queue has no room for the sentences of a request."""


class Closed(Exception):
    """The server stops before it has answered."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a sentence; sentences whose fields are the same, but for controls, share a batch."""

    task: str
    controls: Controls
    n: int
    seed: int
    draws: int | None
    protect: tuple[str, ...] = ()

    @property
    def kind(self) -> tuple[object, ...]:
        """What a batch shares."""
        return self.task, self.n, self.seed, self.draws, self.protect


@dataclass(frozen=True, slots=True)
class _Waiting:
    asked: Asked
    text: str
    answer: "Future[Answer]" = field(default_factory=Future)


class Batcher:
    """Answer sentences in the order in which they came, together with later ones of their kind.

    `most` sentences may wait. What else is in its batch changes no answer, as in a call of the student.
    """

    def __init__(self, student: Student, most: int):
        self.student, self.most = student, most
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="batches", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many sentences wait, without those in work."""
        return len(self._queue)

    def submit(self, asked: Asked, texts: Sequence[str]) -> "list[Future[Answer]]":
        """Queue all sentences of a request, or none; a future that is cancelled in time costs nothing.

        Raises Full, Closed, DataError if there are more than can ever wait, RecipeError if the student cannot
        do what is asked.
        """
        self.student.answers(
            asked.task, texts, asked.controls, asked.n, asked.seed, asked.draws, asked.protect
        )  # only checks
        if len(texts) > self.most:
            raise DataError(f"{len(texts)} sentences; this server takes {self.most} at once: send fewer")
        with self._changed:
            if self._closed:
                raise Closed
            if len(self._queue) + len(texts) > self.most:
                raise Full
            new = [_Waiting(asked, text) for text in texts]
            self._queue.extend(new)
            self._changed.notify()
        return [one.answer for one in new]

    def close(self) -> None:
        """End the batch in work; the sentences that still wait get Closed."""
        with self._changed:
            self._closed = True
            left = list(self._queue)
            self._queue.clear()
            self._changed.notify()
        for one in left:
            if one.answer.set_running_or_notify_cancel():
                one.answer.set_exception(Closed())
        self._thread.join()

    def _next(self) -> list[_Waiting]:
        """Wait for the next batch; it is empty only at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            kind = self._queue[0].asked.kind if self._queue else None
            batch = [one for one in self._queue if one.asked.kind == kind][:_TOGETHER]
            taken = set(map(id, batch))
            self._queue = deque(one for one in self._queue if id(one) not in taken)
        return batch

    def _work(self) -> None:
        while batch := self._next():
            wanted = [one for one in batch if one.answer.set_running_or_notify_cancel()]
            if wanted:
                self._answer(wanted)

    def _answer(self, batch: Sequence[_Waiting]) -> None:
        asked = batch[0].asked
        try:
            answers = self.student.answers(
                asked.task,
                [one.text for one in batch],
                [one.asked.controls for one in batch],
                asked.n,
                asked.seed,
                asked.draws,
                asked.protect,
            )
            for one, answer in zip(batch, answers, strict=True):
                one.answer.set_result(answer)
        except Exception as error:  # whatever it is, each request gets it, and the thread lives on
            for one in batch:
                if not one.answer.done():
                    one.answer.set_exception(error)
