"""Inputs that lack directions, against least squares of full column rank: unused symbols and redundant columns
are left out by hand there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kann
from kann.numerics.prediction.score import explained
from tests.numerics.systems import batches_of, distance, driven_states


def fed_states(inputs, units=4, noise=0.0, seed=0):
    """States of a random tanh network that reads the inputs."""
    random = np.random.default_rng(seed)
    weights = 0.9 * random.standard_normal((units, units)) / np.sqrt(units)
    reads = random.standard_normal((inputs.shape[2], units))
    states, state = np.zeros((*inputs.shape[:2], units)), np.zeros((len(inputs), units))
    for step in range(inputs.shape[1]):
        pushed = inputs[:, step] @ reads + noise * random.standard_normal(state.shape)
        state = states[:, step] = np.tanh(state @ weights + pushed)
    return states.astype(np.float32)


def symbols_of(support, count, sequences=40, steps=12, seed=0):
    """One-hot [sequences steps count], each symbol of the support at least once in a step that is predicted."""
    random = np.random.default_rng(seed)
    drawn = random.choice(support, size=(sequences, steps))
    drawn[:, -1][: len(support)] = support
    return np.eye(count, dtype=np.float32)[drawn]


def share_explained(operator, statistic):
    return explained(operator, statistic).R2


def stack(states, delays):
    return np.concatenate([states[:, delays - j : states.shape[1] - j] for j in range(delays + 1)], axis=2)


def full_rank(states, inputs, intercept=True, delays=0):
    """Coefficients [states + inputs (+ 1), states] of numpy's least squares, and the function that scores them."""

    def rows(states, inputs):
        stacked = stack(states.astype(float), delays)
        before, after = (part.reshape(-1, stacked.shape[2]) for part in (stacked[:, :-1], stacked[:, 1:]))
        drive = inputs[:, delays + 1 :].reshape(len(before), -1)
        return np.hstack([before, drive, np.ones((len(before), int(intercept)))]), after

    regressors, after = rows(states, inputs)
    assert np.linalg.matrix_rank(regressors) == regressors.shape[1]
    coefficients = np.linalg.lstsq(regressors, after, rcond=None)[0]

    def r2(states, inputs):
        regressors, after = rows(states, inputs)
        wrong = np.square(after - regressors @ coefficients).sum()
        return 1 - wrong / np.square(after - after.mean(axis=0)).sum()

    return np.linalg.eigvals(coefficients[: after.shape[1]].T), r2


supports = st.integers(3, 20).flatmap(
    lambda count: st.tuples(
        st.just(count), st.lists(st.integers(0, count - 1), min_size=2, max_size=count, unique=True)
    )
)


@given(supports, st.booleans(), st.integers(0, 1), st.integers(1, 4), st.integers(0, 99))
def test_any_support_gives_least_squares_of_full_column_rank(support, intercept, delays, units, seed):
    count, support = support
    inputs = symbols_of(support, count, seed=seed)
    states = fed_states(inputs, units, noise=0.3, seed=seed)
    kept = inputs[..., support[1:] if intercept else support]
    expected, r2 = full_rank(states[:30], kept[:30], intercept, delays)

    fitted, held = (
        kann.summarise(batches_of(states[rows], inputs=inputs[rows]), inputs=True, delays=delays, groups=8)
        for rows in (slice(30), slice(30, 40))
    )
    operator = fitted.solve(intercept=intercept)

    assert distance(operator.eigenvalues, expected) < 1e-8
    assert share_explained(operator, fitted) == pytest.approx(r2(states[:30], kept[:30]), abs=1e-9)
    assert share_explained(operator, held) == pytest.approx(r2(states[30:], kept[30:]), abs=1e-9)
    assert np.isfinite(fitted.bootstrap(None, intercept=intercept).covariance).all()


def test_the_operator_of_a_character_network_survives_unused_symbols():
    support = np.random.default_rng(0).permutation(82)[:72]
    inputs = symbols_of(support, 82, 120, 40)
    states = fed_states(inputs, 6)
    expected, r2 = full_rank(states, inputs[..., support[1:]])
    statistic = kann.summarise(batches_of(states, inputs=inputs), inputs=True)

    operator = statistic.solve()

    assert distance(operator.eigenvalues, expected) < 1e-12
    assert share_explained(operator, statistic) == pytest.approx(r2(states, inputs[..., support[1:]]), abs=1e-12)
    assert "10 of 82 inputs never change in the fitted sequences" in " ".join(operator.notes)


