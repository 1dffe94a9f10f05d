from dataclasses import astuple, replace

import numpy as np
import pytest

import kann
from kann.analyses.koopman.controls.control_passes import (
    SplitStates,
    examine_network,
    examine_twin,
    gather,
    shuffled,
)
from kann.analyses.koopman.controls.measured import OWN, SHUFFLED, TWIN, ControlSettings, Tried
from kann.analyses.koopman.spectrum.settings import Settings
from kann.analyses.koopman.spectrum.transitions import Transitions, sum_transitions
from kann.numerics.prediction.roll_outs import roll_outs
from tests.numerics.systems import batches_of, driven_states, tanh_states

TRIED = Tried(decision="read-out", inputs=False, intercept=True, rank=3, lag=1, scored=10, held_out=10, in_sample=False)


def sums(states, inputs, settings):
    """Sums of all but the last ten sequences, those left out apart."""
    parts = (slice(0, -10), slice(-10, None))
    fitted, held = (sum_transitions(batches_of(states[rows], inputs=inputs[rows]), settings, True, 0) for rows in parts)
    return Transitions(fitted, held, len(states))


def noisy_states(seed=1):
    _, _, states, inputs = driven_states(seed=seed)
    return states + 0.2 * np.random.default_rng(3).standard_normal(states.shape), inputs


@pytest.fixture(scope="module")
def found():
    states, inputs = noisy_states()
    settings, asked = Settings(), ControlSettings(horizons=(1, 5, 40))
    transitions = sums(states, inputs, settings)
    operator = transitions.fitted.without_inputs.solve()
    weights = np.array([[1.0], [0.5], [-1.0]])
    streams = [
        [replace(batch, readout=lambda h: h @ weights) for batch in batches_of(states[rows], inputs=inputs[rows])]
        for rows in (slice(0, -10), slice(-10, None))
    ]
    own = examine_network(transitions, operator, SplitStates(*streams), settings, asked)
    twins = []
    for seed in (5, 6):
        other, drive = noisy_states(seed)
        twin = sums(other, drive, settings)
        twins.append(examine_twin(twin, batches_of(other[-10:], inputs=drive[-10:]), seed, 3, settings, asked))
    return gather(own, twins, TRIED), transitions, streams


def test_every_way_to_fit_has_its_row(found):
    controls, *_ = found

    assert [(fit.kind, fit.inputs) for fit in controls.fits] == [
        (OWN, False), (OWN, True), ("without an intercept", False), (SHUFFLED, False),
        (TWIN, False), (TWIN, True), (TWIN, False), (TWIN, True),
    ]  # fmt: skip
    assert [twin.seed for twin in controls.of(TWIN)] == [5, 6]


@pytest.mark.parametrize(("kind", "inputs", "intercept"), [
    (OWN, False, True), (OWN, True, True), ("without an intercept", False, False),
])  # fmt: skip
def test_a_row_is_the_score_of_that_fit_on_held_out_and_on_fitted_states(found, kind, inputs, intercept):
    controls, transitions, (fitted, held) = found
    (measured,) = controls.of(kind, inputs)
    view = transitions.fitted if inputs else transitions.fitted.without_inputs

    operator = view.solve(3, intercept)

    outside, inside = kann.score(operator, held), kann.score(operator, fitted)
    for found_one, expected in (
        (measured.held_out, outside.own), (measured.in_sample, inside.own),
        (measured.persistence, outside.persistence), (measured.mean, outside.mean),
    ):  # fmt: skip
        np.testing.assert_allclose(astuple(found_one), astuple(expected), rtol=1e-9)
    np.testing.assert_allclose(measured.moduli[:3], np.abs(operator.eigenvalues), rtol=1e-9)
    assert np.isnan(measured.moduli[3:]).all()


def test_roll_outs_are_those_of_the_fit_without_and_with_inputs(found):
    controls, transitions, (fitted, held) = found

    alone = roll_outs(transitions.fitted.without_inputs.solve(), held, (1, 5))
    driven = roll_outs(transitions.fitted.solve(), held, (1, 5))

    assert controls.roll_outs.horizons.tolist() == [1, 5]
    np.testing.assert_allclose(controls.roll_outs.e_rel, alone.e_rel, rtol=1e-9)
    np.testing.assert_allclose(controls.driven_roll_outs.e_rel, driven.e_rel, rtol=1e-9)
    np.testing.assert_allclose(controls.roll_outs.agreement, alone.agreement)
    inside = roll_outs(transitions.fitted.without_inputs.solve(), fitted, (1, 5))
    np.testing.assert_allclose(controls.in_sample_roll_outs.e_rel, inside.e_rel, rtol=1e-9)
    np.testing.assert_allclose(controls.in_sample_roll_outs.agreement, inside.agreement)
    assert controls.twin_e_rel.shape == (2, 2)
    alone = [twin.held_out.e_rel for twin in controls.of(TWIN)]
    np.testing.assert_allclose(controls.twin_e_rel[:, 0], alone, rtol=1e-9)


def test_the_dynamics_go_when_time_is_shuffled(found):
    controls, *_ = found
    (own,), (mixed,) = (controls.of(kind) for kind in (OWN, SHUFFLED))

    assert mixed.held_out.R2 < 0.5 < own.held_out.R2
    assert mixed.moduli[0] < own.moduli[0]
    assert mixed.held_out.agreement is None


def test_white_states_keep_nothing_when_shuffled_and_level_differences_stay():
    random = np.random.default_rng(0)
    level = np.broadcast_to(random.standard_normal((200, 1, 1)), (200, 40, 1))
    states = np.concatenate([level, random.standard_normal((200, 40, 1))], axis=2)

    operator = kann.summarise(shuffled(batches_of(states), 0)).solve()

    np.testing.assert_allclose(np.abs(operator.eigenvalues), [1, 0], atol=0.03)


def test_shuffling_keeps_each_sequence_s_true_states_whatever_the_batches():
    states, lengths = tanh_states(), np.arange(40) % 31

    few, many = (list(shuffled(batches_of(states, lengths, size=size), seed=1)) for size in (3, 40))

    np.testing.assert_array_equal(np.concatenate([batch.values for batch in few]), many[0].values)
    for before, after, length in zip(states, many[0].values, lengths, strict=True):
        order = np.lexsort(before[:length].T), np.lexsort(after[:length].T)
        np.testing.assert_array_equal(before[:length][order[0]], after[:length][order[1]])
        assert not after[length:].any()
    assert (many[0].values[-1] != states[-1]).any()


def test_states_without_inputs_or_read_out_have_their_rows_too():
    states, settings = tanh_states(), Settings(inputs=False)
    parts = [states[:-10], states[-10:]]
    fitted, held = (sum_transitions(batches_of(part), settings, False, 0) for part in parts)

    both = SplitStates(*map(batches_of, parts))
    own = examine_network(Transitions(fitted, held, 40), fitted.solve(4), both, settings, ControlSettings())

    controls = gather(own, [], TRIED)
    assert [fit.kind for fit in controls.fits] == [OWN, "without an intercept", SHUFFLED]
    assert controls.driven_roll_outs is None
    assert controls.roll_outs.agreement is None
    assert {fit.held_out.agreement for fit in controls.fits} == {None}
    assert controls.twin_e_rel.shape == (0, 5)
