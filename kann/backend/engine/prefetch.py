"""Work done ahead while nobody waits for anything, so that a slider's next step is at hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from kann.errors import KannError

# Seconds in which the page that has just been answered is drawn undisturbed, and between two looks at who waits.
PAUSE = 0.2


class Prefetch:
    """One thread; only the wish uttered last is fulfilled, while nobody waits for anything, which `busy` tells; a newer
    one ends it between two works."""

    def __init__(self, busy: Callable[[], bool] = lambda: False, pause: float = PAUSE):
        self._busy, self._pause = busy, pause
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="kann-ahead")
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
        newer.wait(self._pause)
        for work in works:
            while self._busy() and not newer.wait(self._pause):
                pass
            if newer.is_set():
                return
            with suppress(KannError):
                work()
