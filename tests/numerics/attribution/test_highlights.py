"""What a step adds to a mode, and what the modes do to an output."""

import numpy as np
import pytest

import kann
from kann.numerics.attribution.highlights import contributions, dominance, effects, innovations, projections, total
from tests.numerics.systems import batches_of, driven_states, tanh_states

LENGTHS = np.arange(40) % 26 + 5


def fitted(states, lengths=None, **settings):
    return kann.summarise(batches_of(states, lengths), **settings).solve()


def test_innovations_average_to_zero_over_the_fitted_pairs():
    states = tanh_states(dtype=np.float64)
    operator = fitted(states, LENGTHS)

    found = innovations(operator, states, LENGTHS).whole

    np.testing.assert_allclose(np.nanmean(found, axis=(0, 1)), 0, atol=1e-10)


def test_an_innovation_is_what_the_eigenfunction_does_beyond_its_own_dynamics():
    states = tanh_states(dtype=np.float64)
    operator = fitted(states)
    phi = operator.project(states)
    mean_y = operator.project(states[:, 1:].reshape(-1, 12).mean(axis=0))
    mean_x = operator.project(states[:, :-1].reshape(-1, 12).mean(axis=0))

    found = innovations(operator, states, np.full(40, 30)).whole[:, 1:]

    centred = (phi[:, 1:] - mean_x) - operator.eigenvalues * (phi[:, :-1] - mean_x) - (mean_y - mean_x)
    np.testing.assert_allclose(found, centred, atol=1e-8)


def test_a_linear_autonomous_system_has_no_innovation():
    turn = 0.95 * np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    start = np.random.default_rng(0).standard_normal((20, 2))
    states = np.stack([start @ np.linalg.matrix_power(turn, step).T for step in range(15)], axis=1)
    operator = fitted(states)

    np.testing.assert_allclose(innovations(operator, states, np.full(20, 15)).whole[:, 1:], 0, atol=1e-10)


def test_with_inputs_an_exact_map_is_driven_by_them_alone():
    _, _, states, inputs = driven_states()
    operator = kann.summarise(batches_of(states, inputs=inputs), inputs=True).solve()

    found = innovations(operator, states, np.full(len(states), 30), inputs)

    np.testing.assert_allclose(found.whole[:, 1:], found.driven[:, 1:], atol=1e-7)


def test_the_first_step_counts_where_the_network_starts_from_zeros():
    states = tanh_states(dtype=np.float64)
    operator = fitted(states)
    with_zeros = np.concatenate([np.zeros_like(states[:, :1]), states], axis=1)

    found = innovations(operator, states, np.full(40, 30), from_zeros=True).whole
    later = innovations(operator, with_zeros, np.full(40, 31)).whole

    np.testing.assert_allclose(found, later[:, 1:], atol=1e-12)
    assert np.isnan(innovations(operator, states, np.full(40, 30)).whole[:, 0]).all()


@pytest.mark.parametrize("settings", [{"lag": 3}, {"delays": 2}, {}])
def test_padding_changes_nothing_and_has_no_value(settings):
    states = tanh_states(dtype=np.float64)
    operator = fitted(states, LENGTHS, **settings)
    behind = np.arange(30) >= LENGTHS[:, None]
    noisy = np.where(behind[:, :, None], 7.0, states)

    one, other = (innovations(operator, given, LENGTHS).whole for given in (states, noisy))

    np.testing.assert_array_equal(one, other)
    assert np.isnan(one[behind]).all()
    late = settings.get("lag", 1) + settings.get("delays", 0)
    assert np.isfinite(one[~behind & (np.arange(30) >= late)[None]]).all()


def test_effects_of_all_modes_sum_to_the_output():
    states, direction = tanh_states(dtype=np.float64), np.random.default_rng(5).standard_normal(12)
    operator = fitted(states)

    found = effects(operator, projections(operator, states, np.full(40, 30)), direction)

    np.testing.assert_allclose(found.sum(axis=-1), (states - operator.mean) @ direction, atol=1e-8)
    np.testing.assert_allclose(
        total(operator, found, [0]), (operator.reconstruct(states, [0]) - operator.mean) @ direction, atol=1e-8
    )


def test_contributions_are_the_norms_of_reconstructions_whatever_the_scale_of_eigenvectors():
    states = tanh_states(dtype=np.float64)
    operator = fitted(states)

    found = contributions(operator, projections(operator, states, np.full(40, 30)))

    for mode in range(operator.rank):
        part = operator.reconstruct(states, [mode]) - operator.mean
        np.testing.assert_allclose(found[:, :, mode], np.linalg.norm(part, axis=-1), atol=1e-8)


def test_dominance_sums_over_true_steps_and_averages_over_sequences():
    measure = np.array([[[1.0, 2.0], [3.0, np.nan]], [[5.0, 0.0], [np.nan, np.nan]]])

    np.testing.assert_allclose(dominance(measure), [4.5, 1.0])
