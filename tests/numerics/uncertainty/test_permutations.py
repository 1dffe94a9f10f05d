import numpy as np
import pytest

import kann
from kann.errors import NotEnoughData, OutOfRange
from kann.numerics.moments.sequence_moments import sequence_moments
from kann.numerics.operator.leading_directions import predictable_directions, strongest_directions
from kann.numerics.operator.spectral_distance import spectral_distance
from kann.numerics.uncertainty.permutations import p_value, permute_classes, permute_halves
from tests.numerics.systems import batches_of, tanh_states

DRAWS = 99


def linear_states(modulus=0.9, sequences=40, steps=30, seed=0):
    """A damped rotation and a quick mode, driven by noise."""
    random = np.random.default_rng(seed)
    turn = modulus * np.array([[np.cos(0.4), -np.sin(0.4), 0], [np.sin(0.4), np.cos(0.4), 0], [0, 0, 0.3 / modulus]])
    states, state = np.zeros((sequences, steps, 3)), random.standard_normal((sequences, 3))
    for step in range(steps):
        state = state @ turn.T + random.standard_normal(state.shape)
        states[:, step] = state
    return states


def moments_of(states, rank=3, lengths=None, **settings):
    factors = kann.summarise(batches_of(states, lengths)).factors(**settings)
    return sequence_moments(batches_of(states, lengths), factors, strongest_directions(factors, rank), lag=1)


def classes(seed, other=0.9, sizes=(30, 10)):
    """Two classes of unlike sizes, of one system or of two."""
    states = np.concatenate(
        [linear_states(m, n, seed=2 * seed + k) for k, (m, n) in enumerate(zip((0.9, other), sizes, strict=True))]
    )
    return moments_of(states), np.arange(sum(sizes)) < sizes[0]


@pytest.mark.parametrize("intercept", [True, False])
def test_all_sequences_together_give_the_operator_s_eigenvalues(intercept):
    states = tanh_states(units=6)
    lengths = np.array([30, 7] * 20)

    found = moments_of(states, 4, lengths, intercept=intercept).eigenvalues(np.ones((1, 40)))[0]

    expected = kann.summarise_arrays(states, lengths).solve(4, intercept=intercept).eigenvalues
    assert spectral_distance(found, expected) < 1e-8


def test_some_sequences_give_what_they_give_alone():
    states = linear_states()
    drawn = np.arange(40) % 3 == 0

    found = moments_of(states).eigenvalues(drawn[None])[0]

    expected = kann.summarise_arrays(states[drawn]).solve().eigenvalues
    assert spectral_distance(found, expected) < 1e-8


@pytest.mark.parametrize("intercept", [True, False])
def test_leading_directions_are_those_of_a_smaller_rank(intercept):
    states = tanh_states(units=6)
    small, large = (moments_of(states, rank, intercept=intercept) for rank in (2, 5))

    np.testing.assert_allclose(large.leading(2).before, small.before, atol=1e-9)
    np.testing.assert_allclose(large.leading(2).across, small.across, atol=1e-9)


def test_padding_and_the_order_of_sequences_change_no_distance():
    states, first = np.concatenate([linear_states(), linear_states(0.7, seed=1)]), np.arange(80) < 40
    padded = np.concatenate([states, np.full((80, 5, 3), 1e3)], axis=1)
    order = np.random.default_rng(0).permutation(80)
    distances = [
        permute_classes(moments, sides, 1, 0)[0]
        for moments, sides in (
            (moments_of(states), first),
            (moments_of(padded, lengths=np.full(80, 30)), first),
            (moments_of(states[order]), first[order]),
        )
    ]

    np.testing.assert_allclose(distances, distances[0], rtol=1e-7)


def test_classes_of_one_system_are_as_far_apart_as_chance_puts_them():
    # Uniform p-values: of 40 about 10 fall in each quarter; 1 to 20 is 3.3 standard deviations of a binomial.
    values = [p_value(*permute_classes(*classes(seed), DRAWS, seed)) for seed in range(40)]

    counts = np.histogram(values, bins=4, range=(0, 1))[0]
    assert (counts >= 1).all()
    assert (counts <= 20).all()


def test_classes_of_two_systems_are_further_apart_than_every_permutation():
    for seed in range(3):
        assert p_value(*permute_classes(*classes(seed, other=0.6), DRAWS, seed)) == 1 / (1 + DRAWS)


