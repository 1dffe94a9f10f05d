"""Which modes are at work when: chosen signals at once, segments by class as a second pass."""

import numpy as np
import pytest

from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.opened.pair import Pair
from kann.inputs.data.waves import can_find_waves
from kann.studies.koopman.questions.signals import (
    ENERGY_BY_SEGMENT,
    SIGNALS,
    WAVES_FOUND,
    Segmented,
    Signals,
    WaveFinder,
    WaveSettings,
)
from kann.tasks.demos import find_demo
from tests.studies.koopman.pairs import BEATS, STATES, last_job

QUICK = Settings(samples=20)


def test_readings_hold_signal_energy_and_fifths(answer):
    found = answer(SIGNALS(Signals(QUICK, (3, 8))))

    assert [reading.name for reading in found] == ["3", "8"]
    assert found[0].label == "class 2"
    assert found[0].signal.shape == (40, 1)
    assert found[0].energy["contribution"].shape == (40, len(found[0].modes))
    assert np.bincount(found[0].segment).tolist() == [0, 8, 8, 8, 8, 8]


def test_energy_by_fifths_adds_up_to_that_of_the_readings(answer, opened):
    held, labels = opened().split(5).held_out, opened().dataset.labels
    rows = held[labels[held] == 1]

    found = answer(ENERGY_BY_SEGMENT(Segmented(QUICK)))
    readings = answer(SIGNALS(Signals(QUICK, tuple(rows.tolist()))))

    expected = np.mean([reading.energy["innovation"].sum(axis=0) for reading in readings], axis=0)
    np.testing.assert_allclose(found.innovation[0].sum(axis=0, where=np.isfinite(found.innovation[0])), expected)
    assert found.sequences.tolist() == [6, 6]


def test_all_sequences_can_be_asked_for(service):
    asked = ENERGY_BY_SEGMENT(Segmented(QUICK, everything=True))
    job = last_job(service, BEATS, asked)

    assert job.done == job.total == 60
    assert service.answer(BEATS, asked).sequences.tolist() == [30, 30]


def test_states_without_a_network_show_their_norm(answer, service):
    (reading,) = answer(SIGNALS(Signals(QUICK, (0,))), STATES)

    with np.load(service.library.root / "states.npz") as file:
        np.testing.assert_allclose(reading.signal[:, 0], np.linalg.norm(file["states"][0], axis=1), rtol=1e-6)
    assert (reading.energy["innovation"][0] == 0).all()


@pytest.mark.skipif(not can_find_waves(), reason="NeuroKit2 is not installed")
def test_the_demo_s_normal_beats_have_their_waves(answer, opened):
    pair = Pair(data="demo:ecg", model="demo:ecg")
    normal = find_demo("ecg").card["data_file"]["rhythms"][0]["class"]
    rows = tuple(np.flatnonzero(opened(pair).dataset.labels == normal)[:3].tolist())
    fit, finder = Settings(rank=4, groups=0), WaveFinder(250.0)

    waves = answer(WAVES_FOUND(WaveSettings(None, rows, finder)), pair)
    readings = answer(SIGNALS(Signals(fit, rows, finder)), pair)

    assert waves.segments.tolist() == ["rest", "P", "QRS", "T"]
    assert all(not reading.missing for reading in readings)
    assert readings[0].label == "normal"
    np.testing.assert_array_equal(readings[1].segment, waves.segment[1, : len(readings[1].segment)])


def test_another_version_of_what_finds_waves_is_another_question(service):
    finders = WaveFinder(250.0, "0.1"), WaveFinder(250.0, "0.2"), WaveFinder(100.0, "0.2")

    assert len({service.key(BEATS, ENERGY_BY_SEGMENT(Segmented(QUICK, finder=finder))) for finder in finders}) == 3
