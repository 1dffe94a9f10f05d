"""Refits from group sums, against numpy's least squares on the sequences themselves."""

import numpy as np
import pytest

import kann
from kann.numerics.uncertainty.refits import refits
from tests.numerics.systems import batches_of, direct_operator, driven_states, tanh_states

DRAWN = np.array([0, 3, 1, 0, 2, 1, 1, 0, 4, 1])


def each_apart(states, inputs=None):
    """A statistic in which every sequence is a group."""
    numbers = np.arange(len(states))
    batches = batches_of(states, inputs=inputs, labels=numbers, ids=numbers)
    return kann.summarise(batches, inputs=inputs is not None, groups=1)


def in_order(values):
    return values[np.lexsort((values.imag.round(6), values.real.round(6)))]


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("rank", [3, 8])
@pytest.mark.parametrize("weakest", [1.0, 1e-6])
def test_a_refit_equals_the_operator_of_the_sequences_drawn(intercept, rank, weakest):
    states = tanh_states(sequences=10, steps=60, units=8, dtype=np.float64) * np.geomspace(1, weakest, 8) + 0.3
    statistic = each_apart(states)
    found = refits(statistic.moments, statistic.factors(intercept), DRAWN[None].astype(float)).eigenvalues(rank)[0]
    expected = np.linalg.eigvals(direct_operator(np.repeat(states, DRAWN, axis=0), rank, intercept)[0])

    np.testing.assert_allclose(in_order(found), in_order(expected), atol=1e-6)


@pytest.mark.parametrize("intercept", [True, False])
def test_a_refit_with_inputs_equals_least_squares_that_know_them(intercept):
    _, _, states, inputs = driven_states(sequences=10)
    states = states + 0.3 * np.random.default_rng(0).standard_normal(states.shape)
    statistic = each_apart(states, inputs)
    found = refits(statistic.moments, statistic.factors(intercept), DRAWN[None].astype(float)).eigenvalues(2)[0]
    again, drive = np.repeat(states, DRAWN, axis=0), np.repeat(inputs, DRAWN, axis=0)
    basis = direct_operator(again, 2, intercept)[1]
    regressor = [drive[:, 1:].reshape(-1, 2), again[:, :-1].reshape(-1, 3) @ basis]
    regressor = np.hstack([*regressor, np.ones((len(regressor[0]), 1))][: 3 if intercept else 2])
    after = again[:, 1:].reshape(-1, 3) @ basis
    expected = np.linalg.eigvals(np.linalg.lstsq(regressor, after, rcond=None)[0][2:4])

    np.testing.assert_allclose(in_order(found), in_order(expected), atol=1e-8)


def test_inputs_that_never_occur_change_no_refit():
    _, _, states, inputs = driven_states(sequences=10)
    states = states + 0.3 * np.random.default_rng(0).standard_normal(states.shape)
    symbols = np.eye(5)[(inputs[..., 0] > 0) * 1 + (inputs[..., 1] > 0) * 2]
    symbols[0, 3, 3], symbols[0, 3, 4] = 0, 1
    few, more = (
        refits(s.moments, s.factors(), DRAWN[None].astype(float)).eigenvalues(3)
        for s in (each_apart(states, symbols[..., :4]), each_apart(states, symbols))
    )

    assert np.isfinite(few).all()
    np.testing.assert_allclose(in_order(few[0]), in_order(more[0]), atol=0.05)
