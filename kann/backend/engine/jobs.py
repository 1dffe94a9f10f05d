"""Jobs: long computations in worker threads, ordered by priority and in turns between visitors, with progress,
an estimate of the remaining time, and cancellation."""

from __future__ import annotations

import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from kann.backend.engine.visitors import Visitors

Progress = Callable[[int, int], None]
# Seconds for which a running job continues after its last visitor has left: a reloaded page is a new visitor.
GRACE = 10.0
# Interval in seconds after which a computing thread hands the interpreter lock to another one. With the default, ten
# times as long, threads that draw pages wait noticeably.
_HOLD = 0.0005


class Cancelled(Exception):
    """Raised inside the work, between two batches, after a visitor has cancelled it or all its visitors have left."""


@dataclass(frozen=True)
class Kind:
    """Properties of a job. `place`: the question and subject, equal for jobs that differ in settings only (None: not
    compared with other jobs); `doing`: the work in words; `counts`: the unit of its progress; `beside`: low priority,
    since it supplements an answer and no page waits for it."""

    place: Hashable = None
    doing: str = "Computing"
    counts: str = "sequences"
    beside: bool = False


class Job:
    """One computation for its `visitors`; `done` of `total` in the unit that it counts. It does not hold the answer,
    which is found in the cache after its end."""

    def __init__(self, key: str, work: Callable[[Progress], Any], kind: Kind):
        self.key, self.kind, self.work, self.beside = key, kind, work, kind.beside
        self.visitors: set[str | None] = set()
        self.done, self.total = 0, 0
        self.started: float | None = None
        self.deserted: float | None = None
        self.lent = False
        self.future: Future = Future()
        self._stop = threading.Event()

    @property
    def doing(self) -> str:
        return self.kind.doing

    @property
    def counts(self) -> str:
        return self.kind.counts

    def cancel(self) -> None:
        """Stops it before its next batch, for all its visitors."""
        self._stop.set()
        self.future.cancel()

    @property
    def finished(self) -> bool:
        return self.future.done()

    @property
    def cancelled(self) -> bool:
        """Whether a visitor has cancelled it."""
        return self._stop.is_set()

    @property
    def failed(self) -> bool:
        """Whether its work has raised an error other than Cancelled."""
        if not self.finished or self.future.cancelled():
            return False
        error = self.future.exception()
        return error is not None and not isinstance(error, Cancelled)

    @property
    def share(self) -> float:
        return self.done / self.total if self.total else 0.0

    @property
    def remaining(self) -> float | None:
        """Estimated seconds until its end, from the rate so far; None before the first progress."""
        if self.started is None or not self.share:
            return None
        return (time.monotonic() - self.started) * (1 - self.share) / self.share

    def wait(self, timeout: float | None = None) -> bool:
        """Waits at most `timeout` seconds; whether it has ended, with or without an error."""
        try:
            self.future.exception(timeout)
        except TimeoutError:
            return False
        except CancelledError:
            return True
        return True

    def check(self) -> None:
        """Waits for its end.

        Raises:
            Cancelled: it has been cancelled, or dropped because all its visitors have left.
            Exception: what the work has raised.
        """
        try:
            self.future.result()
        except CancelledError as error:
            raise Cancelled from error