def test_a_symbol_seen_only_in_held_out_sequences_is_predicted_by_the_mean_input():
    inputs = symbols_of([0, 2, 2, 2, 3, 5], 6)
    states = fed_states(inputs)
    fitted = kann.summarise(batches_of(states, inputs=inputs), inputs=True)
    unseen = np.tile(np.eye(6, dtype=np.float32)[4], (*inputs.shape[:2], 1))
    mean = np.broadcast_to(inputs[:, 1:].reshape(-1, 6).mean(axis=0, dtype=float), inputs.shape)
    operator = fitted.solve()

    by_mean = operator.predict(states[:, :-1], 1, mean[:, 1:])

    np.testing.assert_allclose(operator.predict(states[:, :-1], 1, unseen[:, 1:]), by_mean, atol=1e-9)
    np.testing.assert_allclose(by_mean.mean(axis=(0, 1)), states[:, 1:].mean(axis=(0, 1)), atol=1e-6)
    held = kann.summarise(batches_of(states, inputs=unseen), inputs=True)
    spread = np.square(states[:, 1:] - states[:, 1:].mean(axis=(0, 1))).sum()
    assert share_explained(operator, held) == pytest.approx(1 - np.square(by_mean - states[:, 1:]).sum() / spread)


def test_without_an_intercept_an_unseen_symbol_counts_as_no_input():
    inputs = symbols_of([0, 2, 3], 5)
    states = fed_states(inputs)
    operator = kann.summarise(batches_of(states, inputs=inputs), inputs=True).solve(intercept=False)

    np.testing.assert_allclose(operator.input_matrix[:, [1, 4]], 0, atol=1e-12)
    assert "2 of 5 inputs are 0 in the fitted sequences" in " ".join(operator.notes)


@pytest.mark.parametrize("intercept", [True, False])
def test_a_class_that_lacks_symbols_of_the_others_is_fitted_on_its_own(intercept):
    inputs = np.concatenate([symbols_of([0, 1, 2], 6), symbols_of([1, 3, 4, 5], 6, seed=1)])
    states = fed_states(inputs, noise=0.3)
    labels = np.repeat([1, 2], 40)
    expected, _ = full_rank(states[:40], inputs[:40, :, int(intercept) : 3], intercept)
    statistic = kann.summarise(batches_of(states, inputs=inputs, labels=labels), inputs=True, groups=8)

    operator = statistic.solve(intercept=intercept, label=1)

    assert distance(operator.eigenvalues, expected) < 1e-8
    assert "3 of 6 inputs" in " ".join(operator.notes)
    assert np.isfinite(statistic.bootstrap(None, intercept=intercept, label=1).covariance).all()


def test_statistics_of_which_one_never_saw_a_symbol_add_up():
    inputs = np.concatenate([symbols_of([0, 1], 5), symbols_of([1, 2, 4], 5, seed=1)])
    states = fed_states(inputs, noise=0.3)
    expected, r2 = full_rank(states, inputs[..., [1, 2, 4]])
    one, other = (
        kann.summarise(batches_of(states[rows], inputs=inputs[rows]), inputs=True)
        for rows in (slice(40), slice(40, 80))
    )

    for both in (one + other, other + one):
        assert distance(both.solve().eigenvalues, expected) < 1e-8
        assert share_explained(both.solve(), both) == pytest.approx(r2(states, inputs[..., [1, 2, 4]]), abs=1e-9)


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e6])
def test_units_of_a_channel_do_not_count(scale):
    _, _, states, inputs = driven_states()
    noisy = states + 0.1 * np.random.default_rng(5).standard_normal(states.shape)
    inputs = np.concatenate([inputs, np.random.default_rng(6).standard_normal((*inputs.shape[:2], 1))], axis=2)
    expected, _ = full_rank(noisy, inputs)

    operator = kann.summarise(batches_of(noisy, inputs=inputs * [1, scale, 1]), inputs=True).solve()

    assert distance(operator.eigenvalues, expected) < 1e-10
    assert not [note for note in operator.notes if "inputs" in note]


@pytest.mark.parametrize("beside", [1e-3, 1e-4])
def test_nearly_collinear_channels_are_told_apart_as_far_as_they_differ(beside):
    _, _, states, inputs = driven_states()
    noisy = states + 0.1 * np.random.default_rng(5).standard_normal(states.shape)
    near = inputs[..., :1] + beside * np.random.default_rng(6).standard_normal((*inputs.shape[:2], 1))
    three = np.concatenate([inputs, near], axis=2)
    expected, r2 = full_rank(noisy, three)
    statistic = kann.summarise(batches_of(noisy, inputs=three), inputs=True)

    assert distance(statistic.solve().eigenvalues, expected) < 1e-9
    assert share_explained(statistic.solve(), statistic) == pytest.approx(r2(noisy, three), abs=1e-9)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6])
def test_an_input_that_stands_still_changes_nothing_and_is_noted(value):
    _, _, states, inputs = driven_states()
    noisy = states + 0.1 * np.random.default_rng(5).standard_normal(states.shape)
    expected, _ = full_rank(noisy, inputs)
    still = np.concatenate([inputs, np.full_like(inputs[..., :1], value)], axis=2)

    operator = kann.summarise(batches_of(noisy, inputs=still), inputs=True).solve()

    assert distance(operator.eigenvalues, expected) < 1e-10
    np.testing.assert_allclose(operator.input_matrix[:, 2], 0, atol=1e-12)
    assert "1 of 3 inputs never changes in the fitted sequences" in " ".join(operator.notes)


