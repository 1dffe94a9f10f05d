"""Long work on the screen: progress, an estimate, cancel; the page itself stays free."""

from __future__ import annotations

from typing import TypeVar

import streamlit as st

from kann.backend.engine.jobs import Job
from kann.ui.start import service

T = TypeVar("T")


def show_job(job: Job, what: str, counted: str = "sequences") -> None:
    """The job's progress until it ends; then the page runs again and finds the result."""
    if job.cancelled:
        _stopped(job, what, counted)
    else:
        _running(job, what, counted)


def settled(answer: T | Job, what: str) -> T | None:
    """The answer where it is at hand; else its job's progress stands here, and there is none yet."""
    if not isinstance(answer, Job):
        return answer
    show_job(answer, what)
    return None


@st.fragment(run_every=0.3)
def _running(job: Job, what: str, counted: str) -> None:
    if job.finished:
        st.rerun()
    columns = st.columns([6, 1], vertical_alignment="center")
    columns[0].progress(min(job.share, 1.0), text=f"{what}: {_words(job, counted)}")
    if columns[1].button("Cancel", key=f"cancel-{job.key}", width="stretch"):
        job.cancel()
        st.rerun()


def _stopped(job: Job, what: str, counted: str) -> None:
    st.info(f"{what}: stopped after {job.done} of {job.total or 'the'} {counted}.", icon=":material/pause_circle:")
    if st.button("Start again", key=f"again-{job.key}"):
        service().jobs.forget(job.key)
        st.rerun()


def _words(job: Job, counted: str) -> str:
    if job.started is None:
        return "waiting for a free worker"
    if job.remaining is None:
        return "starting"
    return f"{job.done} of {job.total} {counted}, about {max(job.remaining, 0):.0f} s left"
