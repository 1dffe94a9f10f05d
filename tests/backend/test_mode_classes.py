"""Second passes over modes: what they look at, that they are kept, and that all sequences can be asked for."""

import numpy as np
import pytest

import kann
from kann.analyses.koopman.modes.mode_classes import dominance
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend.engine.store import Store
from kann.backend.held_out import held_out
from kann.backend.opened.library import Library, Source
from kann.backend.service import Service
from kann.errors import UnknownNetwork
from kann.records import Dataset
from tests.backend.test_service import settle
from tests.networks import save_autoencoder, save_beats, save_lstm, save_states

SOURCE = Source(data="path:beats.txt", model="path:model.pt")
QUICK = Settings(twins=0, samples=20)


@pytest.fixture
def service(tmp_path):
    save_autoencoder(tmp_path / "model.pt")
    save_lstm(tmp_path / "bare.pt")
    save_beats(tmp_path / "beats.txt")
    save_states(tmp_path / "states.npz")
    return Service(Store(tmp_path / "cache"), Library(tmp_path))


def waited(answer):
    return answer.result() if hasattr(answer, "result") else answer


def numbers(count, labels=None):
    return Dataset("signal", [np.full((9, 1), row, np.float32) for row in range(count)], "x", labels=labels)


def test_a_second_pass_takes_what_was_held_out_and_thins_it():
    assert [int(s[0, 0]) for s in held_out(numbers(12), Settings()).sequences] == [4, 9]
    assert len(held_out(numbers(4), Settings())) == 4
    assert len(held_out(numbers(12), Settings(), everything=True)) == 12
    thinned = held_out(numbers(5000), Settings())
    assert len(thinned) == 512
    assert all(int(s[0, 0]) % 5 == 4 for s in thinned.sequences)


def test_lengths_are_cut_as_for_the_fit_and_too_many_classes_are_one():
    found = held_out(numbers(200, np.arange(200)), Settings(max_length=4))

    assert found.lengths.max() == 4
    assert found.labels is None


def test_dominance_is_that_of_the_held_out_states(service, tmp_path):
    result = settle(service, settings=QUICK)
    dataset = kann.open_dataset(tmp_path / "beats.txt")
    network = kann.build_network(kann.open_checkpoint(tmp_path / "model.pt"))
    held = dataset.select(np.flatnonzero(np.arange(60) % 5 == 4))

    found = waited(service.dominance(SOURCE, QUICK, result, False))

    expected = dominance(result.operator, kann.hidden_states(network, held))
    np.testing.assert_allclose(found.contribution, expected.contribution)
    assert waited(service.dominance(SOURCE, QUICK, result, True)).sequences.sum() == 60


def test_what_was_found_is_kept_over_a_restart(service, monkeypatch):
    result = settle(service, settings=QUICK)
    before = waited(service.modes_by_class(SOURCE, QUICK, result, [0, 2], False))
    waited(service.reconstructions(SOURCE, QUICK, result, [0, 2], 1, False))
    monkeypatch.setattr("kann.backend.mode_classes.hidden_states", None)
    again = Service(Store(service.store.folder), Library(service.library.root))

    after = again.modes_by_class(SOURCE, QUICK, result, [0, 2], False)
    rebuilt = again.reconstructions(SOURCE, QUICK, result, [0, 2], 1, False)

    np.testing.assert_array_equal(before.contribution.median, after.contribution.median)
    assert rebuilt.through == "decoder"
    assert rebuilt.original.median.shape == (2, 40, 1)


def test_all_modes_rebuild_what_the_whole_state_does(service):
    result = settle(service, settings=QUICK)

    found = waited(service.reconstructions(SOURCE, QUICK, result, list(range(12)), 1, False))

    np.testing.assert_allclose(found.part_error, found.full_error, rtol=1e-3)


def test_inputs_are_centred_as_they_were_fitted(service):
    settings = Settings(twins=0, samples=20, inputs=True)
    result = settle(service, settings=settings)

    found = waited(service.modes_by_class(SOURCE, settings, result, [0], False))
    traces = service.traces(SOURCE, settings, result, [4, 9], [0])

    assert np.isfinite(found.innovation.median).all()
    assert all(np.isfinite(trace.innovations).all() for trace in traces.traces)


def test_states_without_a_network_have_modes_but_no_way_out(service):
    source = Source(data="path:states.npz")
    result = settle(service, source, QUICK)

    assert service.through(source) is None
    assert waited(service.dominance(source, QUICK, result, False)).labels.tolist() == ["all"]
    found = waited(service.modes_by_class(source, QUICK, result, [0], False))
    assert np.isnan(found.innovation.median[0, 0, 0])


def test_a_network_without_a_way_out_is_one_sentence(service):
    source = Source(data="path:beats.txt", model="path:bare.pt")
    result = settle(service, source, QUICK)

    with pytest.raises(UnknownNetwork, match="neither a decoder nor a read-out"):
        waited(service.reconstructions(source, QUICK, result, [0], 1, False))
