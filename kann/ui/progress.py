"""Progress of jobs on the page, with the remaining time and a cancel button; the page stays usable."""

from __future__ import annotations

from typing import TypeVar

import streamlit as st

from kann.backend.engine.jobs import Job
from kann.backend.engine.question import Asked, Subject
from kann.ui.start import service
from kann.ui.timers import interval

R = TypeVar("R")


def answer(subject: Subject, asked: Asked[R]) -> R | None:
    """The answer; None while a job computes it, whose progress is then shown here.

    Raises:
        KannError: from computing the answer.
    """
    found = service().ask(subject, asked)
    if not isinstance(found, Job):
        return found
    show_job(found, asked.question.name)
    return None


def show_job(job: Job, place: str = "page") -> None:
    """Shows the progress of the job until it ends; then the page is run again and finds the answer. `place` tells the
    parts of a page apart that wait for the same job."""
    if job.cancelled:
        _stopped(job, place)
    else:
        st.fragment(_running, run_every=interval(job))(job, place)


def _running(job: Job, place: str) -> None:
    if job.finished:
        st.rerun()
    columns = st.columns([6, 1], vertical_alignment="center")
    columns[0].progress(min(job.share, 1.0), text=f"{job.doing}: {_words(job)}")
    if columns[1].button("Cancel", key=f"cancel-{job.key}-{place}", width="stretch"):
        job.cancel()
        st.rerun()


def _stopped(job: Job, place: str) -> None:
    done = f"stopped after {job.done} of {job.total or 'the'} {job.counts}"
    st.info(f"{job.doing}: {done}.", icon=":material/pause_circle:")
    if st.button("Start again", key=f"again-{job.key}-{place}"):
        service().jobs.forget(job)
        st.rerun()


def _words(job: Job) -> str:
    if job.started is None:
        return "waiting for a free worker"
    if job.remaining is None:
        return "starting"
    return f"{job.done} of {job.total} {job.counts}, about {max(job.remaining, 0):.0f} s left"
