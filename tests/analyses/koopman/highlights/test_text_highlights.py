"""Readings of linear systems with a linear read-out: every number is known on paper."""

from dataclasses import replace

import numpy as np
import pytest

import kann
from kann.analyses.koopman.highlights.text_highlights import (
    SIGNED,
    UNSIGNED,
    Unrolling,
    class_target,
    decisive_mode,
    read,
    step_effects,
    strongest_modes,
)
from kann.errors import OutOfRange
from kann.numerics.attribution.highlights import contributions, projections
from kann.records import StateBatch
from tests.numerics.systems import driven_states, tanh_states

GRADIENT = np.random.default_rng(3).standard_normal((2, 12))
BIAS = np.array([0.3, -0.2])
STILL = Unrolling(from_zeros=False)


def readout(states):
    return states @ GRADIENT.T + BIAS


def batch(length=30, sequences=1):
    states = tanh_states(dtype=np.float64)[:sequences]
    return StateBatch(states, np.full(sequences, length), readout=readout)


@pytest.fixture(scope="module")
def operator():
    return kann.summarise_arrays(tanh_states(dtype=np.float64)).solve()


def upper(operator):
    return np.flatnonzero(operator.eigenvalues.imag >= 0)


def test_all_modes_together_say_what_the_network_says(operator):
    reading = read(operator, batch(), range(12), class_target(GRADIENT, 1, 0), Unrolling())

    np.testing.assert_allclose(reading.alone, reading.evidence, atol=1e-9)
    np.testing.assert_allclose(reading.evidence, readout(batch().values[0]) @ [-1, 1])
    assert reading.decided == reading.decided_alone == int(reading.evidence[-1] > 0)


def test_the_signed_projection_is_the_evidence_beyond_that_of_the_mean_state(operator):
    target = class_target(GRADIENT, 1, 0)
    some = [int(mode) for mode in upper(operator)[:2]]

    reading = read(operator, batch(), some, target, Unrolling())

    at_mean = readout(operator.mean) @ target.weights
    np.testing.assert_allclose(reading.shades["signed projection"], reading.alone - at_mean, atol=1e-9)


def test_innovations_of_all_modes_sum_to_what_a_step_does_beyond_the_prediction(operator):
    reading = read(operator, batch(), range(12), class_target(GRADIENT, 0, 0), STILL)

    states = batch().values[0]
    surprise = (states[1:] - operator.predict(states[:-1])) @ (GRADIENT[0] - GRADIENT[1])
    np.testing.assert_allclose(reading.shades["innovation"][1:], surprise, atol=1e-8)
    np.testing.assert_allclose(reading.effects.sum(axis=1)[1:], surprise, atol=1e-8)
    assert np.isnan(reading.shades["innovation"][0])


def test_the_other_class_turns_every_sign_but_not_the_magnitude(operator):
    one, other = (read(operator, batch(), [0], class_target(GRADIENT, toward, 0), Unrolling()) for toward in (0, 1))

    for name in ("innovation", "signed projection"):
        np.testing.assert_allclose(one.shades[name], -other.shades[name], atol=1e-12)
    np.testing.assert_array_equal(one.shades["magnitude"], other.shades["magnitude"])
    assert one.decided == other.decided


def test_without_a_target_shades_are_strengths(operator):
    reading = read(operator, batch(), [0], None, Unrolling())

    assert tuple(reading.shades) == UNSIGNED
    assert (reading.evidence, reading.alone, reading.decided) == (None, None, None)
    assert not reading.signed
    expected = contributions(operator, projections(operator, batch().values, np.array([30])))[0, :, 0]
    np.testing.assert_allclose(reading.shades["contribution"], expected)
    assert (reading.shades["innovation"] >= 0).all()


def test_steps_behind_the_true_length_are_not_read(operator):
    short, whole = (
        read(operator, batch(length), [0], class_target(GRADIENT, 1, 0), Unrolling()) for length in (11, 30)
    )

    assert tuple(short.shades) == SIGNED
    for name, values in short.shades.items():
        np.testing.assert_allclose(values, whole.shades[name][:11], atol=1e-12)
    np.testing.assert_allclose(short.alone, whole.alone[:11], atol=1e-12)
    assert len(short.effects) == 11


