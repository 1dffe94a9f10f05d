"""The cached backend of one process: an answer is found in memory or on disk, or a job computes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from kann.backend.engine.jobs import Cancelled, Job, Jobs, Kind
from kann.backend.engine.keys import key_of
from kann.backend.engine.memory import Recent
from kann.backend.engine.prefetch import Prefetch
from kann.backend.engine.question import Asked, Subject
from kann.backend.engine.record_files import read_record, write_record
from kann.backend.engine.store import Store, default_folder
from kann.backend.engine.task import Progress, Task
from kann.backend.engine.turns import Turns
from kann.backend.engine.visitors import Visitors
from kann.backend.opened.library import Library, data_root

R = TypeVar("R")
# Seconds between two reports of progress.
_PAUSE = 0.2
# Largest number of seconds for which a job of low priority waits for pages that are being made, and between two checks.
_ASIDE, _GLANCE = 0.5, 0.01


class Service:
    """Store, library, jobs and memory of one process. It is thread-safe and serves several `visitors`: jobs take turns
    between them, and computations in callers' threads run on at most as many threads as there are cores."""

    def __init__(
        self,
        store: Store | None = None,
        library: Library | None = None,
        jobs: Jobs | None = None,
        visitors: Visitors | None = None,
    ):
        self.store = store or Store(default_folder())
        self.library = library or Library(data_root())
        self._visitors = visitors or Visitors()
        self.jobs = jobs or Jobs(visitors=self._visitors)
        self.jobs.step_aside = self._let_pages_go_first
        self._memory, self._turns = Recent(), Turns()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="kann-writer")
        self._prefetch = Prefetch(self._is_busy)
        self._visits: list[str | None] = []

    @contextmanager
    def visit(self) -> Iterator[None]:
        """Context in which a page is made: files keep their content (`Library.look`), and prefetching pauses."""
        visitor = self._visitors.current()
        self._visits.append(visitor)
        try:
            with self.library.look():
                yield
        finally:
            self._visits.remove(visitor)

    def _let_pages_go_first(self) -> None:
        """Waits while pages are made, for a limited time."""
        end = time.monotonic() + _ASIDE
        while (self._visits or self._turns.busy) and time.monotonic() < end:
            time.sleep(_GLANCE)

    def _is_busy(self) -> bool:
        """Whether a visitor waits for a page, a computation or a job."""
        return bool(self._visits) or self._turns.busy or self.jobs.waited_for

    def ask(self, subject: Subject, asked: Asked[R]) -> R | Job:
        """The answer from memory or disk, else the job that computes it or an answer that it needs. It blocks only for
        answers that are computed at once. A key and the answer stored under it are of the same bytes, even if a file
        changes meanwhile.

        Raises:
            KannError: opening or computing failed; asking again tries again.
        """
        with self.library.look():
            return self._ask(subject, asked)

    def answer(self, subject: Subject, asked: Asked[R], report: Callable[[str], None] = lambda words: None) -> R:
        """As `ask`, but waits for the answer; `report` is called with the progress in words, at the end with "". An
        interruption cancels the work.

        Raises:
            KannError: as `ask`.
            Cancelled: another visitor has cancelled the work.
        """
        try:
            while isinstance(found := self.ask(subject, asked), Job):
                _wait(found, report)
            return found
        finally:
            report("")

    def at_hand(self, subject: Subject, asked: Asked[R]) -> R | None:
        """The answer, if no job is needed for it; else None, without starting one."""
        with self.library.look():
            key = self.key(subject, asked)
            found = self._find(key, asked)
            if found is not None or not asked.question.at_once or not self._ready(asked.of or subject, asked):
                return found
            with self._turns.turn(key):
                found = self._memory.get(key)
                return self._compute(subject, asked, _unheard) if found is None else found

    def prefetch(self, subject: Subject, wanted: Iterable[Asked]) -> None:
        """Computes these answers into memory while the service is idle, as far as no job is needed for them; a newer
        call replaces an older one."""
        self._prefetch.wish(partial(self.at_hand, subject, asked) for asked in wanted)

    def close(self) -> None:
        """Waits until every answer has been written."""
        self._prefetch.close()
        self._writer.shutdown(wait=True)

    def key(self, subject: Subject, asked: Asked) -> str:
        """The key of an answer: a digest of the question's name and schema, the subject's content, the settings, and
        the keys of the answers it needs."""
        subject, question = asked.of or subject, asked.question
        known = "key", question.name, question.schema, subject, repr(asked.settings)
        return self.library.known(known, lambda: self._key(subject, asked))

    def _key(self, subject: Subject, asked: Asked) -> str:
        question, opened = asked.question, self.library.open(subject)
        needs = [self.key(subject, need) for need in question.needs(opened, asked.settings)]
        digest = self.library.known(("digest", subject), lambda: key_of(opened.digest))
        return key_of(question.name, question.schema, digest, asked.settings, needs)

    def _ask(self, subject: Subject, asked: Asked[R]) -> R | Job:
        key = self.key(subject, asked)
        found = self._memory.get(key)
        if found is not None:
            return found
        with self._turns.turn(key, self._visitors.leave):
            return self._at_hand_or_job(key, subject, asked, asked.question.beside)

    def _at_hand_or_job(self, key: str, subject: Subject, asked: Asked[R], beside: bool) -> R | Job:
        """The answer from memory or disk, or computed at once; else the job that has to end first. `beside`: for an
        answer of low priority."""
        found = self._find(key, asked)
        if found is not None:
            return found
        missing = self._first_job(asked.of or subject, asked, beside)
        if missing is not None:
            return missing
        if asked.question.at_once:
            return self._compute(subject, asked, _unheard)
        return self._job(key, subject, asked, beside)

    def _first_job(self, subject: Subject, asked: Asked, beside: bool) -> Job | None:
        """The job that has to end before the question can be computed."""
        for need in asked.question.needs(self.library.open(subject), asked.settings):
            if not need.inside:
                answer = self._at_hand_or_job(self.key(subject, need), subject, need, beside)
                if isinstance(answer, Job):
                    return answer
        return None

    def _job(self, key: str, subject: Subject, asked: Asked[R], beside: bool) -> R | Job:
        """The job of this key; the error of a failed one is raised once, and the next call starts it again."""
        question, work = asked.question, self.library.same_look(partial(self._compute_once, key, subject, asked))
        place = question.name, asked.of or subject
        job = self.jobs.start(key, work, Kind(place, question.doing, question.counts, beside))
        if job.failed:
            self.jobs.forget(job)
            job.check()
        return job

    def _find(self, key: str, asked: Asked[R]) -> R | None:
        """From memory or from the disk."""
        found = self._memory.get(key)
        if found is None and asked.question.stored:
            found = self.store.find(key, partial(read_record, asked.question.answer))
            if found is not None:
                self._memory.put(key, found)
        return found

    def _compute_once(self, key: str, subject: Subject, asked: Asked[R], progress: Progress) -> None:
        """The work of a job; nothing where another one has ended between the question and its start."""
        if self._find(key, asked) is None:
            self._compute(subject, asked, progress)

    def _compute(self, subject: Subject, asked: Asked[R], progress: Progress) -> R:
        """The answer, computed in this thread and kept."""
        subject, question = asked.of or subject, asked.question
        opened, key = self.library.open(subject), self.key(subject, asked)
        needs = question.needs(opened, asked.settings)

        def needed(need: Asked) -> object:
            if need not in needs:
                raise LookupError(f"{question.name} does not declare that it needs {need.question.name}.")
            found = self._find(self.key(subject, need), need)
            # A needed answer may have been dropped from memory: its steps are not counted, but it can be cancelled.
            return self._compute(subject, need, lambda *_: task.passed(0)) if found is None else found

        task = Task(opened, needed, self.library.open, progress)
        answer = question.compute(task, asked.settings)
        self._memory.put(key, answer)
        if question.stored:
            write = partial(self.store.write, key, answer, write_record)
            self._writer.submit(write) if question.at_once else write()
        return answer

    def _ready(self, subject: Subject, asked: Asked) -> bool:
        needs = asked.question.needs(self.library.open(subject), asked.settings)
        known = [self._find(self.key(subject, need), need) is not None for need in needs]
        return all(
            there or need.inside or (need.question.at_once and self._ready(need.of or subject, need))
            for need, there in zip(needs, known, strict=True)
        )


def _unheard(done: int, total: int) -> None:
    """Ignores the progress of answers that are computed at once."""


def _wait(job: Job, report: Callable[[str], None]) -> None:
    try:
        while not job.wait(_PAUSE):
            left = "" if job.remaining is None else f", about {max(job.remaining, 0):.0f} s left"
            report(f"{job.doing}: {job.done} of {job.total or '?'} {job.counts}{left}")
    except KeyboardInterrupt:
        job.cancel()
        raise
    if job.cancelled:
        raise Cancelled
