import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kann.numerics.uncertainty.trust import inside_ellipse, trust


def spread(*variances):
    return np.array([np.diag([real, imaginary]) for real, imaginary in variances])


def test_an_eigenvalue_whose_interval_ends_at_zero_has_no_trust():
    error = 0.4 / 1.959963984540054

    np.testing.assert_allclose(trust(np.array([0.4 + 0j]), spread((error**2, 0))), 0, atol=1e-6)


def test_trust_is_one_half_at_twice_the_squared_distance_of_the_region():
    real, pair = 2.772 * 0.1, 3.462 * 0.1

    found = trust(np.array([real, 1j * pair]), spread((0.01, 0), (0.01, 0.01)))

    np.testing.assert_allclose(found, 0.5, atol=1e-3)


def test_an_exact_rotation_is_trusted_whatever_its_distance_from_the_circle():
    found = trust(np.exp(1j * np.array([0.1, 0.5])), np.zeros((2, 2, 2)))

    np.testing.assert_allclose(found, 1)


def test_without_an_interval_trust_is_unknown():
    assert np.isnan(trust(np.array([0.9 + 0j]), np.full((1, 2, 2), np.nan))).all()


@given(st.floats(0, 2 * np.pi), st.floats(0.1, 3))
def test_the_ellipse_holds_95_of_100_points_of_its_distribution(turn, stretch):
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * [1, stretch]
    sample = np.random.default_rng(0).standard_normal((2000, 2)) @ axes.T
    points = 0.5 + 0.01 * (sample[:, 0] + 1j * sample[:, 1])

    inside = inside_ellipse(points, np.array([0.5 + 0j]), (0.01**2 * axes @ axes.T)[None])

    assert 0.93 < inside.mean() < 0.97


def test_a_real_mode_s_ellipse_lies_on_the_real_axis():
    flat = np.array([[[1e-4, 0.0], [0.0, 0.0]]])

    found = inside_ellipse(np.array([0.51 + 0j, 0.51 + 0.01j]), np.array([0.5 + 0j]), flat)

    assert found.tolist() == [[True, False]]
