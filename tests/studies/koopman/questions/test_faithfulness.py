"""Which shading to believe of a network that counts: the answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from kann.analyses.koopman.highlights.faithfulness import Faithfulness, FaithfulnessSettings, finding
from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.engine.record_files import read_record, write_record
from kann.backend.engine.service import Service
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library
from kann.errors import NotEnoughData, UnknownNetwork
from kann.interventions import integrated_gradients
from kann.studies.koopman.questions.faithfulness import FAITHFULNESS, Deleted
from tests.counting import save_counter
from tests.studies.koopman.pairs import BEATS, COUNTED, STATES, last_job

QUICK = Settings(samples=20)
FEW = FaithfulnessSettings(sequences=30, orders=10, points=8, samples=400)
FEWER = FaithfulnessSettings(sequences=10, orders=1, points=4, samples=50)


def measured(service, pair=COUNTED, fit=QUICK, modes=(), deletions=FEW):
    return service.answer(pair, FAITHFULNESS(Deleted(fit, modes, deletions)))


@pytest.fixture(scope="module")
def found(service):
    return measured(service)


def area(found, name):
    return found.area_under_curve.value[found.methods.index(name)]


def test_what_counts_words_is_best_read_by_what_each_word_adds(found):
    assert found.best == "innovation"
    assert "innovation" in finding(found, "words").headline
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
    job = last_job(service, COUNTED, FAITHFULNESS(Deleted(QUICK, (0,), replace(FEWER, orders=2))))

    assert job.done == job.total == 10 * (4 + 2 + 2)


def test_the_same_question_gives_the_same_numbers_and_survives_a_file(service, tmp_path):
    found = measured(service, deletions=FEWER)
    again = measured(Service(Store(tmp_path / "other"), Library(service.library.root)), deletions=FEWER)
    write_record(found, tmp_path / "record.npz")
    back = read_record(Faithfulness, tmp_path / "record.npz")

    for one in (again, back):
        np.testing.assert_array_equal(one.area_under_curve.value, found.area_under_curve.value)
        np.testing.assert_array_equal(one.against_random.low, found.against_random.low)
        assert (one.best, one.methods) == (found.best, found.methods)


@pytest.mark.parametrize("fit", [replace(QUICK, inputs=True), replace(QUICK, state="hidden", delays=1)])
def test_any_fit_can_be_measured(service, fit):
    found = measured(service, fit=fit, modes=(0,), deletions=FEWER)

    assert np.isfinite(found.curves.value).all()


def test_sequences_of_the_fitted_class_alone_are_deleted_from(service, opened):
    held, labels = opened(COUNTED).split(5).held_out, opened(COUNTED).dataset.labels

    found = measured(service, fit=replace(QUICK, label=1), deletions=replace(FEWER, sequences=None))

    assert found.sequences == np.count_nonzero(labels[held] == 1)


def test_without_captum_the_rest_is_measured_and_a_note_says_what_is_missing(service, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "captum.attr", None)
    monkeypatch.setattr("kann.studies.koopman.questions.faithfulness.available", lambda: False)

    assert Deleted(QUICK).captum is None
    job = last_job(service, COUNTED, FAITHFULNESS(Deleted(QUICK, (), FEWER)))
    found = measured(service, deletions=FEWER)

    assert job.done == job.total == 10 * (4 + 1)
    assert "integrated gradients" not in found.methods
    assert "pip install captum" in found.notes[0]
    assert integrated_gradients.available()


def test_an_autoencoder_or_states_alone_decide_nothing(service):
    with pytest.raises(UnknownNetwork, match="no read-out"):
        measured(service, BEATS)
    with pytest.raises(UnknownNetwork, match="states without one"):
        measured(service, STATES)


def test_too_few_held_out_sequences_are_counted(tmp_path):
    save_counter(tmp_path, count=20)
    service = Service(Store(tmp_path / "cache"), Library(tmp_path))

    with pytest.raises(NotEnoughData, match="at least 8 of them, 4 are there"):
        measured(service)
    with pytest.raises(NotEnoughData, match="None of 20 sequences was held out"):
        measured(service, fit=replace(QUICK, held_out=100))
