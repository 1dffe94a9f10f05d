import threading

import pytest

from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend import waiting
from kann.backend.cached_backend import Answer
from kann.backend.engine.jobs import Cancelled
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library, Source
from kann.backend.service import Service
from kann.backend.waiting import settled
from kann.errors import UnknownNetwork
from tests.networks import save_beats, save_lstm

SOURCE = Source(data="path:beats.txt", model="path:model.pt")


class Slow(Service):
    """At first its job lasts until it is let go, or is stopped."""

    def __init__(self, folder):
        super().__init__(Store(folder / "cache"), Library(folder))
        self.free = threading.Event()
        self.job = self.jobs.start("slow", self._work)

    def _work(self, progress):
        while not self.free.wait(0.01):
            progress(3, 4)

    def koopman_states(self, source, settings, twins=True):
        return super().koopman_states(source, settings) if self.free.is_set() else Answer(job=self.job)


@pytest.fixture
def folder(tmp_path):
    save_lstm(tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt")
    return tmp_path


@pytest.fixture
def service(folder):
    return Service(Store(folder / "cache"), Library(folder))


@pytest.fixture
def slow(folder):
    slow = Slow(folder)
    yield slow
    slow.job.cancel()


def test_the_result_comes_with_its_twins(service):
    assert settled(service, SOURCE, Settings(twins=2)).spectrum.untrained.each == 2


def test_what_is_wrong_is_said_by_the_service(service, folder):
    save_lstm(folder / "model.pt", inputs=3)

    with pytest.raises(UnknownNetwork, match="channel"):
        settled(service, SOURCE, Settings())


def test_progress_is_reported_in_words_and_wiped_at_the_end(slow):
    told = []

    def report(words):
        told.append(words)
        slow.free.set()

    assert settled(slow, SOURCE, Settings(twins=1), report).spectrum.untrained.each == 1
    assert told[0].startswith("Unrolling the network: ")
    assert told[0].partition(" of ")[2].startswith(("4 sequences", "? sequences"))
    assert told[-1] == ""


def test_an_interruption_stops_the_work(slow, monkeypatch):
    def interrupted(*arguments, **keywords):
        raise KeyboardInterrupt

    told = []
    monkeypatch.setattr(waiting, "wait", interrupted)

    with pytest.raises(KeyboardInterrupt):
        settled(slow, SOURCE, Settings(), told.append)
    with pytest.raises(Cancelled):
        slow.job.result()
    assert told == [""]


def test_work_that_somebody_else_stopped_is_not_waited_for(slow):
    slow.job.cancel()

    with pytest.raises(Cancelled):
        settled(slow, SOURCE, Settings())
