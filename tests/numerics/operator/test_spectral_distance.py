import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance_nd

import kann
from kann.numerics.operator.spectral_distance import (
    match_spectra,
    response_correlation,
    spectral_distance,
    without_counterpart,
)
from tests.numerics.systems import tanh_states


def spectrum(size, seed=0, scale=0.9):
    """Eigenvalues of a random real matrix, in no particular order."""
    matrix = np.random.default_rng(seed).standard_normal((size, size)) * scale / np.sqrt(size)
    return np.linalg.eigvals(matrix).astype(complex)


def known(values, deviation):
    return np.broadcast_to(np.eye(2) * deviation**2, (len(values), 2, 2))


@given(size=st.integers(1, 12), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_the_order_of_eigenvalues_is_not_seen(size, seed):
    values = spectrum(size, seed)
    again = np.random.default_rng(seed).permutation(values)

    assert spectral_distance(values, again) == 0
    assert match_spectra(values, again).weights.sum() == size


@given(sizes=st.tuples(*[st.integers(1, 10)] * 2), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_it_is_the_distance_of_wasserstein_on_the_whole_plane(sizes, seed):
    one, other = spectrum(sizes[0], seed), spectrum(sizes[1], seed + 100)
    padded = [np.pad(values, (0, max(sizes) - len(values))) for values in (one, other)]

    expected = wasserstein_distance_nd(*[np.c_[values.real, values.imag] for values in padded])

    assert spectral_distance(one, other) == pytest.approx(expected, abs=1e-9)
    assert match_spectra(one, other).distance == pytest.approx(expected, abs=1e-9)


@given(size=st.integers(1, 9), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=30)
def test_it_is_symmetric_and_a_way_round_is_never_shorter(size, seed):
    one, other, third = (spectrum(size, seed + shift) for shift in (0, 100, 200))
    direct = spectral_distance(one, other)

    assert spectral_distance(other, one) == pytest.approx(direct, abs=1e-12)
    assert direct <= spectral_distance(one, third) + spectral_distance(third, other) + 1e-12


def test_a_known_shift_is_the_distance_and_each_mode_meets_its_own():
    one = np.array([0.95, 0.6 + 0.3j, 0.6 - 0.3j, 0.1])

    found = match_spectra(one, one - 0.01)

    assert found.distance == pytest.approx(0.01)
    assert found.one.tolist() == found.other.tolist() == [0, 1, 3]
    assert found.weights.tolist() == [1, 2, 1]
    np.testing.assert_allclose(found.distances, 0.01)


def test_a_pair_that_became_two_real_modes_is_matched_with_both():
    found = match_spectra(np.array([0.5 + 0.1j, 0.5 - 0.1j]), np.array([0.6, 0.4]) + 0j)

    assert found.one.tolist() == [0, 0]
    assert found.other.tolist() == [0, 1]
    np.testing.assert_allclose(found.distances, np.hypot(0.1, 0.1))


def test_a_mode_without_a_partner_costs_its_modulus():
    found = match_spectra(np.array([0.9, 0.3 + 0.4j, 0.3 - 0.4j]), np.array([0.9 + 0j]))

    assert found.other.tolist() == [0, -1]
    assert found.distances[1] == pytest.approx(0.5)
    assert found.distance == pytest.approx(2 * 0.5 / 3)
    assert match_spectra(np.zeros(0, complex), np.zeros(0, complex)).distance == 0


def test_rotating_the_states_of_a_network_changes_nothing():
    states = tanh_states(units=8)
    rotation = np.linalg.qr(np.random.default_rng(1).standard_normal((8, 8)))[0]
    one, other = (kann.summarise_arrays(array).solve().eigenvalues for array in (states, states @ rotation))

    assert spectral_distance(one, other) < 1e-6


def test_responses_correlate_as_they_do_when_written_out():
    one, other = np.array([0.9 + 0j, 0.5 + 0.6j]), np.array([0.95 + 0j, 0.55 + 0.6j, -0.3 + 0j])
    kicks = [values[:, None] ** np.arange(2000) for values in (one, other)]
    written = np.abs(kicks[0] @ kicks[1].conj().T)
    sizes = [np.linalg.norm(kick, axis=1) for kick in kicks]

    np.testing.assert_allclose(response_correlation(one, other), written / np.outer(*sizes), rtol=1e-9)


def test_half_the_memory_is_the_same_mode_and_a_third_is_another():
    slow = np.array([0.5 ** (1 / 300)]) + 0j
    half, third = (0.5 ** (1 / life) + 0j for life in (150, 100))

    np.testing.assert_allclose(response_correlation(slow, np.array([half, third])), [[0.943, 0.866]], atol=1e-3)


def test_modes_that_do_not_fade_differ_by_rhythm_alone():
    found = response_correlation(np.array([1.02 + 0j]), np.array([1.0, 1j, 0.99]) + 0j)

    assert found[0, 0] == pytest.approx(1)
    assert (found[0, 1:] < 0.5).all()


def test_a_mode_that_only_one_has_is_found_though_the_assignment_gave_it_a_partner():
    one, other = np.array([0.99, 0.5]) + 0j, np.array([0.51, 0.5]) + 0j
    unknown = np.full((2, 2, 2), np.nan)

    only_one, only_other = without_counterpart(one, other, unknown, unknown)

    assert (match_spectra(one, other).other >= 0).all()
    assert only_one.tolist() == [True, False]
    assert only_other.tolist() == [False, False]


def test_what_intervals_cannot_tell_apart_exists_in_both():
    one, other = np.array([0.99 + 0j]), np.array([0.9 + 0j])

    assert not without_counterpart(one, other, known(one, 0.03), known(other, 0.03))[0][0]
    assert without_counterpart(one, other, known(one, 0.01), known(other, 0.01))[0][0]
