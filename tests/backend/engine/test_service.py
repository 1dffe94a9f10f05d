"""The service on small questions of the tests' own: keys that compose, answers found again, and one way to each."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pytest

from kann.backend.engine.jobs import Cancelled, Job
from kann.backend.engine.question import Question
from kann.backend.engine.service import Service
from kann.backend.engine.store import Store
from kann.backend.engine.turns import Turns
from kann.backend.opened.library import Library
from kann.errors import OutOfRange
from tests.patience import PATIENCE


@dataclass(frozen=True)
class Opened:
    numbers: tuple[float, ...]

    @property
    def digest(self):
        return self.numbers


@dataclass(frozen=True)
class File:
    """A subject: a file of numbers."""

    name: str = "numbers.txt"

    @property
    def references(self):
        return ((f"path:{self.name}", "data"),)

    def opened(self, library):
        return Opened(tuple(map(float, (library.root / self.name).read_text().split())))


@dataclass(frozen=True)
class Power:
    exponent: int = 1


@dataclass(frozen=True)
class Scaled(Power):
    factor: float = 1.0


@dataclass(frozen=True)
class Number:
    value: float


@dataclass(frozen=True)
class Numbers:
    values: np.ndarray


def sum_powers(task, settings):
    task.expect(len(task.opened.numbers))
    total = 0.0
    for number in task.opened.numbers:
        total += number**settings.exponent
        task.passed()
    return Number(total)


SUM = Question("test/sum", 1, Power, Number, sum_powers, doing="Adding", counts="numbers")


def scaled_from(question, **fields):
    """Asks the question and multiplies."""

    def scale(task, settings):
        return Number(settings.factor * task.answer(question(settings)).value)

    needs = {"needs": lambda opened, settings: (question(settings),), "at_once": True}
    return Question("test/scaled", 1, Scaled, Number, scale, **needs | fields)


SCALED = scaled_from(SUM)


@pytest.fixture
def service(tmp_path):
    (tmp_path / "numbers.txt").write_text("1 2 3")
    (tmp_path / "others.txt").write_text("10 20")
    service = Service(Store(tmp_path / "cache"), Library(tmp_path))
    yield service
    service.close()


def counted(question, calls):
    """The question, which notes at which settings it is computed."""

    def compute(task, settings):
        calls.append(settings)
        return question.compute(task, settings)

    return replace(question, compute=compute)


def test_a_question_is_computed_with_the_answers_it_needs(service):
    assert service.answer(File(), SCALED(Scaled(2, 10.0))) == Number(140.0)


def test_a_job_stands_in_for_an_answer_until_it_has_ended(service):
    job = service.ask(File(), SCALED(Scaled()))

    assert isinstance(job, Job)
    assert (job.doing, job.counts) == ("Adding", "numbers")
    job.check()
    assert (job.done, job.total) == (3, 3)
    assert service.ask(File(), SCALED(Scaled())) == Number(6.0)


def test_what_is_computed_at_once_is_no_job(service):
    at_once = replace(SUM, at_once=True)

    assert service.ask(File(), at_once(Power())) == Number(6.0)


def test_what_is_a_part_of_the_work_has_no_job_of_its_own(service):
    needs = lambda opened, settings: (SUM(settings).as_part,)  # noqa: E731
    scaled = scaled_from(SUM, needs=needs, at_once=False, doing="Scaling")

    assert service.ask(File(), scaled(Scaled())).doing == "Scaling"
    assert service.answer(File(), scaled(Scaled(factor=2.0))) == Number(12.0)


def test_progress_is_told_in_words_and_ends_with_none(service):
    heard, begun, go = [], threading.Event(), threading.Event()

    def slow(task, settings):
        task.expect(8)
        task.passed(2)
        begun.set()
        assert go.wait(PATIENCE)
        return Number(0.0)

    def report(words):
        heard.append(words)
        if begun.is_set():
            go.set()

    service.answer(File(), replace(SUM, compute=slow)(Power()), report)

    assert heard[-2].startswith("Adding: 2 of 8 numbers")
    assert heard[-1] == ""


def test_a_raised_schema_reaches_all_that_stands_on_it(service):
    top = Question("test/top", 1, Scaled, Number, None, needs=lambda opened, settings: (SCALED(settings),))
    raised = scaled_from(replace(SUM, schema=2))
    above = replace(top, needs=lambda opened, settings: (raised(settings),))

    for before, after in ((SCALED, raised), (top, above)):
        assert service.key(File(), before(Scaled())) != service.key(File(), after(Scaled()))


def test_the_key_holds_the_settings_of_the_record_and_no_others(service):
    def key(question, *settings):
        return service.key(File(), question(Scaled(*settings)))

    assert key(SUM, 2, 1.0) == key(SUM, 2, 5.0) != key(SUM, 3, 1.0)
    assert key(SCALED, 2, 1.0) != key(SCALED, 2, 5.0)


def test_keys_tell_subjects_and_questions_apart(service):
    product = replace(SUM, name="test/product")
    asked = [(File(), SUM), (File("others.txt"), SUM), (File(), product)]

    assert len({service.key(subject, question(Power())) for subject, question in asked}) == 3
    assert service.key(File(), SUM(Power(), of=File("others.txt"))) == service.key(File("others.txt"), SUM(Power()))


def test_an_array_in_the_settings_raises(service):
    with pytest.raises(TypeError, match="A key is made of plain data, not of ndarray: pass a digest of it"):
        service.ask(File(), SUM(Power(np.ones(3))))


def test_what_a_question_does_not_declare_it_does_not_get(service):
    undeclared = scaled_from(SUM, needs=lambda opened, settings: ())

    with pytest.raises(LookupError, match="test/scaled does not declare that it needs test/sum"):
        service.ask(File(), undeclared(Scaled()))


def test_a_question_may_need_the_answer_of_another_subject(service):
    other = SUM(Power(), of=File("others.txt"))
    question = Question(
        "test/ratio", 1, Power, Number, lambda task, _: task.answer(other), needs=lambda opened, settings: (other,)
    )

    assert service.answer(File(), question(Power())) == Number(30.0)


def test_an_error_is_raised_once_and_then_tried_anew(service):
    attempts = []

    def fails_first(task, settings):
        attempts.append(settings)
        if len(attempts) == 1:
            raise OutOfRange("an exponent of 1")
        return Number(1.0)

    asked = replace(SUM, compute=fails_first)(Power())
    with pytest.raises(OutOfRange, match="an exponent of 1"):
        service.answer(File(), asked)

    assert service.answer(File(), asked) == Number(1.0)
    assert len(attempts) == 2


def test_an_interruption_stops_the_work_and_wipes_its_words(service, monkeypatch):
    heard, go = [], threading.Event()

    def endless(task, settings):
        assert go.wait(PATIENCE)
        task.passed()
        raise AssertionError("it went on")

    def interrupted(job, timeout):
        raise KeyboardInterrupt

    asked = replace(SUM, compute=endless)(Power())
    job = service.ask(File(), asked)
    monkeypatch.setattr(Job, "wait", interrupted)

    with pytest.raises(KeyboardInterrupt):
        service.answer(File(), asked, heard.append)
    go.set()
    with pytest.raises(Cancelled):
        job.check()
    assert heard == [""]


def test_a_stopped_job_stays_stopped_until_it_is_forgotten(service):
    begun, go = threading.Event(), threading.Event()

    def endless(task, settings):
        task.expect(100)
        begun.set()
        assert go.wait(PATIENCE)
        task.passed()
        raise AssertionError("it went on")

    asked = replace(SUM, compute=endless)(Power())
    job = service.ask(File(), asked)
    assert begun.wait(PATIENCE)
    job.cancel()
    go.set()

    with pytest.raises(Cancelled):
        service.answer(File(), asked)
    assert service.ask(File(), asked) is job
    service.jobs.forget(job)
    assert service.answer(File(), SUM(Power())) == Number(6.0)


def test_a_key_and_what_is_computed_under_it_are_of_the_same_bytes(service, tmp_path):
    begun, go = threading.Event(), threading.Event()

    def slow(task, settings):
        begun.set()
        assert go.wait(PATIENCE)
        return sum_powers(task, settings)

    question = replace(SUM, compute=slow)
    before = service.ask(File(), question(Power()))
    assert begun.wait(PATIENCE)
    (tmp_path / "numbers.txt").write_text("100")
    go.set()
    before.check()

    assert service.answer(File(), question(Power())) == Number(100.0)
    (tmp_path / "numbers.txt").write_text("1 2 3")
    assert service.ask(File(), question(Power())) == Number(6.0)


def test_within_one_look_a_question_is_asked_of_the_same_file(service, tmp_path):
    with service.library.look():
        assert service.answer(File(), SUM(Power())) == Number(6.0)
        (tmp_path / "numbers.txt").write_text("100")
        assert service.answer(File(), SUM(Power())) == Number(6.0)
    assert service.answer(File(), SUM(Power())) == Number(100.0)


def test_stored_answers_are_found_again_by_another_service(service, tmp_path):
    calls = []
    stored, fleeting = counted(SUM, calls), replace(counted(SUM, calls), name="test/fleeting", stored=False)
    for question in (stored, fleeting):
        service.answer(File(), question(Power()))
    again = Service(Store(tmp_path / "cache"), Library(tmp_path))

    assert again.ask(File(), stored(Power())) == Number(6.0)
    assert len(calls) == 2
    assert again.answer(File(), fleeting(Power())) == Number(6.0)
    assert len(calls) == 3


def test_an_answer_of_arrays_comes_back_whole_from_the_disk(service, tmp_path):
    squares = Question("test/squares", 1, Power, Numbers, lambda *_: Numbers(np.arange(4.0) ** 2), at_once=True)
    service.ask(File(), squares(Power()))
    service.close()

    found = Service(Store(tmp_path / "cache"), Library(tmp_path)).ask(File(), squares(Power()))

    np.testing.assert_array_equal(found.values, [0.0, 1.0, 4.0, 9.0])


def test_what_many_ask_at_the_same_time_is_computed_once(service):
    calls, gate = [], threading.Event()

    def slow(task, settings):
        calls.append(settings)
        assert gate.wait(PATIENCE)
        return Number(1.0)

    asked = replace(SUM, compute=slow, at_once=True)(Power())
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(service.ask, File(), asked) for _ in range(8)]
        gate.set()

        assert [one.result(PATIENCE) for one in found] == [Number(1.0)] * 8
    assert len(calls) == 1


def test_no_more_is_computed_at_once_than_there_are_cores(service):
    service._turns = Turns(2)
    inside, most, lock, pair = [], [], threading.Lock(), threading.Barrier(2)

    def slow(task, settings):
        with lock:
            inside.append(settings)
            most.append(len(inside))
        pair.wait(PATIENCE)
        with lock:
            inside.remove(settings)
        return Number(1.0)

    at_once = replace(SUM, compute=slow, at_once=True)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda exponent: service.ask(File(), at_once(Power(exponent))), range(6)))

    assert max(most) == 2


def test_a_question_beside_and_all_that_only_it_needs_come_beside(service):
    gate = threading.Event()
    slow = replace(SUM, compute=lambda *_: Number(float(gate.wait(PATIENCE))))
    beside = scaled_from(slow, beside=True)

    job = service.ask(File(), beside(Scaled()))
    assert job.beside
    assert service.ask(File(), slow(Power())) is job
    assert not job.beside
    gate.set()
    job.check()


def test_what_somebody_waits_for_is_urgent_whatever_it_stands_on(service):
    gate = threading.Event()
    twins = replace(SUM, compute=lambda *_: Number(float(gate.wait(PATIENCE))), beside=True)

    job = service.ask(File(), scaled_from(twins)(Scaled()))

    assert not job.beside
    gate.set()
    job.check()


def prefetched(service, *asked):
    """Returns once the wish has been fulfilled or dropped."""
    service.prefetch(File(), asked)
    service._prefetch._pool.submit(lambda: None).result(PATIENCE)


def test_what_has_been_done_ahead_is_at_hand(service):
    calls = []
    scaled = counted(SCALED, calls)
    service.answer(File(), SUM(Power()))

    prefetched(service, scaled(Scaled(factor=2.0)))

    assert service.ask(File(), scaled(Scaled(factor=2.0))) == Number(12.0)
    assert len(calls) == 1


def test_nothing_is_done_ahead_that_takes_a_job(service):
    calls = []

    prefetched(service, counted(SCALED, calls)(Scaled()))

    assert not calls


def test_somebody_waits_while_a_page_is_made_or_a_job_or_a_turn_is_not_over(service):
    gate = threading.Event()
    question = replace(SUM, compute=lambda *_: Number(float(gate.wait(PATIENCE))))

    def while_asked(asked):
        job = service.ask(File(), asked)
        busy = service._is_busy()
        gate.set()
        job.check()
        gate.clear()
        return busy

    assert not service._is_busy()
    with service.visit():
        assert service._is_busy()
    with service._turns.turn("key"):
        assert service._is_busy()
    assert while_asked(question(Power()))
    assert not while_asked(replace(question, beside=True)(Power(2)))
    assert not service._is_busy()


def test_what_comes_beside_waits_for_a_page_that_is_being_made(service, monkeypatch):
    monkeypatch.setattr("kann.backend.engine.service._ASIDE", PATIENCE)
    beside = replace(SUM, beside=True)

    with service.visit():
        job = service.ask(File(), beside(Power()))
        assert not job.wait(0.0)
        assert service.answer(File(), SUM(Power(2))) == Number(14.0)
        assert not job.finished

    job.check()
