"""A lock for each key, kept while a thread holds it or waits for it."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager


class KeyLocks:
    """Locks of different keys are independent."""

    def __init__(self) -> None:
        self._locks: dict[Hashable, threading.Lock] = {}
        self._users: dict[Hashable, int] = {}
        self._lock = threading.Lock()

    @contextmanager
    def hold(self, key: Hashable) -> Iterator[None]:
        """Holds the lock of this key."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
            self._users[key] = self._users.get(key, 0) + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                self._users[key] -= 1
                if not self._users[key]:
                    del self._users[key], self._locks[key]
