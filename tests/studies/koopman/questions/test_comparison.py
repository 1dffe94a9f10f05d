"""Two sides of one comparison, and how far apart chance alone would put them."""

from dataclasses import replace

import numpy as np
import pytest

import kann
from kann.analyses.koopman.comparison.comparing import PermutationSettings, PermutationTest
from kann.analyses.koopman.spectrum.settings import Settings
from kann.backend.engine.service import Service
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library
from kann.errors import UnknownNetwork
from kann.interventions.untrained_twins import untrained_twin
from kann.numerics.operator.spectral_distance import spectral_distance
from kann.studies.koopman.contrasts import Contrast, sides_of
from kann.studies.koopman.questions.comparison import CHANCE, COMPARISON, permuted
from tests.studies.koopman.pairs import BEATS, STATES, save_all

CLASSES, TWIN, SECOND = Contrast(classes=(1, 2)), Contrast(twin=3), Contrast(model="path:other.pt")
QUICK, FEW = Settings(samples=20), PermutationSettings(draws=99)


def compared(service, contrast, settings=QUICK, pair=BEATS):
    return service.answer(pair, COMPARISON(sides_of(service.library, pair, settings, contrast)))


def chance(service, contrast, settings=QUICK, draws=FEW):
    return service.answer(BEATS, CHANCE(permuted(sides_of(service.library, BEATS, settings, contrast), draws)))


def eigenvalues(opened, network, label=None):
    fitted = opened.dataset.select(opened.split(5).fitted)
    return kann.summarise(kann.hidden_states(network, fitted), groups=1).solve(label=label).eigenvalues


def test_classes_have_the_operators_that_they_have_alone(service, opened):
    found = compared(service, CLASSES)

    one, other = (eigenvalues(opened(), opened().network, label) for label in (1, 2))
    assert found.distance == pytest.approx(spectral_distance(one, other), abs=1e-7)
    assert found.names == ("class 1", "class 2")
    assert not found.untrained


def test_a_twin_is_that_of_its_seed_and_has_intervals(service, opened):
    found = compared(service, TWIN)

    alone = eigenvalues(opened(), untrained_twin(opened().network, 3))
    assert found.untrained
    assert spectral_distance(found.other.eigenvalues, alone) < 1e-7
    assert found.other.has_intervals


def test_a_second_checkpoint_of_another_width_reads_the_same_data(service):
    found = compared(service, SECOND, replace(QUICK, rank=11))

    assert (len(found.one), len(found.other)) == (11, 8)


def test_the_sums_of_the_spectrum_page_are_not_made_again(service, no_unrolling):
    compared(service, TWIN)
    no_unrolling()

    assert len(compared(service, CLASSES, replace(QUICK, rank=5)).one) == 5


@pytest.mark.parametrize(("contrast", "sequences"), [(CLASSES, (30, 30)), (SECOND, (60, 60))])
def test_chance_is_of_all_sequences_and_comes_back_from_the_disk(service, contrast, sequences):
    found = chance(service, contrast)
    again = chance(Service(service.store, service.library), contrast)

    assert isinstance(again, PermutationTest)
    assert found.sequences == again.sequences == sequences
    assert found.halves == (contrast is not CLASSES)
    np.testing.assert_array_equal(found.permuted, again.permuted)


def test_at_most_so_many_sequences_of_each_side_are_permuted(service):
    assert chance(service, CLASSES, draws=replace(FEW, sequences=12)).sequences == (12, 12)


def test_classes_that_read_other_waves_differ_and_those_of_one_wave_need_not(service, tmp_path):
    assert chance(service, CLASSES).p_value == 0.01
    beats = np.loadtxt(save_all(tmp_path) / "beats.txt")
    beats = beats[beats[:, 0] == 1]
    beats[:, 0] = 1 + np.arange(30) % 2
    np.savetxt(tmp_path / "beats.txt", beats, fmt="%.6e")

    assert chance(Service(Store(tmp_path / "cache"), Library(tmp_path)), CLASSES).p_value > 0.05


def test_what_the_p_value_does_not_see_asks_for_no_new_one(service):
    def key(settings):
        return service.key(
            BEATS, CHANCE(permuted(sides_of(service.library, BEATS, settings, CLASSES), PermutationSettings(rank=8)))
        )

    assert len({key(settings) for settings in (QUICK, replace(QUICK, rank=9, inputs=True, samples=0, seed=3))}) == 1
    assert key(replace(QUICK, rank=7)) != key(QUICK)


def test_a_network_that_reads_other_inputs_and_states_without_one_are_refused(service):
    with pytest.raises(UnknownNetwork, match="reads 3 channels"):
        compared(service, Contrast(model="path:wide.pt"))
    with pytest.raises(UnknownNetwork, match="no untrained twin"):
        compared(service, TWIN, pair=STATES)
