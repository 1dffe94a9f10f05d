"""The opened network among untrained ones, all on the same sequences."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import kann
from kann.analyses.koopman.comparison.untrained_ranking import RankingSettings, UntrainedRanking
from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.engine.service import Service
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library
from kann.errors import UnknownNetwork
from kann.interventions.untrained_twins import untrained_twin
from kann.numerics.operator.spectral_distance import spectral_distance
from kann.studies.koopman.questions.ranking import FACTORS, RANKING, ranked
from tests.networks import save_beats, save_lstm
from tests.studies.koopman.pairs import BEATS, STATES, last_job

FEW = RankingSettings(twins=4, sequences=24)
FIT = Settings(rank=6)


def test_the_opened_network_lies_as_far_from_its_twins_as_their_own_operators(answer, opened):
    found = answer(RANKING(ranked(FIT, replace(FEW, sequences=128))))

    def eigenvalues(network):
        return kann.summarise(kann.hidden_states(network, opened().dataset)).solve(6).eigenvalues

    own, kind = eigenvalues(opened().network), found.kinds.index("orthogonal")
    others = [eigenvalues(untrained_twin(opened().network, seed, "orthogonal")) for seed in range(4)]
    expected = np.mean([spectral_distance(own, other) for other in others])
    assert found.distances[kind, 0] == pytest.approx(expected, rel=1e-6)
    assert found.distances.shape == (4, 5)
    assert found.sequences == 60


def test_all_networks_read_the_same_few_sequences_of_the_class_that_is_fitted(answer):
    found = answer(RANKING(ranked(replace(FIT, label=2), FEW)))

    assert found.sequences == 24
    assert found.rank == 6


def test_a_ranking_comes_back_from_the_disk(service, answer, no_unrolling):
    found = answer(RANKING(ranked(FIT, FEW)))
    no_unrolling()
    again = Service(service.store, service.library)

    back = again.answer(BEATS, RANKING(ranked(replace(FIT, inputs=True, samples=7), FEW)))

    assert isinstance(back, UntrainedRanking)
    np.testing.assert_array_equal(back.distances, found.distances)
    assert back.kinds == found.kinds


def test_a_smaller_rank_unrolls_nothing_again(answer, no_unrolling):
    answer(RANKING(ranked(FIT, FEW)))
    no_unrolling()

    assert answer(RANKING(ranked(replace(FIT, rank=4), FEW))).rank == 4


def test_progress_counts_networks_and_what_was_unrolled_is_kept_one_by_one(service):
    asked = RANKING(ranked(replace(FIT, lag=2), FEW))
    job = last_job(service, BEATS, asked)

    assert (job.done, job.total, job.counts) == (17, 17, "networks")
    parts = asked.question.needs(service.library.open(BEATS), asked.settings)
    assert len(parts) == 17
    fresh = Service(service.store, service.library)
    assert all(len(fresh.ask(BEATS, part).regressor) == 12 for part in parts if part.question is FACTORS)


def test_a_network_of_large_weights_is_told_from_every_kind_but_its_own_values(tmp_path):
    save_beats(tmp_path / "beats.txt", sequences=24)
    save_lstm(tmp_path / "model.pt")
    state = torch.load(tmp_path / "model.pt")
    torch.save({name: 4 * tensor for name, tensor in state.items()}, tmp_path / "model.pt")

    found = Service(Store(tmp_path / "cache"), Library(tmp_path)).answer(
        BEATS, RANKING(ranked(FIT, replace(FEW, twins=9)))
    )

    assert found.p_values[found.kinds.index("default")] == pytest.approx(0.1)
    assert found.p_value == found.p_values.max()


def test_states_have_no_untrained_twins(answer):
    with pytest.raises(UnknownNetwork, match="no untrained twin"):
        answer(RANKING(ranked(Settings(), FEW)), STATES)
