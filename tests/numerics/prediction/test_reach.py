import numpy as np
import pytest

from kann.numerics.moments.summarise import summarise, summarise_lags
from kann.numerics.prediction.reach import HORIZONS, mode_reach
from tests.numerics.systems import batches_of, tanh_states, turning


def reach_of(states, rank=None):
    operator = summarise(batches_of(states)).solve(rank)
    return operator, mode_reach(operator, summarise_lags(batches_of(states), HORIZONS))


def test_a_rotation_is_predicted_and_turns_over_all_that_was_tried():
    _, found = reach_of(turning(1.0, 30))

    assert found.predicts.tolist() == found.rhythm.tolist() == [50, 50]


def test_growth_that_is_there_is_borne_out():
    _, found = reach_of(turning(1.03, 30))

    assert (found.size == 50).all()


def test_white_noise_is_not_predicted_even_one_step_on():
    _, found = reach_of(np.random.default_rng(0).standard_normal((100, 60, 3)))

    assert not found.predicts.any()
    assert not found.rhythm.any()


def test_a_mode_that_forgets_is_predicted_for_some_half_lives_alone():
    random = np.random.default_rng(0)
    states, state = np.zeros((200, 120, 1)), random.standard_normal((200, 1))
    for step in range(120):
        state = 0.9 * state + random.standard_normal(state.shape)
        states[:, step] = state

    _, found = reach_of(states)

    # In a stationary process .9 to the power of twice the steps is explained: a tenth at 10.9 steps.
    assert found.predicts.tolist() == [10]


@pytest.mark.parametrize("steps", [1, 5])
def test_errors_are_those_of_a_direct_computation(steps):
    states = tanh_states(sequences=30, steps=20, units=4).astype(float)
    operator = summarise(batches_of(states)).solve(2)
    phi = operator.project(states)
    before, after = phi[:, :-steps].reshape(-1, 2), phi[:, steps:].reshape(-1, 2)

    left = np.var(after - before * operator.eigenvalues**steps, axis=0) / np.var(after, axis=0)
    found = mode_reach(operator, summarise_lags(batches_of(states), [steps]))

    assert ((left <= 0.9) == (found.predicts == steps)).all()


def test_lags_longer_than_every_sequence_are_left_out():
    states = tanh_states(sequences=10, steps=8, units=3)

    assert [statistic.lag for statistic in summarise_lags(batches_of(states), HORIZONS)] == [1, 2, 5]
