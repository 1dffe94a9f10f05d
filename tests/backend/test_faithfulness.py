"""Which shading to believe of a network that counts: the answer is known."""

import numpy as np
import pytest

from kann.analyses.koopman.highlights.faithfulness import Result, finding
from kann.analyses.koopman.highlights.faithfulness import Settings as Deletions
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend.engine.jobs import Job
from kann.backend.engine.record_files import read_record, write_record
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library, Source
from kann.backend.service import Service
from kann.errors import NotEnoughData, UnknownNetwork
from kann.interventions import integrated_gradients
from tests.counting import save_counter
from tests.networks import save_beats, save_lstm, save_states

SOURCE = Source(
    data="path:counter.csv", model="path:counter.pt", vocabulary="path:counter_words.json", nonlinearity="relu"
)
QUICK = Settings(twins=0)
FEW = Deletions(sequences=30, orders=3, points=8, samples=400)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_counter(tmp_path_factory.mktemp("counter"))


@pytest.fixture(scope="module")
def service(folder):
    return Service(Store(folder / "cache"), Library(folder))


def settle(ask):
    """Asks again until there is no job left, as a page does; and the last job's progress."""
    answer, last = ask(), None
    for _ in range(10):
        job = getattr(answer, "job", answer)
        if not isinstance(job, Job):
            return getattr(answer, "result", answer), last
        job.result()
        answer, last = ask(), job
    raise AssertionError("the service never settles")


def measured(service, source=SOURCE, settings=QUICK, modes=(), deletions=FEW):
    result, _ = settle(lambda: service.koopman_states(source, settings))
    return settle(lambda: service.faithfulness(source, settings, result, list(modes), deletions))


@pytest.fixture(scope="module")
def found(service):
    return measured(service)[0]


def area(found, name):
    return found.area_under_curve.value[found.methods.index(name)]


def test_what_counts_words_is_best_read_by_what_each_word_adds(found):
    assert found.best == "innovation"
    assert finding(found, "words").headline == "Of the shadings, innovation finds the words that decide best."
    assert area(found, "innovation") == pytest.approx(area(found, "integrated gradients"), abs=0.02)


def test_a_projection_smears_a_word_over_its_successors(found):
    assert area(found, "innovation") < area(found, "signed projection")
    assert area(found, "innovation") < area(found, "unsigned innovation")
    assert area(found, "innovation") < area(found, "random")


def test_random_deletion_of_a_sum_leaves_the_share_that_was_not_deleted(found):
    chance = found.methods.index("random")

    np.testing.assert_allclose(found.curves.value[chance], 1 - found.shares, atol=0.08)
    assert (found.curves.low[chance] <= 1 - found.shares + 0.02).all()


def test_all_curves_begin_with_the_whole_evidence(found):
    np.testing.assert_allclose(found.curves.value[:, 0], 1)
    assert found.sequences == 30
    assert found.methods[-1] == "random"


def test_the_progress_counts_each_sequence_once_a_method(service):
    _, job = measured(service, deletions=Deletions(sequences=10, orders=2, points=4, samples=100))

    assert job.done == job.total == 10 * (4 + 2 + 2)


def test_the_same_question_gives_the_same_numbers_and_survives_a_file(service, folder, found, tmp_path):
    again = measured(Service(Store(tmp_path / "other"), Library(folder)))[0]
    write_record(found, tmp_path / "record.npz")
    back = read_record(Result, tmp_path / "record.npz")

    for one in (again, back):
        np.testing.assert_array_equal(one.area_under_curve.value, found.area_under_curve.value)
        np.testing.assert_array_equal(one.against_random.low, found.against_random.low)
        assert (one.best, one.methods) == (found.best, found.methods)


@pytest.mark.parametrize("settings", [Settings(twins=0, inputs=True), Settings(twins=0, state="hidden", delays=1)])
def test_any_fit_can_be_measured(service, settings):
    found, _ = measured(service, settings=settings, modes=(0,), deletions=Deletions(10, orders=1, points=4, samples=50))

    assert np.isfinite(found.curves.value).all()


def test_without_captum_the_rest_is_measured_and_a_note_says_what_is_missing(service, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "captum.attr", None)
    monkeypatch.setattr("kann.backend.faithfulness.available", lambda: False)

    found, _ = measured(service, deletions=Deletions(12, orders=1, points=4, samples=50))

    assert "integrated gradients" not in found.methods
    assert "pip install captum" in found.notes[0]
    assert integrated_gradients.available()


def test_an_autoencoder_or_states_alone_decide_nothing(tmp_path):
    save_lstm(tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt")
    save_states(tmp_path / "states.npz")
    service = Service(Store(tmp_path / "cache"), Library(tmp_path))

    with pytest.raises(UnknownNetwork, match="no read-out"):
        measured(service, Source(data="path:beats.txt", model="path:model.pt"))
    with pytest.raises(UnknownNetwork, match="states without one"):
        measured(service, Source(data="path:states.npz"))


def test_too_few_held_out_sequences_are_counted(tmp_path):
    save_counter(tmp_path, count=20)
    service = Service(Store(tmp_path / "cache"), Library(tmp_path))

    with pytest.raises(NotEnoughData, match="at least 8 of them, 4 are there"):
        measured(service)
