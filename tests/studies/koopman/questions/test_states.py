"""Sums of trained and untrained networks: which sequences go in, and what comes with them."""

from dataclasses import replace

import numpy as np
import pytest

import kann
from kann.analyses.koopman.spectrum.settings import Settings, Summed
from kann.backend.engine.service import Service
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library
from kann.errors import NotEnoughData, UnknownNetwork
from kann.interventions.untrained_twins import kinds_of, untrained_twin
from kann.studies.koopman.questions import states
from kann.studies.koopman.questions.modes import DOMINANCE, Scored
from kann.studies.koopman.questions.states import (
    GRADIENT,
    SUMS,
    TWIN_SUMS,
    ReadOut,
    Twin,
    TwinSums,
    few_of,
    few_scored,
)
from kann.studies.koopman.questions.untrained import UNTRAINED, UntrainedSettings, untrained_beside
from tests.networks import save_beats, save_lstm
from tests.studies.koopman.pairs import BEATS, STATES, TEXTS, last_job

ORTHOGONAL = Twin("orthogonal", 1)


def test_sums_hold_all_sequences_fitted_or_held_out(answer):
    sums = answer(SUMS(Summed()))

    assert sums.sequences == 60
    assert sums.longest == 40
    assert [part.factors(True).pairs for part in sums.views] == [48 * 39, 12 * 39]
    assert sums.gradient is None
    assert answer(SUMS(Summed()), TEXTS).gradient.shape == (2, 12)


def test_sums_in_parts_are_those_in_one(answer, monkeypatch):
    whole = answer(SUMS(Summed(groups=0, lag=3)))
    monkeypatch.setattr(states, "A_PART", 7)

    parted = answer(SUMS(Summed(groups=0, lag=3, held_out=5, max_length=40)))

    one, other = (sums.fitted.without_inputs.solve().eigenvalues for sums in (whole, parted))
    np.testing.assert_allclose(other, one, atol=1e-7)


def test_a_part_without_a_transition_does_not_hinder_the_others(service, tmp_path, monkeypatch):
    steps = np.where(np.arange(20) < 10, 1, 15)
    random = np.random.default_rng(0)
    np.savez(tmp_path / "states.npz", states=random.standard_normal((20, 15, 2)), lengths=steps)
    monkeypatch.setattr(states, "A_PART", 4)

    found = Service(Store(tmp_path / "cache"), Library(tmp_path)).answer(STATES, SUMS(Summed(groups=0)))

    assert sum(part.factors(True).pairs for part in found.views) == 10 * 14


def test_data_without_a_transition_are_refused(tmp_path):
    np.savez(tmp_path / "states.npz", states=np.zeros((6, 1, 2)), lengths=np.ones(6, int))

    with pytest.raises(NotEnoughData):
        Service(Store(tmp_path / "cache"), Library(tmp_path)).answer(STATES, SUMS(Summed()))


def test_a_second_pass_looks_at_few_of_what_was_held_out(opened, monkeypatch):
    held = opened().split(5).held_out
    assert few_scored(opened(), Summed()).tolist() == held.tolist()

    monkeypatch.setattr(states, "MOST_SCORED", 6)

    few = few_scored(opened(), Summed())
    assert set(few) < set(held)
    assert np.unique(opened().dataset.labels[few], return_counts=True)[1].tolist() == [3, 3]
    assert len(few_scored(opened(), Summed(held_out=1000))) == 6


@pytest.mark.parametrize(("most", "counts"), [(20, (16, 4)), (60, (48, 12)), (200, (48, 12)), (1, (1, 0))])
def test_few_sequences_keep_the_share_that_is_held_out(opened, most, counts):
    chosen = opened().split(5)

    few = few_of(opened(), chosen, most)

    assert (len(few.fitted), len(few.held_out)) == counts
    assert set(few.fitted) <= set(chosen.fitted)
    assert set(few.held_out) <= set(chosen.held_out)


def test_a_twin_is_summed_over_few_of_the_same_sequences(answer, opened):
    found = answer(TWIN_SUMS(TwinSums(Summed(groups=1), ORTHOGONAL, 20)))

    few = few_of(opened(), opened().split(5), 20)
    batches = kann.hidden_states(untrained_twin(opened().network, 1, "orthogonal"), opened().dataset.select(few.fitted))
    assert found.sequences == 20
    np.testing.assert_allclose(
        found.fitted.without_inputs.solve().eigenvalues, kann.summarise(batches).solve().eigenvalues, atol=1e-7
    )


def test_untrained_networks_are_of_every_kind(service, opened):
    asked = UNTRAINED(UntrainedSettings(twins=2, twin_sequences=20, lag=2))

    found = service.answer(BEATS, asked)

    kinds = kinds_of(opened().network)
    assert found.kinds.tolist() == [kind for kind in kinds for _ in range(2)]
    assert found.ranks.tolist() == [1, 2, 4, 8, 12]
    assert last_job(service, BEATS, UNTRAINED(UntrainedSettings(twins=1, twin_sequences=20, lag=3))).total == len(kinds)


def test_untrained_networks_of_one_class_read_its_sequences_alone(answer, opened):
    settings = Settings(twins=1, label=2)
    found = answer(untrained_beside(settings))

    fitted = opened().split(5).fitted
    own = opened().dataset.select(fitted[opened().dataset.labels[fitted] == 2])
    twin = untrained_twin(opened().network, 0, found.kinds[0])
    expected = kann.summarise(kann.hidden_states(twin, own)).solve().eigenvalues
    np.testing.assert_allclose(np.sort(np.abs(found.at(len(found.ranks) - 1)[0])), np.sort(np.abs(expected)), atol=1e-7)


def test_states_have_no_untrained_twins(answer):
    assert len(answer(untrained_beside(Settings(twins=1)), STATES)) == 0
    with pytest.raises(UnknownNetwork, match="no untrained twin"):
        answer(TWIN_SUMS(TwinSums(Summed(), ORTHOGONAL, 20)), STATES)


def test_a_linear_read_out_has_one_gradient_everywhere(answer, opened):
    found = answer(GRADIENT(ReadOut()), TEXTS).outputs

    weight = opened(TEXTS).network.readout.weight.detach().numpy()
    np.testing.assert_allclose(found[:, :6], weight, rtol=1e-6)
    np.testing.assert_array_equal(found[:, 6:], 0)
    assert answer(GRADIENT(ReadOut())).outputs is None


def test_labels_of_too_many_classes_are_not_kept_apart(tmp_path):
    save_lstm(tmp_path / "model.pt")
    save_beats(tmp_path / "beats.txt", classes=20)
    service = Service(Store(tmp_path / "cache"), Library(tmp_path))

    sums = service.answer(BEATS, SUMS(Summed()))

    assert not sums.fitted.holds(3)
    assert service.answer(BEATS, DOMINANCE(Scored(Settings(rank=3)))).labels.tolist() == ["all"]
    assert service.library.open(BEATS).classes == []


def test_inputs_beyond_a_width_are_not_summed_along(answer, monkeypatch):
    assert answer(SUMS(Summed(lag=4))).fitted.moments.inputs == 1

    monkeypatch.setattr(states, "MOST_INPUTS", 0)

    assert answer(SUMS(replace(Summed(lag=5)))).fitted.moments.inputs == 0
