"""A table of systems whose answer is known, with the sentence that each of them must get."""

import numpy as np
import pytest

import kann
from kann.analyses.koopman.spectrum.findings import finding, leading_mode, verdict
from kann.analyses.koopman.spectrum.koopman_states import analyse
from kann.analyses.koopman.spectrum.settings import Settings
from kann.analyses.koopman.spectrum.transitions import Transitions
from tests.analyses.koopman.stand_ins import transitions
from tests.numerics.systems import turning


def run(matrix, noise=0.0, sequences=80, steps=50, start=1.0, drift=0.0, seed=0):
    """z(t+1) = matrix z(t) + drift + noise, from random first states."""
    random, matrix = np.random.default_rng(seed), np.atleast_2d(matrix)
    states = np.zeros((sequences, steps, len(matrix)))
    state = start * random.standard_normal((sequences, len(matrix)))
    for step in range(steps):
        state = state @ matrix.T + drift + noise * random.standard_normal(state.shape)
        states[:, step] = state
    return states


def found(states, **settings):
    return analyse(transitions(states, groups=32), Settings(**settings))


def with_dead_units(states):
    return np.concatenate([states, np.full((*states.shape[:2], 3), 0.7)], axis=2)


def memory_among_noise():
    """Three units that keep what they got, with 80 % of the variance, beside one that forgets."""
    kept = np.repeat(np.random.default_rng(0).standard_normal((80, 1, 3)), 50, axis=1)
    quick = run(0.9, noise=0.45)
    return np.concatenate([kept * np.sqrt(0.8 / 3), quick * np.sqrt(0.2) / quick.std()], axis=2)


ROTATION = turning(1.0, 24, sequences=80, steps=50)
SYSTEMS = {
    "white noise": (np.random.default_rng(0).standard_normal((100, 30, 4)), "Nothing is predicted"),
    "white noise, many units": (np.random.default_rng(1).standard_normal((100, 30, 24)), "Nothing is predicted"),
    "random walk": (
        run(np.eye(2), noise=0.1, sequences=300),
        "lasts: its modulus does not differ significantly from 1",
    ),
    "exact rotation": (ROTATION, "neither grows nor fades, with a period of 24 steps"),
    "rotation with noise 1e-4": (turning(1.0, 24, sequences=80, steps=50, noise=1e-4), "with a period of 24 steps"),
    "perfect memory": (memory_among_noise(), "neither grows nor fades"),
    "ramp": (run(np.eye(1), drift=0.1), "neither grows nor fades"),
    "dead units beside a rotation": (with_dead_units(ROTATION), "neither grows nor fades, with a period of 24 steps"),
    "forgetting": (run(0.9, noise=0.4, sequences=200), "keeps half of its amplitude for 6."),
    "growth": (run(1.05, start=0.01), "grows by 5 % a step, confirmed over 20 steps"),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_each_system_gets_its_sentence(name):
    states, words = SYSTEMS[name]

    assert words in finding(found(states)).headline


@pytest.mark.parametrize("name", ["exact rotation", "rotation with noise 1e-4", "perfect memory", "ramp", "growth"])
def test_what_is_exact_is_trusted(name):
    result = found(SYSTEMS[name][0])

    assert result.spectrum.trust[leading_mode(result.spectrum)] > 0.99


@pytest.mark.parametrize("units", [2, 8, 24])
def test_noise_is_not_trusted(units):
    trusts = [found(np.random.default_rng(seed).standard_normal((100, 30, units))).spectrum.trust for seed in range(5)]

    assert np.median(np.concatenate(trusts)) < 0.2


def test_one_class_that_dominates_neither_hides_nor_breaks_anything():
    states = np.concatenate([ROTATION, run(np.diag([0.3, 0.3]), noise=1.0, sequences=6)])
    labels = np.array([1] * 80 + [2] * 6)

    every = analyse(transitions(states, labels=labels, groups=32), Settings())

    assert "with a period of 2" in verdict(every.spectrum, 0)


def test_one_long_sequence_has_no_intervals_and_says_so():
    states = turning(0.999, 24, sequences=1, steps=3000, noise=0.1)
    one = Transitions(kann.summarise_arrays(states, groups=64), None, 1, longest=3000)

    words = finding(analyse(one, Settings()))

    assert "There are no intervals, so that no eigenvalue's error is known." in words.support
    assert "period" not in words.headline  # that it turns was not tried


def test_nine_sequences_are_enough_for_an_exact_rotation():
    words = finding(found(turning(1.0, 24, sequences=9, steps=50)))

    assert "neither grows nor fades, with a period of 24 steps" in words.headline


def test_what_carries_most_of_the_decision_leads_where_there_is_a_read_out():
    states = np.concatenate([run(0.5, noise=1.0, sequences=100), 0.3 * run(0.95, noise=0.3, sequences=100)], axis=2)
    sums = transitions(states, groups=32)
    by_states = analyse(sums, Settings())
    reads = Transitions(*(getattr(sums, name) for name in ("fitted", "held_out", "sequences", "further")),
                        gradient=np.array([[0.0, 1.0]]), longest=50)  # fmt: skip
    by_decision = analyse(reads, Settings())

    assert abs(by_states.spectrum.eigenvalues[leading_mode(by_states.spectrum)]) < 0.7
    assert abs(by_decision.spectrum.eigenvalues[leading_mode(by_decision.spectrum)]) > 0.9
    assert "of the decision and keeps half" in finding(by_decision).headline


def test_growth_and_periods_are_claimed_only_as_far_as_held_out_sequences_bear_them_out():
    # An arc of a slow turn: half a period is never seen.
    arc = turning(1.0, 400, sequences=80, steps=50, noise=0.02)

    assert "period" not in finding(found(arc)).headline


def test_half_lives_longer_than_the_data_are_not_given():
    slow = run(0.9995, noise=0.0, sequences=80)

    assert "keeps more than half of its amplitude over the longest sequence (50 steps)" in finding(found(slow)).headline
