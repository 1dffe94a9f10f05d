"""Jobs: one for each key, priority, turns between visitors, and none for visitors who have left."""

import threading
from dataclasses import replace

import pytest

from kann.backend.engine.jobs import Cancelled, Jobs, Kind
from kann.backend.engine.visitors import Visitors
from kann.errors import OutOfRange
from tests.patience import PATIENCE

BESIDE = Kind(beside=True)


class People:
    """Who asks, and who is still there."""

    def __init__(self):
        self.here, self.left = None, set()
        self.visitors = Visitors(lambda: self.here, lambda name: name not in self.left)

    def starts(self, jobs, name, key, work, kind=None):
        self.here = name
        return jobs.start(key, work, kind)


class Workshop:
    """Jobs whose one worker is kept at work until `open`; the keys of those that have run, in their order."""

    def __init__(self, **settings):
        self.people, self.ran, self.gate = People(), [], threading.Event()
        self.jobs = Jobs(workers=1, visitors=self.people.visitors, **settings)
        held = threading.Event()
        self.people.starts(self.jobs, "the first", "gate", lambda _: held.set() or self.gate.wait(PATIENCE))
        assert held.wait(PATIENCE)

    def add(self, name, key, kind=None):
        return self.people.starts(self.jobs, name, key, lambda _: self.ran.append(key), kind)

    def open(self, *jobs):
        self.gate.set()
        for job in jobs:
            assert job.wait(PATIENCE)
        return self.ran


def forever(begun):
    """Work that goes on from batch to batch until it is stopped."""

    def work(progress):
        while True:
            progress(1, 100)
            begun.set()

    return work


def test_a_job_reports_and_ends():
    job = Jobs().start("a", lambda progress: [progress(done, 4) for done in (1, 4)])

    job.check()
    assert (job.done, job.total, job.share) == (4, 4, 1.0)
    assert job.remaining == 0


def test_the_same_key_is_one_job():
    jobs, gate = Jobs(), threading.Event()
    one = jobs.start("a", lambda _: gate.wait(PATIENCE))

    assert jobs.start("a", lambda _: None) is one
    gate.set()


def test_a_job_that_ended_well_is_forgotten():
    jobs = Jobs()
    jobs.start("a", lambda _: None).check()

    assert jobs.find("a") is None


def test_a_stopped_job_ends_between_two_batches_and_can_be_started_again():
    jobs, begun, ran = Jobs(), threading.Event(), []
    job = jobs.start("a", forever(begun))
    assert begun.wait(PATIENCE)

    job.cancel()

    with pytest.raises(Cancelled):
        job.check()
    assert jobs.start("a", lambda _: None) is job
    jobs.forget(job)
    jobs.start("a", lambda _: ran.append("again")).check()
    assert ran == ["again"]


def test_a_waiting_job_is_stopped_without_running():
    shop = Workshop()
    waiting, last = shop.add("a", "waiting"), shop.add("a", "last")

    waiting.cancel()

    with pytest.raises(Cancelled):
        waiting.check()
    assert shop.open(last) == ["last"]


def test_what_one_visitor_has_stopped_another_starts_anew():
    shop = Workshop()
    stopped = shop.add("a", "x")
    stopped.cancel()

    assert shop.add("a", "x") is stopped
    assert shop.open(shop.add("b", "x")) == ["x"]


def test_an_error_stays_until_it_is_forgotten():
    jobs = Jobs()

    def fail(progress):
        raise OutOfRange("a rank of 0")

    job = jobs.start("a", fail)
    with pytest.raises(OutOfRange, match="a rank of 0"):
        job.check()
    assert job.failed
    assert jobs.start("a", lambda _: None) is job
    jobs.forget(job)
    jobs.start("a", lambda _: None).check()


def test_what_failed_and_nobody_asks_for_again_is_not_kept_for_ever():
    jobs = Jobs(kept=3)
    for number in range(10):
        jobs.start(str(number), lambda _: 1 / 0).wait(PATIENCE)

    assert jobs.find("0") is None
    assert jobs.find("9") is not None


def test_what_somebody_waits_for_goes_before_what_comes_beside_it():
    shop = Workshop()
    added = [shop.add("a", "twins", BESIDE), shop.add("b", "first pass")]

    assert shop.open(*added) == ["first pass", "twins"]


def test_what_came_beside_goes_first_once_somebody_waits_for_it():
    shop = Workshop()
    added = [shop.add("a", "twins", BESIDE), shop.add("a", "sums", BESIDE), shop.add("b", "sums")]

    assert added[1] is added[2]
    assert shop.open(*added) == ["sums", "twins"]


