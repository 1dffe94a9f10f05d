import numpy as np
import pytest

from kann.analyses.koopman.spectrum.findings import finding, verdict
from kann.analyses.koopman.spectrum.koopman_states import analyse
from kann.analyses.koopman.spectrum.settings import Settings
from kann.analyses.koopman.spectrum.training_credit import mode_credit, network_credit
from kann.analyses.koopman.spectrum.untrained import Twins, compare_with_untrained, ladder
from tests.analyses.koopman.stand_ins import forgetful, slow_states, transitions, twins


def of_moduli(*moduli, kind="default", repeats=19):
    """Networks of two real modes, all but alike; solved at ranks 1 and 2."""
    random = np.random.default_rng(0)
    values = np.array([moduli] * repeats) * (1 + 0.002 * random.standard_normal((repeats, len(moduli))))
    return Twins(
        kinds=np.array([kind] * repeats),
        seeds=np.arange(repeats),
        ranks=np.array([1, 2]),
        eigenvalues=np.c_[values[:, :1], values].astype(complex),
        R2=np.full((repeats, 2), 0.5),
    )


def together(*found):
    return Twins(
        kinds=np.concatenate([one.kinds for one in found]),
        seeds=np.concatenate([one.seeds for one in found]),
        ranks=found[0].ranks,
        eigenvalues=np.concatenate([one.eigenvalues for one in found]),
        R2=np.concatenate([one.R2 for one in found]),
    )


def test_a_memory_that_no_initialisation_gives_is_credited_to_training():
    found = compare_with_untrained(np.array([0.98, 0.3 + 0j]), of_moduli(0.7, 0.3), longest=100, lag=1)

    assert found.beyond.tolist() == [True, False]
    assert found.as_many[0] == 0
    assert found.p_value == pytest.approx(1 / 20)


def test_the_kind_that_remembers_longest_decides_and_is_named():
    others = together(of_moduli(0.7, 0.3), of_moduli(0.985, 0.3, kind="forget bias 1"))

    found = compare_with_untrained(np.array([0.98, 0.3 + 0j]), others, longest=100, lag=1)

    assert not found.beyond.any()
    assert found.strictest == "forget bias 1"


def test_memories_beyond_the_longest_sequence_are_not_told_apart():
    found = compare_with_untrained(np.array([0.9999, 0.3 + 0j]), of_moduli(0.99, 0.3), longest=20, lag=1)

    assert not found.beyond.any()


def test_weights_in_random_places_that_remember_as_long_are_named_beside():
    others = together(of_moduli(0.7, 0.3), of_moduli(0.985, 0.3, kind="shuffled"))
    found = compare_with_untrained(np.array([0.98, 0.3 + 0j]), others, longest=100, lag=1)

    assert found.beyond.tolist() == [True, False]
    assert not found.beyond_shuffled.any()


def test_between_two_ranks_of_the_ladder_the_longer_memory_counts():
    few = Twins(np.array(["default"] * 2), np.arange(2), np.array([1, 3]), np.full((2, 4), 0.5 + 0j), np.zeros((2, 2)))
    few.eigenvalues[:, 0] = 0.9

    found = compare_with_untrained(np.array([0.8, 0.1 + 0j]), few, longest=100, lag=1)

    assert found.alike[0] == pytest.approx(np.log(0.5) / np.log(0.9))


def test_the_ladder_holds_powers_of_two_the_first_rank_and_all():
    assert ladder(20, 11) == [1, 2, 4, 8, 11, 16, 20]


def test_what_is_credited_is_said_of_mode_and_network():
    result = analyse(transitions(slow_states(0.99)), Settings(), forgetful())

    assert "Training made it: 1 mode lasts this long" in verdict(result.spectrum, 0)
    assert "Training made memory: 2 of 4 modes" in finding(result).support
    assert "does not last significantly longer" in mode_credit(result.spectrum, 3)


def test_a_network_like_the_others_gets_no_credit():
    others = twins(*(slow_states(seed=seed) for seed in range(1, 20)))

    result = analyse(transitions(slow_states()), Settings(), others)

    assert "No mode lasts significantly longer" in network_credit(result.spectrum)
    assert "Training made" not in finding(result).support + verdict(result.spectrum, 0)


def test_fewer_than_nineteen_networks_of_a_kind_never_credit_training():
    others = twins(*(slow_states(0.4, seed=seed) for seed in range(1, 6)))

    result = analyse(transitions(slow_states(0.99)), Settings(), others)

    assert "too few to test for training: 19 are needed" in finding(result).support
