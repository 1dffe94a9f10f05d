"""Shares of an output's variance, on systems whose modes do not mix."""

import numpy as np

import kann
from kann.numerics.attribution.evidence import evidence_shares, largest_share
from kann.numerics.attribution.highlights import effects, projections
from tests.numerics.systems import tanh_states


def test_shares_are_covariance_over_variance_of_the_output():
    states, direction = tanh_states(dtype=np.float64), np.random.default_rng(2).standard_normal(12)
    operator = kann.summarise_arrays(states).solve()
    output = (states @ direction).ravel()
    parts = effects(operator, projections(operator, states, np.full(40, 30)), direction).reshape(-1, 12)

    shares = evidence_shares(operator, direction)

    expected = [np.cov(part, output)[0, 1] / output.var(ddof=1) for part in parts.T]
    np.testing.assert_allclose(shares, expected, atol=1e-7)
    np.testing.assert_allclose(shares.sum(), 1)


def test_the_unit_that_is_read_is_the_mode_that_carries_the_output():
    random, states = np.random.default_rng(0), np.zeros((50, 40, 3))
    for step in range(1, 40):
        states[:, step] = states[:, step - 1] * [0.95, 0.5, 0.1] + random.standard_normal((50, 3))
    operator = kann.summarise_arrays(states).solve()

    for unit in range(3):
        mode, share = largest_share(operator, evidence_shares(operator, np.eye(3)[unit]))
        assert mode == unit
        assert share > 0.9


def test_a_pair_carries_with_both_halves():
    turn = 0.95 * np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    states = np.zeros((50, 40, 2))
    random = np.random.default_rng(0)
    for step in range(1, 40):
        states[:, step] = states[:, step - 1] @ turn.T + random.standard_normal((50, 2))
    operator = kann.summarise_arrays(states).solve()

    mode, share = largest_share(operator, evidence_shares(operator, np.array([1.0, 0.0])))

    assert operator.eigenvalues[mode].imag > 0
    np.testing.assert_allclose(share, 1)


def test_an_output_that_reads_nothing_has_no_shares():
    operator = kann.summarise_arrays(tanh_states()).solve()

    assert not evidence_shares(operator, np.zeros(12)).any()
