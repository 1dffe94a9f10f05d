import numpy as np
import pytest

import kann
from kann.errors import NotEnoughData, OutOfRange
from kann.numerics.bootstrap import _influences
from tests.numerics.systems import batches_of, driven_states, tanh_states


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("with_inputs", [True, False])
def test_an_influence_is_the_derivative_by_a_chunk_s_weight(with_inputs, intercept):
    _, _, states, inputs = driven_states()
    states = states + 0.3 * np.random.default_rng(0).standard_normal(states.shape)
    statistic = kann.summarise(batches_of(states, inputs=inputs), inputs=with_inputs, groups=10)
    values, influences = _influences(statistic.moments, statistic.factors(intercept), 3)
    step = 1e-6
    heavier = statistic.moments.arrays()
    heavier = type(statistic.moments)(
        **{
            name: array * np.where(np.arange(10) == 4, 1 + step, 1.0).reshape(-1, *[1] * (array.ndim - 1))
            for name, array in heavier.items()
        }
    )
    moved = (
        type(statistic)(**{**vars(statistic), "moments": heavier, "_factors": {}})
        .solve(3, intercept=intercept)
        .eigenvalues
    )

    np.testing.assert_allclose((moved - values) / step, influences[4], atol=2e-4)


def test_intervals_agree_with_refitting_on_sequences_drawn_again():
    states = tanh_states(sequences=128, units=4)
    intervals = kann.summarise_arrays(states, groups=64).bootstrap(4, samples=2000)
    random = np.random.default_rng(7)
    refits = np.array(
        [np.abs(kann.summarise_arrays(states[random.integers(0, 128, 128)]).solve(4).eigenvalues) for _ in range(200)]
    )

    np.testing.assert_allclose(intervals.standard_error, refits.std(axis=0), rtol=0.35)


def test_the_truth_lies_in_nine_intervals_of_ten():
    # An AR(1) process: the eigenvalue is 0.8, and 95 % intervals should cover it.
    random, hits = np.random.default_rng(8), 0
    for _ in range(60):
        states = np.zeros((64, 40, 1))
        for step in range(1, 40):
            states[:, step] = 0.8 * states[:, step - 1] + random.standard_normal((64, 1))
        intervals = kann.summarise_arrays(states[:, 10:], groups=32).bootstrap(1)
        hits += intervals.modulus_low[0] <= 0.8 <= intervals.modulus_high[0]

    assert hits >= 50


def test_the_seed_decides_the_draws():
    statistic = kann.summarise_arrays(tanh_states(), groups=20)
    one, again, other = (statistic.bootstrap(5, seed=seed).standard_error for seed in (0, 0, 1))

    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_without_groups_there_is_no_interval():
    with pytest.raises(NotEnoughData, match="at least 8 chunks of sequences, 1 are there"):
        kann.summarise_arrays(tanh_states()).bootstrap(3)


def test_one_sample_is_no_bootstrap():
    with pytest.raises(OutOfRange, match="at least 2 samples, not 1"):
        kann.summarise_arrays(tanh_states(), groups=20).bootstrap(3, samples=1)
