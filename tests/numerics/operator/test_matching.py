import numpy as np
import pytest

import kann
from kann.errors import OutOfRange
from kann.numerics.operator.matching import correlation, follow_mode, mode_id, parse_mode_id
from tests.numerics.systems import pairs_of, tanh_states


@pytest.mark.parametrize("value", [0.9979 + 0j, -0.25 - 0.125j, 1e-9 - 1e-9j, 1.25 + 3.5j])
def test_an_id_is_read_back(value):
    found, rank = parse_mode_id(mode_id(value, 64))

    assert abs(found - value) < 1e-6
    assert rank == 64


@pytest.mark.parametrize("text", ["", "0.5", "0.5+0.1i", "<b>@3", "nan+nani@3"])
def test_what_is_no_id_is_said(text):
    with pytest.raises(OutOfRange, match="names no mode"):
        parse_mode_id(text)


def test_a_slow_mode_is_found_again_at_another_rank():
    states = tanh_states(sequences=100)
    states[..., 0] += np.cumsum(0.5 * np.random.default_rng(1).standard_normal((100, 30)), axis=1)
    statistic = kann.summarise_arrays(states)
    before, after = statistic.solve(6), statistic.solve(12)

    assert follow_mode(statistic.factors(), before, before.eigenvalues[0], after) == 0


def test_a_mode_that_is_gone_is_dropped():
    statistic = kann.summarise_arrays(tanh_states())
    before, after = statistic.solve(12), statistic.solve(2)

    assert follow_mode(statistic.factors(), before, before.eigenvalues[-1], after) is None
    assert follow_mode(statistic.factors(), before, 2 + 2j, after) is None


def test_the_correlation_is_that_over_all_true_states():
    states = tanh_states()
    statistic = kann.summarise_arrays(states)
    one, other = statistic.solve(5), statistic.solve(9)
    a, b = one.project(pairs_of(states)[0])[:, 1], other.project(pairs_of(states)[0])[:, 2]

    expected = np.abs(np.vdot(a, b)) / np.sqrt(np.vdot(a, a).real * np.vdot(b, b).real)

    np.testing.assert_allclose(correlation(statistic.factors(), one, 1, other, 2), expected, rtol=1e-9)
