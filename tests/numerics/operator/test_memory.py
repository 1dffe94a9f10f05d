import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kann.errors import OutOfRange
from kann.numerics.operator.memory import frequency, half_life, memory_horizon, period


@given(half=st.floats(0.5, 1e4))
def test_a_mode_halves_after_its_half_life(half):
    eigenvalue = np.array([0.5 ** (1 / half)], complex)

    np.testing.assert_allclose(memory_horizon(eigenvalue, fraction=0.5), half, rtol=1e-6)


def test_on_and_outside_the_circle_memory_is_endless():
    assert np.isinf(half_life(np.array([1.0 + 0j, 1.1j]))).all()


def test_nothing_is_left_of_a_zero_eigenvalue():
    assert half_life(np.zeros(1, complex))[0] < 0.01


@given(st.integers(3, 1000))
def test_a_rotation_by_a_pth_of_the_circle_has_period_p(p):
    turn = np.exp(np.array([2j, -2j]) * np.pi / p)

    np.testing.assert_allclose(period(turn), p)
    np.testing.assert_allclose(frequency(turn), 1 / p)


def test_real_modes_have_no_period_and_alternating_ones_two_steps():
    np.testing.assert_array_equal(period(np.array([0.5 + 0j, -0.5 + 0j])), [np.inf, 2.0])


@pytest.mark.parametrize("fraction", [0.0, 1.0, -1.0])
def test_a_fraction_is_strictly_between_0_and_1(fraction):
    with pytest.raises(OutOfRange, match="between 0 and 1"):
        memory_horizon(np.ones(1, complex), fraction)
