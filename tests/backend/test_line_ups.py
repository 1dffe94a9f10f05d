import numpy as np
import pytest
import torch

import kann
from kann.analyses.koopman.comparison.untrained_ranking import UntrainedRanking
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend.comparison import Contrast
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library, Source
from kann.backend.service import Service
from kann.errors import UnknownNetwork
from kann.interventions.untrained_twins import untrained_twin
from kann.numerics.operator.spectral_distance import spectral_distance
from tests.backend.test_comparison import TWIN, service, settle  # noqa: F401 - a fixture
from tests.backend.test_service import SOURCE
from tests.networks import save_states


def rows(service, settings=Settings(rank=6), contrast=TWIN):  # noqa: B008, F811 - frozen
    return settle(lambda: service.chance(SOURCE, settings, contrast))


def test_the_first_of_a_row_lies_as_far_from_its_twins_as_their_own_operators(service, tmp_path):  # noqa: F811
    dataset = kann.open_dataset(tmp_path / "beats.txt")
    network = kann.build_network(kann.open_checkpoint(tmp_path / "model.pt"))

    def eigenvalues(network):
        return kann.summarise(kann.hidden_states(network, dataset)).solve(6).eigenvalues

    found = rows(service)

    kind = found.kinds.index("orthogonal")
    others = [eigenvalues(untrained_twin(network, seed, "orthogonal")) for seed in range(24)]
    expected = np.mean([spectral_distance(eigenvalues(network), other) for other in others])
    assert found.distances[kind, 0] == pytest.approx(expected, rel=1e-6)
    assert found.distances.shape == (4, 25)


def test_the_rows_do_not_depend_on_which_twin_is_drawn_and_come_back_from_the_disk(service, monkeypatch):  # noqa: F811
    found = rows(service)
    monkeypatch.setattr("kann.backend.line_ups.hidden_states", None)

    again = Service(service.store, service.library).chance(SOURCE, Settings(rank=6, inputs=True), Contrast(twin=7))

    assert isinstance(again, UntrainedRanking)
    np.testing.assert_array_equal(again.distances, found.distances)
    assert again.kinds == found.kinds


def test_a_smaller_rank_unrolls_nothing_again(service, monkeypatch):  # noqa: F811
    rows(service)
    monkeypatch.setattr("kann.backend.line_ups.hidden_states", None)

    assert rows(service, Settings(rank=4)).rank == 4


def test_a_network_of_large_weights_is_told_from_every_kind_but_its_own_values(service, tmp_path):  # noqa: F811
    state = torch.load(tmp_path / "model.pt")
    torch.save({name: 4 * tensor for name, tensor in state.items()}, tmp_path / "model.pt")

    found = rows(Service(Store(tmp_path / "fresh"), Library(tmp_path)))

    assert found.p_values[found.kinds.index("default")] == pytest.approx(0.04)
    assert found.p_value == found.p_values.max()


def test_states_have_no_untrained_twins(service, tmp_path):  # noqa: F811
    save_states(tmp_path / "states.npz")

    with pytest.raises(UnknownNetwork, match="no untrained twin"):
        settle(lambda: service.chance(Source(data="path:states.npz"), Settings(), TWIN))
