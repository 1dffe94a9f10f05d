"""Timers of progress bars: rarer the more people look, and without effect while a script runs."""

from unittest.mock import Mock

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession

from kann.backend.engine.jobs import Job, Kind
from kann.ui.timers import interval, skip_during_runs


def job(beside, people):
    made = Job("key", lambda progress: None, Kind(beside=beside))
    made.visitors = {str(number) for number in range(people)}
    return made


def session_with(runner):
    return Mock(spec=AppSession, _scriptrunner=runner)


def test_a_job_is_looked_at_more_rarely_where_nobody_waits_or_many_look():
    assert interval(job(False, 1)) < interval(job(False, 50)) < interval(job(True, 50))
    assert interval(job(False, 1)) < interval(job(True, 1))


@pytest.mark.parametrize(("by_timer", "running", "asked"), [(True, True, 0), (True, False, 1), (False, True, 1)])
def test_a_timer_asks_for_nothing_while_a_script_runs(monkeypatch, by_timer, running, asked):
    calls = []
    monkeypatch.setattr(AppSession, "request_rerun", lambda session, client_state: calls.append(client_state))
    skip_during_runs()

    AppSession.request_rerun(session_with(object() if running else None), ClientState(is_auto_rerun=by_timer))

    assert len(calls) == asked


def test_a_rerun_without_a_state_of_the_browser_is_asked_for(monkeypatch):
    calls = []
    monkeypatch.setattr(AppSession, "request_rerun", lambda session, client_state: calls.append(client_state))
    skip_during_runs()

    AppSession.request_rerun(session_with(object()), None)

    assert calls == [None]
