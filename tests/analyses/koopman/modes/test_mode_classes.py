"""Which modes dominate and how they run over time: against direct sums, and invariances."""

from dataclasses import replace

import numpy as np
import pytest

import kann
from kann.analyses.koopman.modes.mode_classes import dominance, in_order, leading, modes_by_class
from kann.numerics.attribution.highlights import contributions, projections
from kann.numerics.attribution.highlights import dominance as summed
from tests.numerics.systems import batches_of, tanh_states

LENGTHS = np.arange(40) % 26 + 5
LABELS = np.arange(40) % 3
STATES = tanh_states(dtype=np.float64)


@pytest.fixture(scope="module")
def operator():
    return kann.summarise_arrays(STATES, LENGTHS).solve()


def test_both_measures_are_the_direct_sums_of_each_class(operator):
    found = dominance(operator, batches_of(STATES, LENGTHS, labels=LABELS))
    phi = projections(operator, STATES, LENGTHS)
    published = np.abs(phi) / np.linalg.norm(operator.eigenfunctions, axis=0)

    assert found.labels.tolist() == ["0", "1", "2"]
    assert found.sequences.tolist() == [14, 13, 13]
    for row in range(3):
        np.testing.assert_allclose(found.magnitude[row], summed(published[row == LABELS]), rtol=1e-10)
        np.testing.assert_allclose(found.contribution[row], summed(contributions(operator, phi)[row == LABELS]))


def test_over_all_classes_it_is_the_average_over_sequences(operator):
    apart = dominance(operator, batches_of(STATES, LENGTHS, labels=LABELS))
    together = dominance(operator, batches_of(STATES, LENGTHS))

    assert together.labels.tolist() == ["all"]
    np.testing.assert_allclose(apart.over_all("contribution"), together.contribution[0])


def test_our_measure_is_that_of_the_scaled_eigenvector_the_published_one_is_not(operator):
    scale = np.linspace(1, 5, operator.rank)
    scale = np.where(operator.eigenvalues.imag < 0, np.roll(scale, 1), scale)
    scaled = replace(operator)
    vars(scaled).update(eigenfunctions=operator.eigenfunctions * scale, modes=operator.modes / scale)

    one, other = (dominance(given, batches_of(STATES, LENGTHS)) for given in (operator, scaled))

    np.testing.assert_allclose(one.contribution, other.contribution, rtol=1e-10)
    np.testing.assert_allclose(one.magnitude, other.magnitude, rtol=1e-10)


def test_shares_count_a_pair_once_and_add_up_to_one(operator):
    share = dominance(operator, batches_of(STATES, LENGTHS)).share("contribution", operator.eigenvalues)

    assert share.sum() == pytest.approx(1)
    assert (share[operator.eigenvalues.imag < 0] == 0).all()


def test_leading_modes_stand_for_their_pairs():
    eigenvalues = np.array([0.9 + 0.1j, 0.9 - 0.1j, 0.8, 0.5])

    assert leading(np.array([2.0, 2.0, 3.0, 1.0]), eigenvalues, 3) == [2, 0, 3]


def test_batches_padding_and_order_change_no_course(operator):
    noisy = np.where((np.arange(30) >= LENGTHS[:, None])[..., None], 7.0, STATES)
    order = np.random.default_rng(0).permutation(40)
    one = modes_by_class(operator, batches_of(STATES, LENGTHS, labels=LABELS), [0, 3])

    for other in (
        modes_by_class(operator, batches_of(noisy, LENGTHS, size=7, labels=LABELS), [0, 3]),
        modes_by_class(operator, batches_of(STATES[order], LENGTHS[order], labels=LABELS[order]), [0, 3]),
    ):
        np.testing.assert_array_equal(one.counts, other.counts)
        for name in ("magnitude", "contribution", "innovation"):
            np.testing.assert_allclose(getattr(one, name).median, getattr(other, name).median, rtol=1e-5)
            np.testing.assert_allclose(getattr(one, name).spread, getattr(other, name).spread, rtol=1e-4, atol=1e-6)


def test_counts_say_how_many_sequences_reach_a_step(operator):
    found = modes_by_class(operator, batches_of(STATES, LENGTHS, labels=LABELS), [0])

    expected = [[(LENGTHS[row == LABELS] > step).sum() for step in range(30)] for row in range(3)]
    np.testing.assert_array_equal(found.counts, expected)
    assert np.isnan(found.magnitude.median[found.counts == 0]).all()


def test_a_linear_system_adds_nothing_after_its_start():
    turn = 0.95 * np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    start = np.random.default_rng(0).standard_normal((20, 2))
    states = np.stack([start @ np.linalg.matrix_power(turn, step).T for step in range(15)], axis=1)
    operator = kann.summarise_arrays(states).solve()

    found = modes_by_class(operator, batches_of(states), [0], from_zeros=False)

    assert np.isnan(found.innovation.median[0, 0]).all()
    np.testing.assert_allclose(found.innovation.median[0, 1:], 0, atol=1e-6)
    ratio = found.magnitude.median[0, 1:] / found.magnitude.median[0, :-1]
    assert (np.abs(ratio - 0.95) < 0.2).all()


def test_classes_stand_in_the_order_of_their_numbers():
    assert in_order(["100", "20", "b", "-1", "20", "a"]).tolist() == ["-1", "20", "100", "a", "b"]


def test_delays_leave_the_first_steps_open():
    operator = kann.summarise_arrays(STATES, delays=2).solve(8)

    found = modes_by_class(operator, batches_of(STATES), [0])

    assert found.counts[0, :3].tolist() == [0, 0, 40]
