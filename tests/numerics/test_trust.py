import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kann.numerics.trust import inside_ellipse, trust


def test_trust_is_one_half_where_the_error_equals_the_distance():
    np.testing.assert_allclose(trust(np.array([0.9 + 0j, 1.2j]), np.array([0.1, 0.2])), 0.5)


def test_an_exact_eigenvalue_is_trusted_and_a_vague_one_is_not():
    found = trust(np.array([0.5 + 0j, 1.0 + 0j, 0.999 + 0j]), np.array([0.0, 0.1, 10.0]))

    np.testing.assert_allclose(found, [1, 0, 1e-4], atol=1e-6)


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
