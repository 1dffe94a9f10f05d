"""Timers of progress bars: not so often that many of them fill the server, and never between a run and its page."""

from __future__ import annotations

from functools import wraps

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession

from kann.backend.engine.jobs import Job

# Seconds between two looks at a job: that somebody waits for, and that comes beside; and more for each who waits.
_WAITED, _BESIDE = (0.3, 0.02), (1.0, 0.1)


def interval(job: Job) -> float:
    """Seconds between two looks at its progress: longer the more people look, so that all together look the same
    number of times."""
    least, each = _BESIDE if job.beside else _WAITED
    return max(least, each * len(job.visitors))


def skip_during_runs() -> None:
    """Makes Streamlit leave out what a timer asks for while a script runs; the next time comes soon.

    Between the end of a run and the sending of what it has drawn a timer would start another run, for which
    Streamlit 1.67 throws away what is not sent yet: with many sessions a moved slider then changed nothing.
    """
    request = AppSession.request_rerun

    @wraps(request)
    def request_rerun(session: AppSession, client_state: ClientState | None) -> None:
        by_timer = client_state is not None and client_state.is_auto_rerun
        if not (by_timer and session._scriptrunner is not None):
            request(session, client_state)

    AppSession.request_rerun = request_rerun
