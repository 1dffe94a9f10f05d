from dataclasses import replace

import numpy as np
import pytest

import kann
from kann.errors import OutOfRange
from kann.numerics.prediction.extrapolation import extrapolated, relative_errors
from tests.numerics.systems import batches_of, driven_states, tanh_states


def spiral(sequences=20, steps=30):
    """z(t+1) = K z(t) + b exactly: a turn by 0.3 about a centre, slowly outwards."""
    matrix = 1.01 * np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    states = np.zeros((sequences, steps, 2))
    states[:, 0] = np.random.default_rng(0).standard_normal((sequences, 2))
    for step in range(1, steps):
        states[:, step] = states[:, step - 1] @ matrix.T + np.array([0.5, -0.2])
    return states


def test_extrapolation_over_a_linear_stretch_gives_the_true_state():
    states = spiral()
    operator = kann.summarise_arrays(states[:10]).solve()
    steps = np.arange(10, 20)

    reached = extrapolated(operator, states[10:, 0], steps)

    np.testing.assert_allclose(reached, states[10:, :][np.arange(10), steps], atol=1e-9)


def test_extrapolation_is_the_prediction_over_as_many_steps():
    states, steps = tanh_states(), np.array([0, 1, 7, 3])
    operator = kann.summarise_arrays(states).solve(9)

    reached = extrapolated(operator, states[:4, 2], steps)

    for row, count in enumerate(steps):
        np.testing.assert_allclose(reached[row], operator.predict(states[row, 2], int(count)), atol=1e-12)


def test_relative_errors_are_squared_ratios_and_silent_states_have_none():
    states = np.array([[3.0, 4.0], [0.0, 0.0], [1.0, 0.0]])

    errors = relative_errors(states + np.array([[0.0, 5.0], [1.0, 1.0], [0.0, 0.0]]), states)

    np.testing.assert_allclose(errors, [1.0, np.nan, 0.0])


def test_an_operator_that_needs_more_than_states_does_not_extrapolate():
    _, _, states, inputs = driven_states()
    driven = kann.summarise(batches_of(states, inputs=inputs), inputs=True).solve()
    slow = kann.summarise_arrays(states, lag=2).solve()
    stacked = kann.summarise_arrays(states, delays=1).solve()

    for operator, words in ((driven, "and 2 inputs"), (slow, "lag 2"), (stacked, "1 delays")):
        with pytest.raises(OutOfRange, match=words):
            extrapolated(operator, states[:, 0], np.ones(len(states), int))


def test_extrapolation_backwards_is_refused():
    operator = kann.summarise_arrays(spiral()).solve()

    with pytest.raises(OutOfRange, match="0 steps or more, not -1"):
        extrapolated(replace(operator), np.zeros((1, 2)), np.array([-1]))
