"""The service asked until nothing is missing: for those who, unlike a page, have time to wait."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import wait

from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend.cached_backend import Answer
from kann.backend.engine.jobs import Cancelled, Job
from kann.backend.opened.library import Source
from kann.backend.service import Service

# What is under way and what its progress counts: the network itself, then the untrained ones.
_SAID = (("Unrolling the network", "sequences"), ("Untrained twins", "networks"))
# Seconds between two reports.
_PAUSE = 0.2


def settled(
    service: Service, source: Source, settings: Settings, report: Callable[[str], None] | None = None
) -> Result:
    """The result with its twins; `report` gets progress in words, at the end none. An interruption stops the work.

    Raises:
        KannError: what opening, rebuilding, unrolling or solving has to say.
        Cancelled: somebody else has stopped the work.
    """
    report = report or (lambda words: None)
    try:
        while job := _missing(answer := service.koopman_states(source, settings)):
            what, counted = _SAID[answer.job is None]
            _wait(job, what, counted, report)
        return answer.result
    finally:
        report("")


def _missing(answer: Answer) -> Job | None:
    return answer.job or answer.twins


def _wait(job: Job, what: str, counted: str, report: Callable[[str], None]) -> None:
    try:
        while wait([job.future], timeout=_PAUSE).not_done:
            left = "" if job.remaining is None else f", about {max(job.remaining, 0):.0f} s left"
            report(f"{what}: {job.done} of {job.total or '?'} {counted}{left}")
    except KeyboardInterrupt:
        job.cancel()
        raise
    if job.cancelled:
        raise Cancelled
