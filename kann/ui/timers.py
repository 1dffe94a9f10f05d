"""Timers of progress bars: rare enough for many sessions, and never between a script run and the sending of its
page."""

from __future__ import annotations

from functools import wraps

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession

from kann.backend.engine.jobs import Job

# (seconds between two updates, seconds added for each visitor) of a job that a visitor waits for, and of one that
# computes a supplement, such as untrained twins.
_WAITED, _BESIDE = (0.3, 0.02), (1.0, 0.1)


def interval(job: Job) -> float:
    """Seconds between two updates of its progress; proportional to the number of visitors, so that their total rate
    of updates is bounded."""
    least, each = _BESIDE if job.beside else _WAITED
    return max(least, each * len(job.visitors))


def skip_during_runs() -> None:
    """Makes Streamlit ignore reruns requested by a timer while a script runs; the timer soon requests another.

    A timer that fires between the end of a run and the sending of its output starts another run, and Streamlit 1.67
    then discards the output that is not sent yet: with many sessions a moved slider changed nothing.
    """
    request = AppSession.request_rerun

    @wraps(request)
    def request_rerun(session: AppSession, client_state: ClientState | None) -> None:
        by_timer = client_state is not None and client_state.is_auto_rerun
        if not (by_timer and getattr(session, "_scriptrunner", None) is not None):
            request(session, client_state)

    AppSession.request_rerun = request_rerun
