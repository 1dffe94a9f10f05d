import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kann
from kann.errors import NotEnoughData, OutOfRange
from tests.numerics.systems import batches_of, distance, driven_states, pairs_of, tanh_states


def linear_states(matrix, sequences=30, steps=12, seed=0):
    """Noise-free orbits of z -> matrix z + 1."""
    state = np.random.default_rng(seed).standard_normal((sequences, len(matrix)))
    orbit = [state]
    for _ in range(steps - 1):
        orbit.append(orbit[-1] @ matrix.T + 1.0)
    return np.stack(orbit, axis=1)


ROTATION = np.array([[0.6, -0.7, 0.0, 0.0], [0.7, 0.6, 0.0, 0.0], [0.0, 0.0, 0.95, 0.0], [0.0, 0.0, 0.0, -0.4]])


def test_an_affine_map_is_found_exactly():
    states = linear_states(ROTATION)
    operator = kann.summarise_arrays(states).solve()

    assert distance(operator.eigenvalues, [0.95, 0.6 + 0.7j, 0.6 - 0.7j, -0.4]) < 1e-12
    assert operator.residuals.max() < 1e-7
    np.testing.assert_allclose(operator.basis @ operator.matrix @ operator.basis.T, ROTATION, atol=1e-11)
    np.testing.assert_allclose(operator.predict(states[:, 0], 11), states[:, 11], atol=1e-9)


def test_eigenvalues_come_by_modulus_with_pairs_together():
    values = kann.summarise_arrays(linear_states(ROTATION)).solve().eigenvalues

    np.testing.assert_allclose(values, [0.95, 0.6 + 0.7j, 0.6 - 0.7j, -0.4], atol=1e-11)


@pytest.mark.parametrize("intercept", [True, False])
def test_the_residual_is_that_of_the_eigenfunction_on_the_data(intercept):
    states = tanh_states()
    operator = kann.summarise_arrays(states).solve(7, intercept=intercept)
    _, x, y = pairs_of(states)
    before, after = operator.project(x), operator.project(y)
    if intercept:
        before, after = before - before.mean(axis=0), after - after.mean(axis=0)

    direct = np.linalg.norm(after - operator.eigenvalues * before, axis=0) / np.linalg.norm(before, axis=0)

    np.testing.assert_allclose(operator.residuals, direct, rtol=1e-10)


def test_with_inputs_the_residual_counts_what_inputs_leave():
    _, _, states, inputs = driven_states()
    noisy = states + 0.3 * np.random.default_rng(5).standard_normal(states.shape)
    operator = kann.summarise(batches_of(noisy, inputs=inputs), inputs=True).solve()
    before, after = operator.project(noisy[:, :-1]).reshape(-1, 3), operator.project(noisy[:, 1:]).reshape(-1, 3)
    drive = np.c_[inputs[:, 1:].reshape(-1, 2), np.ones(len(before))]

    left = after - operator.eigenvalues * before
    left = left - drive @ np.linalg.lstsq(drive, left, rcond=None)[0]
    expected = np.linalg.norm(left, axis=0) / np.linalg.norm(before - before.mean(axis=0), axis=0)

    np.testing.assert_allclose(operator.residuals, expected, rtol=1e-9)


def test_modes_and_eigenfunctions_are_dual_and_give_the_states_back():
    states = tanh_states()
    operator = kann.summarise_arrays(states).solve()

    np.testing.assert_allclose(operator.modes.T @ operator.basis @ operator.eigenfunctions, np.eye(12), atol=1e-10)
    np.testing.assert_allclose(operator.reconstruct(states, range(12)), states, atol=1e-10)


def test_eigenfunctions_have_unit_variance():
    states = tanh_states()
    phi = kann.summarise_arrays(states).solve(5).project(pairs_of(states)[1])

    np.testing.assert_allclose(phi.std(axis=0), 1.0, rtol=1e-10)


