"""All that a computation gets: the opened subject, the answers it stands on, one counter of progress."""

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
    """One computation under way. `opened` is its subject; `open(subject)` opens another one, that of a need;
    `answer(asked)` gives what it declared to need.

    Progress is counted in what the question says that it counts: `expect` the whole once, or more as it becomes
    known, then each that has `passed`. Between two of them the work can be cancelled.
    """

    def __init__(self, opened: Any, answer: Callable[[Asked], Any], open: Callable[[Subject], Any], progress: Progress):
        self.opened, self.open = opened, open
        self._answer, self._progress = answer, progress
        self._done, self._total = 0, 0

    def answer(self, asked: Asked[R]) -> R:
        """The answer to a question that this one stands on.

        Raises:
            LookupError: it is not among the `needs`, so that no key would know of it.
        """
        return self._answer(asked)

    @property
    def uncounted(self) -> Task:
        """This task for a part of it whose steps do not count; it can be cancelled there too."""
        return Task(self.opened, self._answer, self.open, lambda *_: self.passed(0))

    def expect(self, count: int) -> None:
        """So many more are to come."""
        self._total += count

    def passed(self, count: int = 1) -> None:
        """So many more are done.

        Raises:
            Cancelled: somebody asked the work to stop.
        """
        self._done += count
        self._progress(min(self._done, self._total), self._total)

    def watch(self, batches: Iterable[StateBatch]) -> Iterator[StateBatch]:
        """The same batches; their sequences have passed when the next one is asked for."""
        for batch in batches:
            yield batch
            self.passed(len(batch.lengths))

    def reduce(self, parts: Iterable[Callable[[], T]], add: Callable[[T, T], T]) -> T:
        """Partial sums joined: see `kann.backend.engine.reduction`."""
        return reduce(parts, add)