def test_a_backward_network_s_steps_stand_in_the_order_of_the_text(operator):
    forward = read(operator, batch(11), [0], class_target(GRADIENT, 1, 0), Unrolling())
    backward = read(operator, batch(11), [0], class_target(GRADIENT, 1, 0), Unrolling(backward=True))

    np.testing.assert_array_equal(backward.evidence, forward.evidence[::-1])
    np.testing.assert_array_equal(backward.shades["innovation"], forward.shades["innovation"][::-1])
    assert backward.decided == forward.decided


def test_the_cheap_effects_of_many_sequences_are_those_of_the_reading(operator):
    pair = int(np.flatnonzero(operator.eigenvalues.imag > 0)[0])
    for target in (class_target(GRADIENT, 1, 0), None):
        many = step_effects(operator, batch(20, sequences=3), [0, pair], target, Unrolling())
        one = read(operator, batch(20), [0, pair], target, Unrolling())

        assert [len(row) for row in many] == [20, 20, 20]
        np.testing.assert_allclose(many[0], one.shades["innovation"], atol=1e-9)


def test_delays_leave_the_first_steps_without_a_value():
    states = tanh_states(dtype=np.float64)
    operator = kann.summarise_arrays(states, delays=2).solve()

    reading = read(operator, batch(), range(operator.rank), class_target(GRADIENT, 1, 2), Unrolling())

    assert np.isnan(reading.alone[:2]).all()
    np.testing.assert_allclose(reading.alone[2:], reading.evidence[2:], atol=1e-6)
    assert np.isfinite(reading.shades["innovation"][3:]).all()


def test_an_operator_with_inputs_is_given_their_fitted_mean():
    _, _, states, inputs = driven_states()
    operator = kann.summarise([StateBatch(states, np.full(50, 30), inputs)], inputs=True).solve()
    given = StateBatch(states[:1], np.array([30]), inputs[:1], readout=lambda values: values[..., :1])
    target = class_target(np.array([[1.0, 0, 0]]), 1, 0)
    centre = inputs[:, 1:].reshape(-1, 2).mean(axis=0)

    reading = read(operator, given, range(3), target, Unrolling(centre, from_zeros=False))

    driven = ((inputs[0, 1:] - centre) @ (operator.basis @ operator.input_matrix).T)[:, 0]
    np.testing.assert_allclose(reading.shades["innovation"][1:], driven, atol=1e-7)


def test_the_mode_that_is_left_most_of_comes_first(operator):
    reading = read(operator, batch(), [0], class_target(GRADIENT, 1, 0), Unrolling())
    effects, left = np.zeros_like(reading.effects), np.zeros_like(reading.effects_at_end)
    effects[4, 2], effects[5, 2], effects[4, 1], effects[9, 0] = -3.0, -1.0, 2.0, 99.0
    left[4, 2], left[5, 1], left[9, 0] = -0.1, 0.5, 9.0

    modes, added, remaining = strongest_modes(replace(reading, effects=effects, effects_at_end=left), [4, 5])

    assert modes[:2].tolist() == reading.modes[[1, 2]].tolist()
    assert added[:2].tolist() == [2.0, -4.0]
    assert remaining[:2].tolist() == [0.5, -0.1]


def test_what_is_left_of_all_innovations_is_the_evidence_at_the_end(operator):
    target, states = class_target(GRADIENT, 1, 0), batch(17).values[0]
    reading = read(operator, batch(17), range(12), target, Unrolling())

    def predicted(state, steps):
        return operator.predict(state, steps) @ target.direction

    start = predicted(np.zeros(12), 17)
    np.testing.assert_allclose(start + reading.effects_at_end.sum(), states[16] @ target.direction, atol=1e-8)
    np.testing.assert_allclose(reading.effects_at_end[-1], reading.effects[-1], atol=1e-12)


def test_the_decisive_mode_is_the_one_that_the_read_out_reads(operator):
    pair = int(np.flatnonzero(operator.eigenvalues.imag > 0)[0])
    dual = np.linalg.pinv(operator.modes)

    mode, share = decisive_mode(operator, class_target(dual[pair].real[None], 1, 0))

    assert mode == pair
    assert share == pytest.approx(1, abs=1e-6)
    assert decisive_mode(operator, None)[1] == pytest.approx(
        max(operator.shares * np.where(operator.eigenvalues.imag != 0, 2, 1))
    )


def test_a_target_class_that_is_not_there_is_refused():
    with pytest.raises(OutOfRange, match="there is no 2"):
        class_target(GRADIENT, 2, 0)
