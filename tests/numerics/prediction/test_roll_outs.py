from dataclasses import replace

import numpy as np
import pytest

import kann
from kann.errors import NotEnoughData, OutOfRange
from kann.numerics.prediction.roll_outs import roll_outs
from tests.numerics.systems import batches_of, driven_states, tanh_states


@pytest.mark.parametrize(("lag", "delays", "rank"), [(1, 0, 12), (1, 0, 4), (3, 0, 5), (2, 1, 9)])
def test_a_roll_out_is_the_operator_s_prediction_from_every_state(lag, delays, rank):
    states, lengths = tanh_states(dtype=np.float64), 4 + np.arange(40) % 27
    operator = kann.summarise_arrays(states, lengths, lag=lag, delays=delays).solve(rank)
    stacked = np.concatenate([states[:, delays - j : 30 - j] for j in range(delays + 1)], axis=2)

    found = roll_outs(operator, batches_of(states, lengths, size=9), horizons=(1, 2, 5, 9))

    for place, horizon in enumerate(found.horizons.tolist()):
        gap = horizon * lag
        rows = [sequence[: length - delays] for sequence, length in zip(stacked, lengths, strict=True)]
        x = np.concatenate([row[: max(len(row) - gap, 0)] for row in rows])
        y = np.concatenate([row[gap:] for row in rows])
        for guess, e_rel, R2 in (
            (operator.predict(x, horizon), found.e_rel, found.R2),
            (x, found.persistence_e_rel, found.persistence_R2),
        ):
            wrong, total = np.square(guess - y).sum(axis=1), np.square(y - y.mean(axis=0)).sum()
            np.testing.assert_allclose(e_rel[place], (wrong / np.square(y).sum(axis=1)).mean(), rtol=1e-9)
            np.testing.assert_allclose(R2[place], 1 - wrong.sum() / total, rtol=1e-9, atol=1e-12)
        assert found.windows[place] == len(y)


def test_one_step_is_the_score():
    states = tanh_states()
    operator, weights = kann.summarise_arrays(states).solve(5), np.ones((12, 1))
    batches = [replace(batch, readout=lambda h: h @ weights) for batch in batches_of(states)]

    once, scored = roll_outs(operator, batches, (1,)), kann.score(operator, batches)

    np.testing.assert_allclose(
        [once.e_rel[0], once.R2[0], once.agreement[0], once.persistence_agreement[0]],
        [scored.e_rel, scored.R2, scored.agreement, scored.persistence.agreement],
        rtol=1e-12,
    )


@pytest.mark.parametrize("horizons", [(1, 2, 5, 10, 20), (7, 13, 29)])
def test_with_its_inputs_an_exact_map_is_followed_over_every_horizon(horizons):
    _, _, states, inputs = driven_states()
    operator = kann.summarise(batches_of(states, inputs=inputs), inputs=True).solve()

    found = roll_outs(operator, batches_of(states, inputs=inputs), horizons)

    assert found.horizons.tolist() == list(horizons)
    assert (found.e_rel < 1e-18).all()
    assert (found.persistence_e_rel > 1e-3).all()


def test_a_turning_state_comes_back_and_persistence_with_it():
    turn = np.exp(2j * np.pi * (np.arange(40)[None] / 8 + np.arange(16)[:, None] / 16))
    states = np.stack([turn.real, turn.imag], axis=2)
    operator = kann.summarise_arrays(states).solve()
    batches = [replace(batch, readout=lambda h: h[..., :1]) for batch in batches_of(states + 0.0)]

    found = roll_outs(operator, batches, (1, 4, 8))

    assert (found.e_rel < 1e-20).all()
    np.testing.assert_allclose(found.persistence_e_rel, [2 - np.sqrt(2), 4, 0], atol=1e-12)
    np.testing.assert_array_equal(found.persistence_agreement[1] < 0.2, True)


def test_decisions_are_those_at_the_last_true_step():
    states, lengths = tanh_states(dtype=np.float64), 2 + np.arange(40) % 29
    weights = np.random.default_rng(5).standard_normal((12, 3))
    operator = kann.summarise_arrays(states, lengths).solve()
    batches = [replace(batch, readout=lambda h: h @ weights) for batch in batches_of(states, lengths, size=9)]

    found = roll_outs(operator, batches, (1, 4))

    rows = np.flatnonzero(lengths > 4)
    starts, ends = states[rows, lengths[rows] - 5], states[rows, lengths[rows] - 1]
    truth = (ends @ weights).argmax(axis=1)
    assert found.agreement[1] == ((operator.predict(starts, 4) @ weights).argmax(axis=1) == truth).mean()
    assert found.persistence_agreement[1] == ((starts @ weights).argmax(axis=1) == truth).mean()


def test_padding_and_blocks_change_nothing(monkeypatch):
    states, lengths = tanh_states(), np.arange(40) % 31
    operator = kann.summarise_arrays(states).solve()
    padded = np.where(np.arange(30)[None, :, None] < lengths[:, None, None], states, np.float32(1e6))

    one = roll_outs(operator, batches_of(states, lengths))
    monkeypatch.setattr("kann.numerics.moments.blocks._VALUES", 700)
    other = roll_outs(operator, batches_of(padded, lengths))

    for name in ("horizons", "windows", "e_rel", "R2", "persistence_e_rel", "persistence_R2"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12)


def test_horizons_that_no_sequence_reaches_are_left_out():
    operator = kann.summarise_arrays(tanh_states()).solve()

    assert roll_outs(operator, batches_of(tanh_states())).horizons.tolist() == [1, 2, 5, 10, 20]


def test_sequences_of_one_step_are_refused():
    operator = kann.summarise_arrays(tanh_states()).solve()

    with pytest.raises(NotEnoughData, match="No sequence is longer than 2 steps"):
        roll_outs(operator, batches_of(tanh_states()[:, :2]), (2, 5))


def test_a_roll_out_of_no_step_is_refused():
    operator = kann.summarise_arrays(tanh_states()).solve()

    with pytest.raises(OutOfRange, match="at least 1 step, not 0"):
        roll_outs(operator, batches_of(tanh_states()), (0, 1))


def test_inputs_are_asked_for():
    _, _, states, inputs = driven_states()
    operator = kann.summarise(batches_of(states, inputs=inputs), inputs=True).solve()

    with pytest.raises(NotEnoughData, match="fitted with inputs"):
        roll_outs(operator, batches_of(states))


def test_chosen_steps_are_those_of_cut_states():
    states = tanh_states()
    operator = kann.summarise_arrays(states).solve(4)

    some, cut = roll_outs(operator, batches_of(states), steps=(5, 17)), roll_outs(operator, batches_of(states[:, 5:17]))

    assert some.horizons.tolist() == [1, 2, 5, 10]
    np.testing.assert_array_equal(some.e_rel, cut.e_rel)