def test_a_job_beside_lends_its_thread_to_what_somebody_waits_for():
    jobs, begun, asked, ran = Jobs(workers=1), threading.Event(), threading.Event(), []

    def twins(progress):
        begun.set()
        assert asked.wait(PATIENCE)
        progress(1, 2)
        ran.append("twins")

    beside = jobs.start("twins", twins, BESIDE)
    assert begun.wait(PATIENCE)
    jobs.start("first pass", lambda _: ran.append("first pass"))
    also = jobs.start("other twins", lambda _: ran.append("other twins"), BESIDE)
    asked.set()

    also.wait(PATIENCE)
    beside.check()
    assert ran == ["first pass", "twins", "other twins"]


def test_an_error_of_what_was_lent_a_thread_stays_its_own():
    jobs, begun, asked = Jobs(workers=1), threading.Event(), threading.Event()
    beside = jobs.start("twins", lambda progress: begun.set() or (asked.wait(PATIENCE) and progress(1, 2)), BESIDE)
    assert begun.wait(PATIENCE)
    urgent = jobs.start("first pass", lambda _: 1 / 0)
    asked.set()

    with pytest.raises(ZeroDivisionError):
        urgent.check()
    beside.check()


def test_visitors_take_turns_however_much_one_of_them_asks():
    shop = Workshop()
    added = [shop.add("many", str(number)) for number in range(4)]
    added += [shop.add("few", "one"), shop.add("few", "two")]

    assert shop.open(*added) == ["0", "one", "1", "two", "2", "3"]


def test_an_older_setting_of_the_same_question_comes_last_and_the_oldest_not_at_all():
    shop, sums = Workshop(queue=2), Kind(place="sums of a pair")
    added = [shop.add("a", f"length {length}", sums) for length in (10, 20, 30, 40)]
    other = shop.add("a", "energy", Kind(place="energy of a pair"))

    assert shop.open(*added, other) == ["length 40", "energy", "length 20", "length 30"]
    with pytest.raises(Cancelled):
        added[0].check()
    assert not added[0].cancelled


def test_an_older_setting_that_another_waits_for_keeps_its_place():
    shop, sums = Workshop(queue=0), Kind(place="sums of a pair")
    shared = [shop.add(name, "length 10", sums) for name in "ab"]

    assert shop.open(shop.add("a", "length 20", sums), *shared) == ["length 10", "length 20"]


def test_an_older_setting_that_is_asked_for_again_is_waited_for_again():
    shop, sums = Workshop(), Kind(place="sums of a pair")
    added = [shop.add("a", key, sums) for key in ("length 10", "length 20", "length 10")]

    assert added[0] is added[2]
    assert shop.open(*added) == ["length 10", "length 20"]


def test_who_has_left_takes_along_what_waits_unless_another_wants_it():
    shop = Workshop()
    alone, shared = shop.add("a", "alone"), [shop.add(name, "shared") for name in "ab"]
    shop.people.left.add("a")

    assert shop.open(*shared, alone) == ["shared"]
    with pytest.raises(Cancelled):
        alone.check()


@pytest.mark.parametrize(("grace", "stays"), [(0.0, False), (PATIENCE, True)])
def test_who_has_left_takes_along_what_runs_after_a_while(grace, stays):
    people, begun, ended = People(), threading.Event(), threading.Event()
    jobs = Jobs(workers=1, visitors=people.visitors, grace=grace)

    def work(progress):
        begun.set()
        assert ended.wait(PATIENCE)
        for done in (1, 2):
            progress(done, 2)

    job = people.starts(jobs, "a", "long", work)
    assert begun.wait(PATIENCE)
    people.left.add("a")
    ended.set()

    assert job.wait(PATIENCE)
    assert job.done == (2 if stays else 1)
    assert (jobs.find("long"), job.cancelled, job.failed) == (None, False, False)


def test_a_job_that_was_dropped_is_another_one_for_who_asks_later():
    shop = Workshop()
    dropped = shop.add("a", "x")
    shop.people.left.add("a")
    shop.open()
    assert dropped.wait(PATIENCE)

    assert shop.open(shop.add("b", "x")) == ["x"]


def test_jobs_say_whether_somebody_waits():
    shop = Workshop()
    assert shop.jobs.waited_for
    shop.open(shop.jobs.find("gate"))

    gate = threading.Event()
    beside = shop.people.starts(shop.jobs, "a", "twins", lambda _: gate.wait(PATIENCE), replace(BESIDE))
    assert not shop.jobs.waited_for
    gate.set()
    beside.check()


def test_a_job_beside_steps_aside_between_two_batches_and_no_other_does():
    jobs, stepped = Jobs(workers=1), []
    jobs.step_aside = lambda: stepped.append("aside")

    jobs.start("first pass", lambda progress: progress(1, 1)).check()
    assert not stepped
    jobs.start("twins", lambda progress: progress(1, 1), BESIDE).check()

    assert stepped == ["aside"]
