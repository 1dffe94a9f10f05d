import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import kann
from kann.errors import OutOfRange
from kann.numerics.attribution.energy import energies, overlap, shortest_window
from kann.numerics.attribution.highlights import projections
from tests.numerics.systems import tanh_states

ENERGY = arrays(float, st.integers(1, 30), elements=st.floats(0, 1e6))


def test_energy_is_the_squared_norm_of_what_a_mode_rebuilds():
    states = tanh_states(dtype=np.float64)
    operator = kann.summarise_arrays(states).solve()
    phi = projections(operator, states, np.full(40, 30))

    found = energies(operator, phi)

    for mode in range(operator.rank):
        part = operator.reconstruct(states, [mode]) - operator.mean
        np.testing.assert_allclose(found[..., mode], np.square(part).sum(axis=-1), rtol=1e-6, atol=1e-10)


def test_a_burst_has_its_own_window():
    energy = np.zeros(40)
    energy[[11, 12, 13]] = [1.0, 8.0, 1.0]

    assert shortest_window(energy, 0.8) == (12, 13)
    assert shortest_window(energy, 0.85) == (11, 13)
    assert shortest_window(energy, 1.0) == (11, 14)


@given(energy=ENERGY, share=st.floats(0.05, 1))
def test_no_shorter_stretch_holds_the_share(energy, share):
    start, stop = shortest_window(energy, share)
    total = energy.sum()

    assert 0 <= start < stop <= len(energy)
    if total > 1e-100:
        assert energy[start:stop].sum() >= share * total * (1 - 1e-9)
        shorter = np.convolve(energy, np.ones(max(stop - start - 1, 1)), "valid")
        assert stop - start == 1 or shorter.max() <= share * total * (1 + 1e-9)


def test_nothing_at_all_has_the_whole_as_its_window():
    assert shortest_window(np.zeros(7), 0.8) == (0, 7)
    assert shortest_window(np.full(7, np.nan), 0.8) == (0, 7)


def test_what_lives_in_a_window_is_told_against_the_mode_and_against_the_window():
    energy = np.array([[1.0, 0.0], [3.0, 1.0], [4.0, 0.0]])

    own, part = overlap(energy, 1, 2)

    np.testing.assert_allclose(own, [3 / 8, 1.0])
    np.testing.assert_allclose(part, [0.75, 0.25])
    np.testing.assert_allclose(overlap(np.zeros((3, 2)), 0, 1), 0)


@pytest.mark.parametrize("share", [0.0, 1.01, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(OutOfRange, match="share of the energy must lie above 0"):
        shortest_window(np.ones(3), share)


@pytest.mark.parametrize(("start", "stop"), [(2, 2), (-1, 2), (0, 4)])
def test_an_empty_window_is_refused(start, stop):
    with pytest.raises(OutOfRange, match="not a window of 3 steps"):
        overlap(np.ones((3, 1)), start, stop)
