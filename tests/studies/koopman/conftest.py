"""One service for all tests that only ask: what one of them had computed, the next one finds."""

import pytest

from kann.backend.engine.service import Service
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library
from tests.studies.koopman.pairs import BEATS, save_all


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    folder = save_all(tmp_path_factory.mktemp("koopman"))
    service = Service(Store(folder / "cache"), Library(folder))
    yield service
    service.close()


@pytest.fixture(scope="session")
def answer(service):
    """The answer to a question, of the beats if of nothing else."""
    return lambda asked, of=BEATS: service.answer(of, asked)


@pytest.fixture
def no_unrolling(monkeypatch):
    """From the moment it is called no network may be unrolled."""

    def forbid():
        def unrolled(*given, **named):
            raise AssertionError("unrolled again")

        for module in ("states", "modes", "texts", "signals", "faithfulness"):
            monkeypatch.setattr(f"kann.studies.koopman.questions.{module}.hidden_states", unrolled)

    return forbid


@pytest.fixture(scope="session")
def opened(service):
    return lambda pair=BEATS: service.library.open(pair)
