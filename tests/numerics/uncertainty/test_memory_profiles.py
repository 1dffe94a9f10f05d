import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kann.numerics.uncertainty.memory_profiles import envelope_test, memory_profile


def test_a_profile_lists_half_lives_longest_first_within_what_the_data_can_tell():
    found = memory_profile(np.array([0.5, 0.9 + 0j, 1.2, 0.01]), longest=50)

    np.testing.assert_allclose(np.exp(found), [50, np.log(0.5) / np.log(0.9), 1, 0.5])


def test_networks_made_alike_stand_out_as_rarely_as_said():
    random, wrong, rounds = np.random.default_rng(0), 0, 600
    for _ in range(rounds):
        # Heavy tails, and places that depend on each other: neither matters.
        profiles = np.cumsum(random.standard_t(2, (20, 12)), axis=1)
        wrong += envelope_test(profiles[0], profiles[1:]).beyond.any()

    assert wrong / rounds < 0.05 + 3 * np.sqrt(0.05 * 0.95 / rounds)
    assert wrong / rounds > 0.05 - 3 * np.sqrt(0.05 * 0.95 / rounds)


def test_only_the_places_that_stand_out_are_beyond():
    others = np.random.default_rng(0).standard_normal((19, 6))
    own = np.array([0.0, 0.0, 9.0, 0.0, 0.0, 8.0])

    found = envelope_test(own, others)

    assert found.beyond.tolist() == [False, False, True, False, False, True]
    assert found.p_value == 0.05


@given(st.integers(1, 18))
def test_with_fewer_than_nineteen_others_nothing_is_beyond(count):
    others = np.random.default_rng(0).standard_normal((count, 3))
    found = envelope_test(np.full(3, 100.0), others)

    assert not found.beyond.any()
    assert np.isclose(found.p_value, 1 / (count + 1))
