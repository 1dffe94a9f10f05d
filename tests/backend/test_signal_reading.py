import shutil

import numpy as np
import pytest

from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library, Source
from kann.backend.service import Service
from kann.inputs.data.waves import can_find_waves
from kann.tasks.demos import find_demo
from tests.backend.test_mode_classes import waited
from tests.backend.test_service import settle
from tests.networks import save_autoencoder, save_beats, save_states

SOURCE = Source(data="path:beats.txt", model="path:model.pt")
QUICK = Settings(twins=0, samples=20)


@pytest.fixture
def service(tmp_path):
    save_autoencoder(tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt")
    save_states(tmp_path / "states.npz")
    shutil.copy(tmp_path / "beats.txt", tmp_path / "MITDB_part.txt")
    return Service(Store(tmp_path / "cache"), Library(tmp_path))


def test_heartbeats_are_known_by_their_name_and_rates_by_the_card(service):
    demo = Source("demo:ecg", "demo:ecg")

    assert service.are_heartbeats(demo)
    assert service.are_heartbeats(Source("path:MITDB_part.txt", "path:model.pt"))
    assert not service.are_heartbeats(SOURCE)
    assert service.sampling_rate(demo) == 250
    assert service.sampling_rate(SOURCE) is None
    assert not service.waves_can_be_found(Source("path:states.npz"))


def test_the_card_s_rate_holds_for_the_data_that_it_was_trained_on(service, tmp_path):
    shutil.copy(tmp_path / "beats.txt", tmp_path / "ECG5000_TEST.txt")

    assert service.sampling_rate(Source("path:ECG5000_TEST.txt", "demo:ecg")) == 250


def test_readings_hold_signal_energy_and_fifths(service):
    result = settle(service, settings=QUICK)

    found = service.signal_readings(SOURCE, QUICK, result, [3, 8], None)

    assert [reading.name for reading in found] == ["3", "8"]
    assert found[0].label == "class 2"
    assert found[0].signal.shape == (40, 1)
    assert found[0].energy["contribution"].shape == (40, len(found[0].modes))
    assert np.bincount(found[0].segment).tolist() == [0, 8, 8, 8, 8, 8]


def test_energy_by_fifths_adds_up_to_that_of_the_readings(service):
    result = settle(service, settings=QUICK)
    rows = [row for row in range(60) if row % 5 == 4 and row % 2 == 0]

    found = waited(service.energy_by_segment(SOURCE, QUICK, result, None, False))
    readings = service.signal_readings(SOURCE, QUICK, result, rows, None)

    expected = np.mean([reading.energy["innovation"].sum(axis=0) for reading in readings], axis=0)
    np.testing.assert_allclose(found.innovation[0].sum(axis=0, where=np.isfinite(found.innovation[0])), expected)
    assert found.sequences.tolist() == [6, 6]


def test_states_without_a_network_show_their_norm(service, tmp_path):
    source = Source(data="path:states.npz")
    result = settle(service, source, QUICK)

    reading = service.signal_readings(source, QUICK, result, [0], None)[0]

    with np.load(tmp_path / "states.npz") as file:
        np.testing.assert_allclose(reading.signal[:, 0], np.linalg.norm(file["states"][0], axis=1), rtol=1e-6)
    assert (reading.energy["innovation"][0] == 0).all()


@pytest.mark.skipif(not can_find_waves(), reason="NeuroKit2 is not installed")
def test_the_demo_s_normal_beats_have_their_waves(service):
    source = Source("demo:ecg", "demo:ecg")
    result = settle(service, source, QUICK)
    labels = service.library.dataset(source.data).labels
    rows = np.flatnonzero(labels == find_demo("ecg").card["data_file"]["rhythms"][0]["class"])[:3].tolist()

    waves = waited(service.waves(source, QUICK, rows, 250.0))
    readings = service.signal_readings(source, QUICK, result, rows, waves)

    assert waves.segments.tolist() == ["rest", "P", "QRS", "T"]
    assert all(not reading.missing for reading in readings)
    assert readings[0].label == "normal"
