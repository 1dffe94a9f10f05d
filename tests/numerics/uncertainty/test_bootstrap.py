import dataclasses

import numpy as np
import pytest
import scipy.linalg
from scipy.optimize import linear_sum_assignment

import kann
from kann.errors import NotEnoughData, OutOfRange
from kann.numerics.uncertainty.bootstrap import affordable_draws, draws
from tests.numerics.systems import direct_operator, tanh_states

# Eigenvectors of condition 5.
NON_NORMAL = np.array([[0.9, 0.0, 0.4, 0.0], [0.0, 0.8, 0.0, 0.6], [0.0, 0.0, 0.5, 0.2], [0.0, 0.0, 0.0, 0.3]])


def linear_states(matrix, sequences, steps, seed):
    """Of z(t+1) = A z(t) + noise in equilibrium, and the covariance of z."""
    random, units = np.random.default_rng(seed), len(matrix)
    covariance = scipy.linalg.solve_discrete_lyapunov(matrix, np.eye(units))
    states = np.zeros((sequences, steps, units))
    states[:, 0] = random.standard_normal((sequences, units)) @ np.linalg.cholesky(covariance).T
    for step in range(1, steps):
        states[:, step] = states[:, step - 1] @ matrix.T + random.standard_normal((sequences, units))
    return states, covariance


def ordered(values, others):
    return others[linear_sum_assignment(np.abs(values[:, None] - others))[1]]


@pytest.mark.parametrize("rank", [2, 4])
@pytest.mark.parametrize("matrix", [NON_NORMAL, np.diag([0.9, 0.85, 0.5, 0.3])], ids=["non-normal", "normal"])
def test_standard_errors_are_those_of_refits_that_draw_the_basis_anew(matrix, rank):
    states, _ = linear_states(matrix, 128, 30, seed=1)
    intervals = kann.summarise_arrays(states, groups=64).bootstrap(rank, samples=400)
    random, refits = np.random.default_rng(7), []
    for _ in range(150):
        operator = direct_operator(states[random.integers(0, 128, 128)], rank)[0]
        refits.append(np.abs(ordered(intervals.eigenvalues, np.linalg.eigvals(operator))))

    np.testing.assert_allclose(intervals.standard_error, np.std(refits, axis=0), rtol=0.3)


@pytest.mark.parametrize("rank", [2, 4])
def test_nine_intervals_of_ten_hold_the_truth_of_a_non_normal_operator(rank):
    hits = []
    for seed in range(40):
        states, covariance = linear_states(NON_NORMAL, 60, 30, seed)
        turn = np.linalg.eigh(covariance)[1][:, ::-1][:, :rank]
        forward = turn.T @ NON_NORMAL @ covariance @ turn
        truth = np.abs(np.linalg.eigvals(forward @ np.linalg.inv(turn.T @ covariance @ turn)))
        found = kann.summarise_arrays(states, groups=32).bootstrap(rank, samples=60)
        truth = ordered(np.abs(found.eigenvalues), truth)
        hits.append((found.modulus_low <= truth) & (truth <= found.modulus_high))

    assert np.mean(hits) >= 0.9


def test_an_eigenvalue_of_zero_lies_in_its_interval():
    for seed in range(10):
        states, _ = linear_states(np.diag([0.9, 0.5, 0.0]), 60, 30, seed)
        found = kann.summarise_arrays(states, groups=32).bootstrap(3, samples=60)

        assert found.modulus_low[2] == 0
        assert found.modulus_low[0] > 0.8


def test_the_truth_lies_in_nine_intervals_of_ten():
    # An AR(1) process: the eigenvalue is 0.8, and 95 % intervals should cover it.
    random, hits = np.random.default_rng(8), 0
    for _ in range(60):
        states = np.zeros((64, 40, 1))
        for step in range(1, 40):
            states[:, step] = 0.8 * states[:, step - 1] + random.standard_normal((64, 1))
        intervals = kann.summarise_arrays(states[:, 10:], groups=32).bootstrap(1, samples=60)
        hits += intervals.modulus_low[0] <= 0.8 <= intervals.modulus_high[0]

    assert hits >= 54


def test_the_seed_decides_the_draws():
    statistic = kann.summarise_arrays(tanh_states(), groups=20)
    one, again, other = (dataclasses.asdict(statistic.bootstrap(5, seed=seed)) for seed in (0, 0, 1))

    for name, array in one.items():
        np.testing.assert_array_equal(array, again[name])
    assert not np.array_equal(one["standard_error"], other["standard_error"])


def test_an_earlier_rank_changes_nothing():
    statistic, fresh = (kann.summarise_arrays(tanh_states(), groups=20) for _ in range(2))
    statistic.bootstrap(9)

    np.testing.assert_array_equal(statistic.bootstrap(5).modulus_low, fresh.bootstrap(5).modulus_low)


def test_a_pair_has_one_interval():
    found = kann.summarise_arrays(tanh_states(), groups=20).bootstrap(12)
    upper = np.flatnonzero(found.eigenvalues.imag > 0)

    assert len(upper)
    for bound in (found.modulus_low, found.modulus_high, found.standard_error):
        np.testing.assert_array_equal(bound[upper], bound[upper + 1])


def test_fewer_pairs_than_directions_still_have_intervals():
    found = kann.summarise_arrays(tanh_states(sequences=12, steps=3, units=20), groups=64).bootstrap(None)

    assert np.isfinite(found.modulus_high).all()


def test_classes_share_the_sequences_anew_and_few_chunks_vary_as_their_mean_does():
    moments = kann.summarise_arrays(
        tanh_states(sequences=90), labels=["a"] * 60 + ["b"] * 26 + ["c"] * 2 + ["d"] * 2, groups=6
    ).moments
    names = ["a"] * 6 + ["b"] * 6 + ["c"] + ["d"] * (len(moments.count) - 13)
    weights, _ = draws(moments, names, samples=20000, seed=0)
    sequences = weights[:, :6] @ moments.edges[:6]

    assert weights.min() >= 0
    np.testing.assert_allclose(weights.mean(axis=0), 1, atol=0.05)
    # Of 90 sequences, binomial; and chunk by chunk, the unbiased variance of a sum of six.
    assert sequences.var() == pytest.approx(90 * (60 / 90) * (30 / 90) + 6 * moments.edges[:6].var(ddof=1), rel=0.06)


def test_more_units_are_drawn_less_often():
    assert [affordable_draws(units) for units in (4, 64, 128, 256, 2048)] == [200, 48, 24, 16, 16]


def test_without_groups_there_is_no_interval():
    with pytest.raises(NotEnoughData, match="at least 8 chunks of sequences, 1 are there"):
        kann.summarise_arrays(tanh_states()).bootstrap(3)


def test_one_sample_is_no_bootstrap():
    with pytest.raises(OutOfRange, match="at least 2 samples, not 1"):
        kann.summarise_arrays(tanh_states(), groups=20).bootstrap(3, samples=1)