@settings(max_examples=20, deadline=None)
@given(st.sets(st.integers(0, 11), max_size=6))
def test_a_part_and_its_complement_add_up_and_parts_are_projections(chosen):
    states = tanh_states(sequences=5)
    operator = kann.summarise_arrays(tanh_states()).solve()
    part = operator.reconstruct(states, sorted(chosen))
    closed = [
        j
        for j in range(12)
        if np.abs(operator.eigenvalues[sorted(chosen)].conj() - operator.eigenvalues[j]).min(initial=1) < 1e-12
        or j in chosen
    ]
    rest = operator.reconstruct(states, [j for j in range(12) if j not in closed])

    np.testing.assert_allclose(part + rest - operator.mean, states, atol=1e-9)
    np.testing.assert_allclose(operator.reconstruct(part, sorted(chosen)), part, atol=1e-9)


def test_nearly_coinciding_modes_are_projected_on_their_common_subspace():
    matrix = np.array([[0.9, 1.0, 0.0], [0.0, 0.9 + 1e-13, 0.0], [0.0, 0.0, 0.3]])
    states = linear_states(matrix)
    operator = kann.summarise_arrays(states).solve()
    slow = np.flatnonzero(np.abs(operator.eigenvalues) > 0.6)

    part = operator.reconstruct(states, slow)

    assert len(slow) == 2
    np.testing.assert_allclose(part[..., :2], states[..., :2], atol=1e-5)
    np.testing.assert_allclose(operator.reconstruct(part, slow), part, atol=1e-5)


def test_an_ill_conditioned_pair_is_projected_by_its_subspace(monkeypatch):
    states = tanh_states()
    operator = kann.summarise_arrays(states).solve()
    by_vectors = operator.reconstruct(states, [0, 3])

    monkeypatch.setattr("kann.numerics.operator.koopman.ILL_CONDITIONED", 0.0)

    np.testing.assert_allclose(operator.reconstruct(states, [0, 3]), by_vectors, atol=1e-10)


def test_shares_add_up_to_what_the_basis_keeps():
    operator = kann.summarise_arrays(tanh_states()).solve(6)
    kept = np.square(operator.singular_values)

    np.testing.assert_allclose(operator.shares.sum(), kept[:6].sum() / kept.sum(), rtol=1e-10)


def test_a_mode_s_share_is_its_covariance_with_the_states():
    states = tanh_states()
    operator = kann.summarise_arrays(states).solve()
    every = pairs_of(states)[0] - operator.mean
    parts = (operator.project(every + operator.mean)[:, :1] * operator.modes[:, 0]).real

    expected = (parts * every).sum() / np.square(every).sum()

    np.testing.assert_allclose(operator.shares[0], expected, rtol=1e-9)


def test_rotating_the_units_changes_no_number():
    states = tanh_states().astype(float)
    rotation = np.linalg.qr(np.random.default_rng(4).standard_normal((12, 12)))[0]
    one, other = (kann.summarise_arrays(s).solve(9) for s in (states, states @ rotation.T))

    for name in ("eigenvalues", "residuals", "condition", "shares"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-8)


def test_the_largest_component_of_each_mode_is_real_and_positive():
    modes = kann.summarise_arrays(tanh_states()).solve().modes
    largest = modes[np.abs(modes).argmax(axis=0), np.arange(12)]

    np.testing.assert_allclose(largest.imag, 0, atol=1e-12)
    assert (largest.real > 0).all()


def test_the_pseudospectrum_is_the_smallest_singular_value():
    states = tanh_states(units=6)
    operator = kann.summarise_arrays(states).solve(5)
    points = np.array([[0.3 + 0.2j, 0.3 - 0.2j], [1.0, -0.5j]])
    _, x, y = pairs_of(states)
    x, y = ((rows - rows.mean(axis=0)) @ operator.basis for rows in (x, y))
    whitener = np.linalg.inv(np.linalg.qr(x)[1])

    direct = [[np.linalg.svd((y - z * x) @ whitener, compute_uv=False)[-1] for z in row] for row in points]

    np.testing.assert_allclose(operator.pseudospectrum(points), direct, rtol=1e-9)


