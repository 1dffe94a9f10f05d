import warnings

import numpy as np

from kann.numerics.attribution.medians import median_and_spread


def test_medians_are_numpy_s_where_sequences_end_at_different_steps():
    random = np.random.default_rng(0)
    values = random.standard_normal((9, 20, 3))
    values[np.arange(20) >= random.integers(5, 21, 9)[:, None]] = np.nan
    values[0] = 0.5

    median, spread = median_and_spread(values)

    expected = np.nanmedian(values, axis=0)
    np.testing.assert_allclose(median, expected)
    np.testing.assert_allclose(spread, np.nanmedian(np.abs(values - expected), axis=0))


def test_one_odd_sequence_moves_neither():
    values = np.array([[1.0], [2.0], [3.0], [4.0], [1e9]])

    median, spread = median_and_spread(values)

    assert median == 3
    assert spread == 1


def test_steps_that_no_sequence_reaches_are_nan_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for values in (np.full((3, 2), np.nan), np.zeros((0, 2))):
            assert np.isnan(median_and_spread(values)).all()
