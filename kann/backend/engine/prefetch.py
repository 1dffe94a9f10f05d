"""Work done ahead while the service is idle, so that the answer for the next step of a slider is ready."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from kann.errors import KannError

# Seconds before work begins, in which the current page is drawn, and between two checks whether the service is busy.
PAUSE = 0.2


class Prefetch:
    """One thread that runs the latest request while `busy()` is false; a newer request replaces it between two
    works."""

    def __init__(self, busy: Callable[[], bool] = lambda: False, pause: float = PAUSE):
        self._busy, self._pause = busy, pause
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="kann-ahead")
        self._newer, self._lock = threading.Event(), threading.Lock()

    def wish(self, works: Iterable[Callable[[], object]]) -> None:
        """Requests works, in their order. A KannError in one is ignored: it is raised when the answer itself is
        asked."""
        with self._lock:
            self._newer.set()
            self._newer = threading.Event()
            self._pool.submit(self._fulfil, tuple(works), self._newer)

    def close(self) -> None:
        """Drops works that have not begun and waits for the one that runs."""
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
