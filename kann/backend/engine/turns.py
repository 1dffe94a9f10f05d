"""Turns of computations in callers' threads: at most as many at a time as there are cores, one for each key."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

# Seconds between two checks whether a waiting thread should leave the queue.
_PAUSE = 0.1


def _stay() -> None:
    """Default of `leave`: stays in the queue."""


class Turns:
    """At most `most` turns at a time, in order of arrival, and one at a time for each key: a second thread finds the
    result of the first in the cache. A thread must not take a turn within a turn."""

    def __init__(self, most: int | None = None):
        self._most = most or os.cpu_count() or 1
        self._waiting: dict[int, str] = {}
        self._running: set[str] = set()
        self._numbers, self._changed = count(), threading.Condition()

    @property
    def busy(self) -> bool:
        """Whether a thread has a turn or waits for one."""
        return bool(self._running or self._waiting)

    @contextmanager
    def turn(self, key: str, leave: Callable[[], None] = _stay) -> Iterator[None]:
        """Waits for a turn of this key and holds it; meanwhile `leave` is called at intervals, and may raise to leave
        the queue."""
        with self._changed:
            self._await(key, leave)
            self._running.add(key)
        try:
            yield
        finally:
            with self._changed:
                self._running.remove(key)
                self._changed.notify_all()

    def _await(self, key: str, leave: Callable[[], None]) -> None:
        number = next(self._numbers)
        self._waiting[number] = key
        try:
            while len(self._running) >= self._most or self._first() != number:
                self._changed.wait(_PAUSE)
                leave()
        finally:
            del self._waiting[number]
            self._changed.notify_all()

    def _first(self) -> int | None:
        """The number that has waited longest among those whose key has no turn."""
        return next((number for number, key in self._waiting.items() if key not in self._running), None)
