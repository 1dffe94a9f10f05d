import threading

import pytest

from kann.backend.engine.jobs import Cancelled, Jobs
from kann.errors import Busy, OutOfRange
from tests.patience import PATIENCE


def test_a_job_reports_and_returns():
    job = Jobs().start("a", lambda progress: [progress(done, 4) for done in (1, 4)] and "result")

    assert job.future.result(PATIENCE) == "result"
    assert (job.done, job.total, job.share) == (4, 4, 1.0)
    assert job.remaining == 0


def test_the_same_key_is_one_job():
    jobs, gate = Jobs(), threading.Event()
    one = jobs.start("a", lambda progress: gate.wait(PATIENCE))

    assert jobs.start("a", lambda progress: None) is one
    gate.set()


def test_a_cancelled_job_stops_between_two_batches_and_can_be_started_again():
    jobs, running = Jobs(), threading.Event()

    def work(progress):
        running.set()
        while True:
            progress(1, 100)

    job = jobs.start("a", work)
    running.wait(PATIENCE)
    job.cancel()

    with pytest.raises(Cancelled):
        job.result()
    assert jobs.start("a", lambda progress: "again").result() == "again"


def test_a_waiting_job_is_cancelled_without_running():
    jobs, gate = Jobs(workers=1), threading.Event()
    jobs.start("a", lambda progress: gate.wait(PATIENCE))
    waiting = jobs.start("b", lambda progress: "ran")
    waiting.cancel()
    gate.set()

    with pytest.raises(Cancelled):
        waiting.result()


def test_an_error_reaches_who_asks_and_the_next_start_tries_again():
    jobs = Jobs()

    def fail(progress):
        raise OutOfRange("a rank of 0")

    with pytest.raises(OutOfRange, match="a rank of 0"):
        jobs.start("a", fail).result()
    assert jobs.start("a", lambda progress: 1).result() == 1


def test_a_full_queue_says_so():
    jobs, gate = Jobs(workers=1, queue=2), threading.Event()
    for name in "ab":
        jobs.start(name, lambda progress: gate.wait(PATIENCE))

    with pytest.raises(Busy, match="2 computations are under way"):
        jobs.start("c", lambda progress: None)
    gate.set()


def test_finished_jobs_are_not_kept_for_ever():
    jobs = Jobs(kept=3)
    for number in range(10):
        jobs.start(str(number), lambda progress: None).result()

    assert jobs.find("0") is None
    assert jobs.find("9") is not None