def test_the_same_sequences_in_both_classes_are_no_difference():
    states = np.tile(linear_states(sequences=1), (20, 1, 1))

    observed, permuted = permute_classes(moments_of(states), np.arange(20) < 10, DRAWS, 0)

    assert observed < 1e-9
    assert p_value(observed, permuted) == 1


def predictable(states, rank):
    """Sums of a network in the directions in which two networks are compared."""
    factors = kann.summarise(batches_of(states)).factors()
    return sequence_moments(batches_of(states), factors, predictable_directions(factors, rank), lag=1)


@pytest.mark.parametrize("rank", [3, 8])
def test_a_network_in_other_linear_coordinates_is_never_told_from_itself(rank):
    def one(seed):
        random, states = np.random.default_rng(seed), tanh_states(units=8, seed=seed)
        turns = [np.linalg.qr(random.standard_normal((8, 8)))[0] for _ in range(2)]
        mapped = states @ (turns[0] * np.geomspace(1, 0.01, 8)) @ turns[1] + 3
        return p_value(*permute_halves(predictable(states, rank), predictable(mapped, rank), DRAWS, seed))

    assert min(one(seed) for seed in range(8)) > 0.05


def test_at_a_few_strongest_directions_a_change_of_coordinates_would_be_taken_for_another_network():
    states = tanh_states(units=8)
    mapped = states @ np.diag(np.geomspace(0.01, 1, 8))

    values = [sums(3).eigenvalues(np.ones((1, len(states))))[0] for sums in (
        lambda rank: moments_of(states, rank), lambda rank: moments_of(mapped, rank),
        lambda rank: predictable(states, rank), lambda rank: predictable(mapped, rank))]  # fmt: skip

    assert spectral_distance(*values[:2]) > 0.05
    assert spectral_distance(*values[2:]) < 1e-6


def test_predictable_directions_are_canonical_correlations_written_out():
    states = tanh_states(units=5)
    before, after = (part.reshape(-1, 5) for part in (states[:, :-1], states[:, 1:]))
    before, after = before - before.mean(0), after - after.mean(0)
    left, right = (np.linalg.qr(part)[0] for part in (before, after))

    found = before @ predictable_directions(kann.summarise_arrays(states).factors(), 3)

    correlated = np.linalg.svd(left.T @ right)
    expected = left @ correlated[0][:, :3] * np.sqrt(len(before))
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-5)


def test_networks_that_remember_differently_are_further_apart_than_halves():
    one, other = (moments_of(linear_states(modulus)) for modulus in (0.9, 0.6))

    assert p_value(*permute_halves(one, other, DRAWS, 0)) == 1 / (1 + DRAWS)


def test_a_spectrum_without_rhythm_is_permuted_like_any():
    moments = moments_of(linear_states()[..., 2:], rank=1)

    assert permute_classes(moments, np.arange(40) < 20, DRAWS, 0)[1].max() < 0.5


def test_the_seed_decides_the_permutations():
    moments, first = classes(0)
    one, again, other = (permute_classes(moments, first, 20, seed)[1] for seed in (0, 0, 1))

    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(("seen", "expected"), [(0.5, 3 / 5), (0.0, 1.0), (9.0, 1 / 5)])
def test_a_p_value_counts_what_was_seen(seen, expected):
    assert p_value(seen, np.array([0.1, 0.2, 0.5, 0.9])) == expected


def test_too_few_sequences_or_permutations_are_said():
    moments, first = classes(0)
    with pytest.raises(NotEnoughData, match="at least 4 sequences in each class, the smaller has 2"):
        permute_classes(moments, np.arange(40) < 2, DRAWS, 0)
    with pytest.raises(OutOfRange, match="at least 1 permutation of sequences, not 0"):
        permute_classes(moments, first, 0, 0)
    few = moments_of(linear_states(sequences=6))
    with pytest.raises(NotEnoughData, match="in each half, the smaller has 3"):
        permute_halves(few, few, DRAWS, 0)
    with pytest.raises(OutOfRange, match="have read 6 and 40 sequences"):
        permute_halves(few, moments, DRAWS, 0)
    with pytest.raises(NotEnoughData, match="no sequence to permute"):
        sequence_moments([], kann.summarise_arrays(linear_states()).factors(), np.eye(3), 1)
