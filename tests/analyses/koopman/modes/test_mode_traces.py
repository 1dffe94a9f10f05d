import numpy as np

import kann
from kann.analyses.koopman.modes.mode_traces import project
from kann.records import StateBatch
from tests.numerics.systems import tanh_states


def test_projections_are_those_of_the_true_steps():
    states = tanh_states(sequences=4)
    operator = kann.summarise_arrays(tanh_states()).solve()

    found = project(operator, StateBatch(states, np.array([30, 7, 1, 0])), [2, 5])

    assert [len(part) for part in found] == [30, 7, 1, 0]
    np.testing.assert_allclose(found[1], operator.project(states[1, :7])[:, [2, 5]], atol=1e-12)


def test_delays_leave_the_first_steps_open():
    states = tanh_states(sequences=2)
    operator = kann.summarise_arrays(tanh_states(), delays=2).solve(8)

    found = project(operator, StateBatch(states, np.array([30, 5])), [0])

    assert [len(part) for part in found] == [30, 5]
    assert np.isnan(found[1][:2]).all()
    assert np.isfinite(found[1][2:]).all()