def test_sums_of_channels_are_no_loss_and_no_note():
    _, _, states, inputs = driven_states()
    noisy = (states + 0.1 * np.random.default_rng(5).standard_normal(states.shape)).astype(np.float32)
    inputs = inputs.astype(np.float32)
    expected, _ = full_rank(noisy, inputs)
    summed = np.concatenate([inputs, inputs.sum(axis=2, keepdims=True)], axis=2)
    statistic = kann.summarise(batches_of(noisy, inputs=summed), inputs=True)

    operator = statistic.solve()

    assert distance(operator.eigenvalues, expected) < 1e-7
    assert np.abs(operator.input_matrix).max() < 10
    assert not [note for note in operator.notes if "input" in note]


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("value", [0.0, 2.5])
def test_inputs_that_all_stand_still_leave_the_fit_without_inputs(intercept, value):
    states = fed_states(np.random.default_rng(0).standard_normal((40, 12, 1)))
    still = np.full((40, 12, 3), value, dtype=np.float32)
    statistic = kann.summarise(batches_of(states, inputs=still), inputs=True, groups=8)
    alone = kann.summarise(batches_of(states), groups=8)
    contrast = value and not intercept  # a constant input is an intercept

    operator, without = statistic.solve(intercept=intercept), alone.solve(intercept=bool(intercept or contrast))

    assert distance(operator.eigenvalues, without.eigenvalues) < 1e-9
    np.testing.assert_allclose(
        operator.predict(states[:, :-1], 1, still[:, 1:]), without.predict(states[:, :-1]), atol=1e-9
    )
    found = statistic.bootstrap(None, intercept=intercept)
    expected = alone.bootstrap(None, intercept=bool(intercept or contrast))
    np.testing.assert_allclose(found.standard_error, expected.standard_error, atol=1e-9)


def test_inputs_that_states_tell_are_counted_as_the_states_own():
    states = fed_states(np.random.default_rng(0).standard_normal((40, 12, 4)), noise=0.2)
    fed_back = np.zeros((40, 12, 2))
    fed_back[:, 1:] = states[:, :-1] @ np.random.default_rng(1).standard_normal((4, 2))
    told = np.c_[fed_back[:, 1:].reshape(-1, 2), np.ones(440)]
    free = np.random.default_rng(2).standard_normal((440, 1))
    free = (free - told @ np.linalg.lstsq(told, free, rcond=None)[0]).reshape(40, 11, 1)
    free = np.concatenate([np.zeros((40, 1, 1)), free], axis=1)
    expected, _ = full_rank(states, free)
    mixed = np.concatenate([fed_back + free, free], axis=2)

    operator = kann.summarise(batches_of(states, inputs=mixed), inputs=True).solve()

    assert distance(operator.eigenvalues, expected) < 1e-7
    assert "2 input directions follow from the states before" in " ".join(operator.notes)


def test_inputs_are_kept_where_pairs_are_fewer_than_states_and_inputs_together():
    inputs = np.random.default_rng(0).standard_normal((4, 12, 2))
    states = fed_states(inputs, 60, noise=0.3)
    operator = kann.summarise(batches_of(states, inputs=inputs), inputs=True).solve(2)

    before, after = (operator.coordinates(part).reshape(-1, 2) for part in (states[:, :-1], states[:, 1:]))
    regressors = np.c_[before, inputs[:, 1:].reshape(-1, 2), np.ones(44)]
    expected = np.linalg.lstsq(regressors, after, rcond=None)[0]

    np.testing.assert_allclose(operator.matrix.T, expected[:2], atol=1e-9)
    np.testing.assert_allclose(operator.input_matrix.T, expected[2:4], atol=1e-9)


def test_residuals_and_shares_hold_with_inputs_that_lack_directions():
    inputs = symbols_of([0, 2, 3, 6], 8)
    states = fed_states(inputs, noise=0.3)
    operator = kann.summarise(batches_of(states, inputs=inputs), inputs=True).solve()
    before, after = (operator.project(part).reshape(-1, 4) for part in (states[:, :-1], states[:, 1:]))
    drive = inputs[:, 1:, [0, 2, 3, 6]].reshape(len(before), -1)

    left = after - operator.eigenvalues * before
    left = left - drive @ np.linalg.lstsq(drive, left, rcond=None)[0]

    sizes = np.linalg.norm(before - before.mean(axis=0), axis=0)
    np.testing.assert_allclose(operator.residuals, np.linalg.norm(left, axis=0) / sizes, rtol=1e-8)
    assert operator.shares.sum() == pytest.approx(1)
