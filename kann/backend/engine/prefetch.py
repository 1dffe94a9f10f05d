"""Work done ahead while nobody waits for it, so that a slider's next step is at hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from kann.errors import KannError

# Seconds in which the page that has just been answered is drawn undisturbed.
PAUSE = 0.2


class Foresight:
    """One thread; only the wish uttered last is fulfilled, and a newer one ends it between two works."""

    def __init__(self, pause: float = PAUSE):
        self._pause, self._pool = pause, ThreadPoolExecutor(1, thread_name_prefix="kann-ahead")
        self._newer, self._lock = threading.Event(), threading.Lock()

    def wish(self, works: Iterable[Callable[[], object]]) -> None:
        """Asks for works, in their order. What goes wrong in one is said to whoever really asks for it."""
        with self._lock:
            self._newer.set()
            self._newer = threading.Event()
            self._pool.submit(self._fulfil, tuple(works), self._newer)

    def close(self) -> None:
        """Drops what has not begun and waits for what has."""
        with self._lock:
            self._newer.set()
        self._pool.shutdown(wait=True)

    def _fulfil(self, works: tuple[Callable[[], object], ...], newer: threading.Event) -> None:
        if newer.wait(self._pause):
            return
        for work in works:
            with suppress(KannError):
                work()
            if newer.is_set():
                return
