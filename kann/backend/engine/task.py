"""The input of a computation: the opened subject, the answers it needs, and a counter of progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from kann.backend.engine.question import Asked, Subject
from kann.backend.engine.reduction import reduce
from kann.records import StateBatch

R = TypeVar("R")
T = TypeVar("T")
Progress = Callable[[int, int], None]


class Task:
    """One computation in progress. `opened`: its subject; `open(subject)` opens another one, that of a need;
    `answer(asked)` returns an answer that the question declares as needed.

    Progress is counted in the unit of the question: call `expect` with the total, in one or several parts, then
    `passed` for each unit done. The work can be cancelled at each call of `passed`.
    """

    def __init__(self, opened: Any, answer: Callable[[Asked], Any], open: Callable[[Subject], Any], progress: Progress):
        self.opened, self.open = opened, open
        self._answer, self._progress = answer, progress
        self._done, self._total = 0, 0

    def answer(self, asked: Asked[R]) -> R:
        """The answer to a question that this one needs.

        Raises:
            LookupError: it is not among the `needs`, whose keys are part of this answer's key.
        """
        return self._answer(asked)

    @property
    def uncounted(self) -> Task:
        """This task for a part whose progress is not counted; it can be cancelled there too."""
        return Task(self.opened, self._answer, self.open, lambda *_: self.passed(0))

    def expect(self, count: int) -> None:
        """Adds to the total."""
        self._total += count

    def passed(self, count: int = 1) -> None:
        """Adds to the units done.

        Raises:
            Cancelled: the job has been cancelled, or dropped.
        """
        self._done += count
        self._progress(min(self._done, self._total), self._total)

    def watch(self, batches: Iterable[StateBatch]) -> Iterator[StateBatch]:
        """The same batches; the sequences of each are counted when the next one is requested."""
        for batch in batches:
            yield batch
            self.passed(len(batch.lengths))

    def reduce(self, parts: Iterable[Callable[[], T]], add: Callable[[T, T], T]) -> T:
        """The sum of the parts: see `kann.backend.engine.reduction`."""
        return reduce(parts, add)
