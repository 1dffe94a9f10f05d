"""Means over texts, whose tests scipy knows too."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control, ttest_1samp

from kann.numerics.uncertainty.text_tests import Totals, difference_p, false_discovery_rate


def totals(values, counts=None):
    counts = np.ones(len(values)) if counts is None else np.array(counts, float)
    return Totals.of(np.zeros(len(values), int), counts, counts * np.array(values), 1)


def certain(value):
    return Totals(*(np.array([float(number)]) for number in (100, 100, 100 * value, 100, 100 * value, 100 * value**2)))


def test_the_spread_over_texts_with_one_place_each_is_the_standard_error():
    values = np.random.default_rng(0).standard_normal(9)

    assert totals(values).variance[0] == pytest.approx(values.var(ddof=1) / 9)
    assert totals(values).freedom[0] == 8


def test_against_a_certain_mean_it_is_student_s_test():
    values = np.random.default_rng(0).standard_normal(12)
    found = difference_p(values.mean(keepdims=True) - 0.3, totals(values), (certain(0.3),), 1.0)

    assert found[0] == pytest.approx(ttest_1samp(values, 0.3).pvalue)


def test_few_texts_never_give_a_small_p_and_fewer_than_five_none():
    alike = [3.0, 3.01, 2.99, 3.0, 3.0, 3.0]

    assert difference_p(np.array([3.0]), totals(alike), (certain(0.0),), 3.0)[0] == 2.0**-5
    assert np.isnan(difference_p(np.array([3.0]), totals(alike[:4]), (certain(0.0),), 3.0)[0])


def test_a_text_that_holds_nearly_all_places_leaves_nearly_no_freedom():
    values, counts = [1.0, 0.9, 1.1, 1.0, 1.2], [1000, 1, 1, 1, 1]

    assert totals(values, counts).freedom[0] == pytest.approx(1004**2 / (1000**2 + 4) - 1)
    assert difference_p(np.array([1.0]), totals(values, counts), (certain(0.0),), 1.0)[0] > 0.5


def test_totals_of_all_texts_less_those_of_some_are_those_of_the_rest():
    values = np.arange(5.0)
    rest = totals(values) - totals(values[:2])

    assert [float(value[0]) for value in vars(rest).values()] == [3, 3, 9, 3, 9, 29]
    assert (rest + totals(values[:2])).mean[0] == 2


def test_q_is_benjamini_and_hochberg_s_and_untested_ones_count_for_none():
    p = np.random.default_rng(0).random(30) ** 3
    q = false_discovery_rate(np.concatenate([p[:10], [np.nan], p[10:]]))

    assert np.isnan(q[10])
    np.testing.assert_allclose(np.delete(q, 10), false_discovery_control(p))
    assert false_discovery_rate(np.array([np.nan])).shape == (1,)
