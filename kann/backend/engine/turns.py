"""Turns of those who compute where they ask: no more at a time than there are cores, and never two of the same."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

# Seconds after which somebody who waits looks whether it is still worth while.
_PAUSE = 0.1


def _stay() -> None:
    """Leaves no queue."""


class Turns:
    """At most `most` at a time, in the order in which they came. A key has one turn at a time: who comes second finds
    what the first has left. Nobody takes a turn within a turn."""

    def __init__(self, most: int | None = None):
        self._most = most or os.cpu_count() or 1
        self._waiting: dict[int, str] = {}
        self._running: set[str] = set()
        self._numbers, self._changed = count(), threading.Condition()

    @property
    def busy(self) -> bool:
        """Whether somebody has a turn or waits for one."""
        return bool(self._running or self._waiting)

    @contextmanager
    def turn(self, key: str, leave: Callable[[], None] = _stay) -> Iterator[None]:
        """A turn for this key, once it has come; `leave` is called again and again until then, and may raise to leave
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
        """The one that has waited longest of those whose key nobody else has a turn for."""
        return next((number for number, key in self._waiting.items() if key not in self._running), None)