def test_at_an_eigenvalue_the_pseudospectrum_is_below_its_residual():
    operator = kann.summarise_arrays(tanh_states()).solve()

    assert (operator.pseudospectrum(operator.eigenvalues) <= operator.residuals + 1e-9).all()


def test_a_restricted_operator_knows_the_chosen_modes_and_their_partners():
    states = tanh_states()
    operator = kann.summarise_arrays(states).solve()
    pair = int(np.flatnonzero(operator.eigenvalues.imag > 0)[0])

    few = operator.restricted([pair])

    for name in ("eigenvalues", "residuals", "condition", "eigenfunctions", "modes", "shares"):
        np.testing.assert_array_equal(getattr(few, name), getattr(operator, name)[..., pair : pair + 2])
    np.testing.assert_allclose(few.project(states), operator.project(states)[..., pair : pair + 2], atol=1e-12)
    np.testing.assert_allclose(few.reconstruct(states, [0]), operator.reconstruct(states, [pair]), atol=1e-10)


def test_growth_is_said_and_not_clipped():
    operator = kann.summarise_arrays(linear_states(np.diag([1.05, 0.5]))).solve()

    assert operator.eigenvalues[0].real == pytest.approx(1.05)
    assert any("outside the unit circle" in note for note in operator.notes)


def test_a_rank_between_equal_directions_is_called_arbitrary():
    random = np.random.default_rng(0)
    white = np.linalg.qr(random.standard_normal((400, 3)))[0].reshape(1, 400, 3)

    assert any("equally strong" in note for note in kann.summarise_arrays(white).solve(1).notes)


def test_coinciding_eigenvectors_are_named():
    operator = kann.summarise_arrays(linear_states(np.array([[0.5, 1.0], [0.0, 0.5]]), steps=6)).solve()

    assert operator.condition.max() > 1e6


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda o, s: o.predict(s, -1), "0 steps or more, not -1"),
        (lambda o, s: o.reconstruct(s, [12]), "Mode 12 does not exist"),
        (lambda o, s: o.reconstruct(s, [-1]), "Mode -1 does not exist"),
        (lambda o, s: o.predict(s, 1, s), "do not fit 1 steps of 0 inputs"),
    ],
)
def test_what_cannot_be_asked_is_said(call, words):
    states = tanh_states()

    with pytest.raises(OutOfRange, match=words):
        call(kann.summarise_arrays(states).solve(), states)


def test_an_operator_with_inputs_asks_for_them():
    _, _, states, inputs = driven_states()
    operator = kann.summarise(batches_of(states, inputs=inputs), inputs=True).solve()

    with pytest.raises(OutOfRange, match="fitted with 2 inputs"):
        operator.predict(states)


def test_a_defective_eigenvalue_has_an_endless_condition_and_still_a_projector():
    operator = kann.summarise_arrays(linear_states(np.array([[0.0, 1.0], [0.0, 0.0]]), steps=4)).solve()

    assert operator.condition.max() > 1e7
    np.testing.assert_allclose(operator.reconstruct(np.ones((3, 2)), [0, 1]), 1.0, atol=1e-6)


def test_states_that_never_change_have_no_operator_and_it_is_said():
    statistic = kann.summarise_arrays(np.full((5, 8, 3), 2.5))

    with pytest.raises(NotEnoughData, match="All 40 states are the same"):
        statistic.solve()
    constant = statistic.solve(intercept=False)
    np.testing.assert_allclose(constant.eigenvalues, [1.0])


def test_a_part_of_a_part_is_cut_from_the_whole():
    operator = kann.summarise_arrays(tanh_states()).solve()
    few = operator.restricted(range(6))

    again = few.restricted([0])

    kept = len(again.eigenvalues)
    np.testing.assert_array_equal(again.modes, operator.modes[:, :kept])
    assert len(few.shares) >= 6 > kept
