import numpy as np
import pytest
import torch

import kann
from kann.analyses.koopman.comparison.comparing import PermutationTest
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend.comparison import Contrast, with_model
from kann.backend.engine.jobs import Job
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library, Source
from kann.backend.service import Service
from kann.errors import OutOfRange, UnknownNetwork, UnreadableCheckpoint
from kann.interventions.untrained_twins import untrained_twin
from kann.numerics.operator.spectral_distance import spectral_distance
from tests.backend.test_service import SOURCE, forbid_unrolling
from tests.networks import save_beats, save_lstm, save_states
from tests.texts import WORDS, save_classifier

CLASSES, TWIN, SECOND = Contrast(classes=(1, 2)), Contrast(twin=3), Contrast(model="path:other.pt")


@pytest.fixture
def service(tmp_path):
    save_lstm(tmp_path / "model.pt")
    save_lstm(tmp_path / "other.pt", hidden=4, seed=7)
    save_beats(tmp_path / "beats.txt")
    return Service(Store(tmp_path / "cache"), Library(tmp_path))


def settle(ask):
    """Asks again until no job is in the way."""
    for _ in range(10):
        answer = ask()
        if not isinstance(answer, Job):
            return answer
        answer.result()
    raise AssertionError("the service never settles")


def comparison(service, contrast, settings=Settings()):  # noqa: B008 - frozen
    return settle(lambda: service.comparison(SOURCE, settings, contrast))


def chance(service, contrast, settings=Settings()):  # noqa: B008 - frozen
    return settle(lambda: service.chance(SOURCE, settings, contrast))


def eigenvalues(network, dataset, label=None):
    fitted = dataset.select(np.flatnonzero(np.arange(60) % 5 != 4))
    return kann.summarise(kann.hidden_states(network, fitted), groups=1).solve(label=label).eigenvalues


def test_classes_have_the_operators_that_they_have_alone(service, tmp_path):
    dataset = kann.open_dataset(tmp_path / "beats.txt")
    network = kann.build_network(kann.open_checkpoint(tmp_path / "model.pt"))

    found = comparison(service, CLASSES)

    one, other = (eigenvalues(network, dataset, label) for label in (1, 2))
    assert found.distance == pytest.approx(spectral_distance(one, other), abs=1e-7)
    assert found.names == ("class 1", "class 2")


def test_a_twin_is_that_of_its_seed_and_has_intervals(service, tmp_path):
    dataset = kann.open_dataset(tmp_path / "beats.txt")
    network = kann.build_network(kann.open_checkpoint(tmp_path / "model.pt"))

    found = comparison(service, TWIN)

    assert found.untrained
    assert spectral_distance(found.other.eigenvalues, eigenvalues(untrained_twin(network, 3), dataset)) < 1e-7
    assert found.other.has_intervals


def test_a_second_checkpoint_of_another_width_reads_the_same_data(service):
    found = comparison(service, SECOND, Settings(rank=11))

    assert (len(found.one), len(found.other)) == (11, 8)
    assert found.names == ("model.pt", "other.pt")


def test_files_of_one_name_are_told_apart(service, tmp_path):
    (tmp_path / "later").mkdir()
    save_lstm(tmp_path / "later" / "model.pt", seed=3)

    assert comparison(service, Contrast(model="path:later/model.pt")).names == ("model.pt (A)", "model.pt (B)")


def test_the_sums_of_the_spectrum_page_are_not_made_again(service, monkeypatch):
    comparison(service, TWIN)
    forbid_unrolling(monkeypatch)

    assert len(comparison(service, CLASSES, Settings(rank=5)).one) == 5


@pytest.mark.parametrize(("contrast", "sequences"), [(CLASSES, (30, 30)), (SECOND, (60, 60))])
def test_chance_is_of_all_sequences_and_comes_back_from_the_disk(service, contrast, sequences):
    found = chance(service, contrast)
    again = Service(service.store, service.library).chance(SOURCE, Settings(), contrast)

    assert isinstance(again, PermutationTest)
    assert found.sequences == again.sequences == sequences
    assert found.halves == (contrast is not CLASSES)
    np.testing.assert_array_equal(found.permuted, again.permuted)


def test_classes_that_read_other_waves_differ_and_those_of_one_wave_need_not(service, tmp_path):
    assert chance(service, CLASSES).p_value == 0.001
    beats = np.loadtxt(tmp_path / "beats.txt")
    beats = beats[beats[:, 0] == 1]
    beats[:, 0] = 1 + np.arange(30) % 2
    np.savetxt(tmp_path / "beats.txt", beats, fmt="%.6e")

    assert chance(Service(Store(tmp_path / "fresh"), Library(tmp_path)), CLASSES).p_value > 0.05


def test_a_rank_that_the_p_value_does_not_see_asks_for_no_new_one(service, monkeypatch):
    save_lstm(service.library.root / "model.pt", hidden=20)
    first = chance(service, CLASSES, Settings(rank=40))
    monkeypatch.setattr("kann.backend.comparison.hidden_states", None)

    assert chance(service, CLASSES, Settings(rank=36, inputs=True)) is first


def test_sides_that_cannot_be_compared_are_said(service, tmp_path):
    with pytest.raises(OutOfRange, match="Class 1 cannot be compared with itself"):
        service.comparison(SOURCE, Settings(), Contrast(classes=(1, 1)))
    with pytest.raises(OutOfRange, match="Both checkpoints are the same file"):
        service.comparison(SOURCE, Settings(), Contrast(model="path:model.pt"))
    with pytest.raises(UnreadableCheckpoint):
        service.comparison(SOURCE, Settings(), Contrast(model="path:beats.txt"))
    save_lstm(tmp_path / "wide.pt", inputs=3)
    with pytest.raises(UnknownNetwork, match="reads 3 channels"):
        comparison(service, Contrast(model="path:wide.pt"))
    save_states(tmp_path / "states.npz")
    with pytest.raises(UnknownNetwork, match="no untrained twin"):
        settle(lambda: service.comparison(Source(data="path:states.npz"), Settings(), TWIN))


def test_only_demos_that_read_the_data_stand_beside_them(service, tmp_path):
    assert "demo:ecg" in service.networks_beside(SOURCE)
    assert "demo:ecg" not in service.networks_beside(Source(data="demo:ecg", model="demo:ecg"))
    save_classifier(tmp_path)
    texts = Source(data="path:texts.csv", model="path:model.pt", vocabulary="path:words.json")
    assert "demo:ecg" not in service.networks_beside(texts)


def test_texts_are_read_in_the_words_of_the_network_that_has_its_own(service, tmp_path):
    save_classifier(tmp_path)
    state = torch.load(tmp_path / "model.pt")
    torch.save({"state_dict": {**state, "fc.bias": state["fc.bias"] + 1}}, tmp_path / "bare.pt")
    torch.save({"state_dict": state, "vocabulary": WORDS}, tmp_path / "worded.pt")
    given = Source(data="path:texts.csv", model="path:model.pt", vocabulary="path:words.json")

    assert with_model(service.library, given, "path:bare.pt").vocabulary == "path:words.json"
    assert with_model(service.library, given, "path:worded.pt").vocabulary == "of path:worded.pt"
    assert with_model(service.library, SOURCE, "path:worded.pt").vocabulary is None
