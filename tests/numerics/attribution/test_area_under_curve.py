"""Areas and intervals whose answers are known on paper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kann.errors import NotEnoughData, OutOfRange
from kann.numerics.attribution.area_under_curve import area_under_curve, ratio_interval

PLACES = np.array([0.0, 0.1, 0.3, 0.7])


def test_the_area_of_a_straight_line_is_its_height_in_the_middle():
    lines = np.stack([2 - PLACES, np.full(4, 3.0)])

    np.testing.assert_allclose(area_under_curve(lines, PLACES), [2 - 0.35, 3.0])


@given(height=st.floats(-5, 5), stretch=st.floats(0.1, 10))
def test_an_area_is_a_mean_height_however_wide_the_axis(height, stretch):
    curve = np.array([1.0, 0.5, 0.2, 0.1])

    assert area_under_curve(curve + height, stretch * PLACES) == pytest.approx(area_under_curve(curve, PLACES) + height)


@pytest.mark.parametrize("places", [[0.0], [0.0, 0.2, 0.2]])
def test_places_must_rise(places):
    with pytest.raises(OutOfRange, match="two points or more at rising places"):
        area_under_curve(np.zeros(len(places)), np.array(places))


def test_a_constant_ratio_has_no_spread_however_unequal_the_sequences():
    sizes = np.random.default_rng(0).exponential(size=50)

    found = ratio_interval(np.outer(sizes, [0.3, -2.0]), sizes)

    for bound in (found.value, found.low, found.high):
        np.testing.assert_allclose(bound, [0.3, -2.0])


def test_of_equal_denominators_the_interval_is_that_of_a_mean():
    values = np.random.default_rng(1).standard_normal(400)

    found = ratio_interval(values, np.ones(400), samples=4000)

    error = values.std() / np.sqrt(400)
    np.testing.assert_allclose([found.low, found.high], values.mean() + 1.96 * error * np.array([-1, 1]), atol=0.01)


def test_an_interval_covers_the_truth_as_often_as_it_says():
    random = np.random.default_rng(2)

    def covers():
        sizes = random.exponential(size=60) + 0.1
        found = ratio_interval(0.4 * sizes + 0.2 * random.standard_normal(60), sizes, samples=400)
        return found.low <= 0.4 <= found.high

    assert 0.91 <= np.mean([covers() for _ in range(1000)]) <= 0.97


def test_what_shares_a_seed_is_paired():
    sizes, values = np.random.default_rng(3).exponential(size=(2, 40))

    whole = ratio_interval(np.stack([values, values + 0.1 * sizes], axis=1), sizes)
    difference = ratio_interval(0.1 * sizes, sizes)

    np.testing.assert_allclose(whole.low[1] - whole.low[0], 0.1, atol=1e-12)
    assert difference.high - difference.low == pytest.approx(0, abs=1e-12)


def test_a_higher_level_is_wider_and_a_seed_is_a_number():
    values = np.random.default_rng(4).standard_normal(30)
    narrow, wide, again = (ratio_interval(values, np.ones(30), level=level) for level in (0.9, 0.99, 0.99))

    assert wide.low < narrow.low < narrow.high < wide.high
    assert wide.low == again.low


def test_few_sequences_have_no_interval():
    with pytest.raises(NotEnoughData, match="at least 8 of them, 7 are there"):
        ratio_interval(np.ones(7), np.ones(7))


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_level_lies_inside_its_range(level):
    with pytest.raises(OutOfRange, match="strictly between 0 and 1"):
        ratio_interval(np.ones(9), np.ones(9), level=level)


def test_a_ratio_needs_something_below_it():
    with pytest.raises(OutOfRange, match="mean above 0, not 0"):
        ratio_interval(np.ones(9), np.zeros(9))