class Jobs:
    """Jobs by key: equal keys are one job. A job is removed when it ends without an error; one that failed or was
    cancelled is kept until it has been reported.

    Order: jobs that a visitor waits for before those `beside` them; then the visitor who was served longest ago; then
    the oldest job. Between two batches a job beside runs waiting jobs of higher priority in its own thread, and calls
    `step_aside`, which may block while pages are made. A job becomes beside when its only visitor asks the same
    question at other settings; of more than `queue` such jobs the oldest are dropped. A job without a visitor who is
    present is dropped: at once if it waits, after `grace` seconds if it runs.
    """

    def __init__(
        self, workers: int = 2, queue: int = 2, kept: int = 64, visitors: Visitors | None = None, grace: float = GRACE
    ):
        # One BLAS thread for each worker, set for the whole process: more of them compete for the cores, and a limit
        # that one worker resets at its end would reset that of the others.
        torch.set_num_threads(1)
        threadpool_limits(1)
        sys.setswitchinterval(_HOLD)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="kann")
        self._queue, self._kept, self._grace = queue, kept, grace
        self._visitors = visitors or Visitors()
        self.step_aside: Callable[[], None] = lambda: None
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._waiting: list[Job] = []
        self._served: OrderedDict[str | None, int] = OrderedDict()
        self._lock = threading.RLock()

    @property
    def waited_for(self) -> bool:
        """Whether a visitor waits for a job."""
        with self._lock:
            return any(not (job.finished or job.beside) for job in self._jobs.values())

    def start(self, key: str, work: Callable[[Progress], Any], kind: Kind | None = None) -> Job:
        """The job of this key, with the current visitor added: one that is running, waiting, or failed and not yet
        removed; else a new one. A job that another visitor has cancelled is replaced by a new one."""
        visitor, kind = self._visitors.current(), kind or Kind()
        with self._lock:
            job = self._jobs.get(key)
            if job is None or (job.cancelled and visitor not in job.visitors):
                job = self._added(Job(key, work, kind), visitor)
            job.visitors.add(visitor)
            job.beside = job.beside and kind.beside
        return job

    def under_way(self) -> list[Job]:
        """Jobs that have not ended."""
        with self._lock:
            return [job for job in self._jobs.values() if not job.finished]

    def find(self, key: str) -> Job | None:
        with self._lock:
            return self._jobs.get(key)

    def forget(self, job: Job) -> None:
        """Removes a finished job, so that the next `start` creates a new one."""
        with self._lock:
            if self._jobs.get(job.key) is job:
                del self._jobs[job.key]

    def _added(self, job: Job, visitor: str | None) -> Job:
        if visitor is not None and job.kind.place is not None:
            self._supersede(job.kind.place, visitor)
        self._jobs[job.key] = job
        self._waiting.append(job)
        self._pool.submit(self._run_next)
        finished = [key for key, other in self._jobs.items() if other.finished]
        for key in finished[: max(len(self._jobs) - self._kept, 0)]:
            del self._jobs[key]
        return job

    def _supersede(self, place: Hashable, visitor: str) -> None:
        """Lowers the priority of earlier jobs of the same place whose only visitor is this one."""
        older = [job for job in self._jobs.values() if job.kind.place == place and job.visitors == {visitor}]
        for job in older:
            job.beside = True
        for job in [job for job in older if job in self._waiting][: -self._queue or None]:
            self._drop(job)

    def _drop(self, job: Job) -> None:
        """Removes a job without a report; asking for its key again starts another one."""
        self.forget(job)
        job.work = None
        job.future.cancel()

    def _run_next(self, urgent: bool = False) -> bool:
        """Runs the next job, if `urgent` the next that a visitor waits for; False if there is none."""
        job = self._next(urgent)
        if job is None:
            return False
        job.started, job.lent, error = time.monotonic(), urgent, None
        try:
            job.work(partial(self._report, job))
        except BaseException as raised:  # of any kind: it is raised in the threads that wait
            error = raised
        self._end(job, error)
        return True

    def _next(self, urgent: bool) -> Job | None:
        with self._lock:
            for job in self._waiting:
                if not self._visitors.any_present(job.visitors):
                    self._drop(job)
            self._waiting = [job for job in self._waiting if not job.finished]
            ready = [job for job in self._waiting if not (urgent and job.beside)]
            if not ready:
                return None
            job = min(ready, key=self._rank)
            self._waiting.remove(job)
            self._serve(job.visitors)
            return job if job.future.set_running_or_notify_cancel() else self._next(urgent)

    def _rank(self, job: Job) -> tuple[bool, int]:
        return job.beside, min(self._served.get(visitor, 0) for visitor in job.visitors)

    def _serve(self, visitors: set[str | None]) -> None:
        turn = 1 + max(self._served.values(), default=0)
        for visitor in visitors:
            self._served[visitor] = turn
            self._served.move_to_end(visitor)
        while len(self._served) > self._kept:
            self._served.popitem(last=False)

    def _end(self, job: Job, error: BaseException | None) -> None:
        job.work = None
        if error is None:
            self.forget(job)
            job.future.set_result(None)
        else:
            job.future.set_exception(error)

    def _report(self, job: Job, done: int, total: int) -> None:
        """Records progress; called by the work between two batches.

        Raises:
            Cancelled: a visitor has cancelled it, or all its visitors have left.
        """
        job.done, job.total = done, total
        if job.beside and not job.lent:
            while self._run_next(urgent=True):
                pass
            self.step_aside()
        if job.cancelled or self._is_deserted(job):
            raise Cancelled

    def _is_deserted(self, job: Job) -> bool:
        with self._lock:
            if self._visitors.any_present(job.visitors):
                job.deserted = None
                return False
            job.deserted = job.deserted or time.monotonic()
            if time.monotonic() - job.deserted < self._grace:
                return False
            self._drop(job)
            return True
