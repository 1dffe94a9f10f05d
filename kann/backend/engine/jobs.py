"""Long work outside the script run: a bounded queue of threads, with progress, an estimate and cancel."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from kann.errors import Busy

Progress = Callable[[int, int], None]


class Cancelled(Exception):
    """Raised inside the work, between two batches, once somebody asked it to stop."""


class Job:
    """One piece of work. `done` of `total` counts whatever the work counts."""

    def __init__(self, key: str):
        self.key, self.done, self.total = key, 0, 0
        self.started: float | None = None
        self.future: Future | None = None
        self._stop = threading.Event()

    def report(self, done: int, total: int) -> None:
        """What the work calls between two batches.

        Raises:
            Cancelled: `cancel` has been called.
        """
        self.done, self.total = done, total
        if self._stop.is_set():
            raise Cancelled

    def cancel(self) -> None:
        self._stop.set()
        if self.future is not None:
            self.future.cancel()

    @property
    def finished(self) -> bool:
        return self.future is not None and self.future.done()

    @property
    def cancelled(self) -> bool:
        return self._stop.is_set()

    @property
    def share(self) -> float:
        return self.done / self.total if self.total else 0.0

    @property
    def remaining(self) -> float | None:
        """Seconds that are left at the pace so far; None while there is none."""
        if self.started is None or not self.share:
            return None
        return (time.monotonic() - self.started) * (1 - self.share) / self.share

    def result(self) -> Any:
        """What the work returned, or its error; Cancelled if it was stopped."""
        try:
            return self.future.result()
        except CancelledError as error:
            raise Cancelled from error


class Jobs:
    """Work by key: the same key asked for twice is one job, and its result is kept for a while."""

    def __init__(self, workers: int = 2, queue: int = 16, kept: int = 64):
        # One thread a worker, for the whole process: more of them fight over the cores, and a limit that a
        # worker takes back at its end would end that of its neighbour.
        torch.set_num_threads(1)
        threadpool_limits(1)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="kann")
        self._queue, self._kept = queue, kept
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def start(self, key: str, work: Callable[[Progress], Any]) -> Job:
        """The job of this key: the one under way or done, else a new one; a failed or stopped one is
        tried again.

        Raises:
            Busy: as many jobs wait as the queue holds.
        """
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and not job.cancelled and not (job.finished and job.future.exception()):
                return job
            waiting = sum(not other.finished for other in self._jobs.values())
            if waiting >= self._queue:
                raise Busy(f"{waiting} computations are under way or waiting: try again in a minute.")
            job = self._jobs[key] = Job(key)
            job.future = self._pool.submit(_run, job, work)
            self._forget()
            return job

    def find(self, key: str) -> Job | None:
        with self._lock:
            return self._jobs.get(key)

    def forget(self, key: str) -> None:
        """Drops a finished job, so that the next start works again."""
        with self._lock:
            self._jobs.pop(key, None)

    def _forget(self) -> None:
        finished = [key for key, job in self._jobs.items() if job.finished]
        for key in finished[: max(len(self._jobs) - self._kept, 0)]:
            del self._jobs[key]


def _run(job: Job, work: Callable[[Progress], Any]) -> Any:
    job.started = time.monotonic()
    return work(job.report)
