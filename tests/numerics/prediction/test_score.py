from dataclasses import replace

import numpy as np
import pytest

import kann
from kann.errors import NotEnoughData, OutOfRange
from kann.numerics.prediction.score import explained
from tests.numerics.systems import batches_of, driven_states, pairs_of, tanh_states


def test_scores_are_those_of_the_formulas():
    states = tanh_states(dtype=np.float64)
    operator = kann.summarise_arrays(states).solve(8)
    _, x, y = pairs_of(states)
    total = np.square(y - y.mean(axis=0)).sum()

    found = kann.score(operator, batches_of(states, size=7))

    for accuracy, guess in ((found, operator.predict(x)), (found.persistence, x), (found.mean, operator.mean)):
        wrong = np.square(guess - y).sum(axis=1)
        np.testing.assert_allclose(accuracy.e_rel, (wrong / np.square(y).sum(axis=1)).mean(), rtol=1e-10)
        np.testing.assert_allclose(accuracy.R2, 1 - wrong.sum() / total, rtol=1e-10)
    assert (found.transitions, found.sequences) == (len(y), len(states))


def test_padding_is_not_scored():
    states, lengths = tanh_states(), np.arange(40) % 31
    operator = kann.summarise_arrays(states).solve()
    padded = np.where(np.arange(30)[None, :, None] < lengths[:, None, None], states, np.float32(1e6))

    one, other = (kann.score(operator, batches_of(s, lengths)) for s in (states, padded))

    assert one == other


def test_an_exact_map_with_inputs_is_predicted_exactly():
    _, _, states, inputs = driven_states()
    operator = kann.summarise(batches_of(states, inputs=inputs), inputs=True).solve()

    found = kann.score(operator, batches_of(states, inputs=inputs))

    assert found.R2 > 1 - 1e-12
    assert found.persistence.R2 < 0.99


def test_silent_states_have_no_relative_error():
    states = np.concatenate([np.zeros((5, 10, 12), np.float32), tanh_states(sequences=5, steps=10)])
    operator = kann.summarise_arrays(tanh_states()).solve()

    assert np.isfinite(kann.score(operator, batches_of(states)).e_rel)


def test_nothing_to_score_is_said():
    operator = kann.summarise_arrays(tanh_states()).solve()

    with pytest.raises(NotEnoughData, match="No transition to score"):
        kann.score(operator, batches_of(tanh_states()[:, :1]))


def test_inputs_are_asked_for():
    _, _, states, inputs = driven_states()
    operator = kann.summarise(batches_of(states, inputs=inputs), inputs=True).solve()

    with pytest.raises(NotEnoughData, match="fitted with inputs"):
        kann.score(operator, batches_of(states))


@pytest.mark.parametrize("rank", [2, 3])
@pytest.mark.parametrize("with_inputs", [True, False])
def test_moments_of_held_out_states_give_the_same_r2_as_a_second_pass(with_inputs, rank):
    _, _, states, inputs = driven_states()
    states = states + 0.2 * np.random.default_rng(3).standard_normal(states.shape)
    fitted, held = (
        kann.summarise(batches_of(states[rows], inputs=inputs[rows]), inputs=with_inputs)
        for rows in (slice(0, 30), slice(30, 50))
    )
    for intercept in (True, False):
        operator = fitted.solve(rank, intercept=intercept)

        found = explained(operator, held)

        direct = kann.score(operator, batches_of(states[30:], inputs=inputs[30:]))
        np.testing.assert_allclose(
            [found.R2, found.persistence, found.mean], [direct.R2, direct.persistence.R2, direct.mean.R2], atol=1e-10
        )


def test_inputs_can_be_left_out_without_summing_again():
    _, _, states, inputs = driven_states()
    both = kann.summarise(batches_of(states, inputs=inputs), inputs=True, groups=10)
    alone = kann.summarise(batches_of(states, inputs=inputs), groups=10)

    np.testing.assert_array_equal(both.without_inputs.solve().eigenvalues, alone.solve().eigenvalues)


def deciding(batches, weights):
    """The batches with a linear read-out."""
    return [replace(batch, readout=lambda states: states @ weights) for batch in batches]


def test_agreement_is_the_share_of_equal_decisions():
    states, lengths = tanh_states(dtype=np.float64), 2 + np.arange(40) % 29
    weights = np.random.default_rng(5).standard_normal((12, 3))
    operator = kann.summarise_arrays(states, lengths).solve(3)
    said, meant, last = [], [], []
    for sequence, length in zip(states, lengths, strict=True):
        said += (operator.predict(sequence[: length - 1]) @ weights).argmax(axis=1).tolist()
        meant += (sequence[1:length] @ weights).argmax(axis=1).tolist()
        last.append(len(said) - 1)
    equal = np.array(said) == np.array(meant)

    found = kann.score(operator, deciding(batches_of(states, lengths, size=7), weights))

    assert found.agreement_steps == equal.mean()
    assert found.agreement == equal[last].mean() < 1
    before, after = (states[np.arange(40), lengths - back] @ weights for back in (2, 1))
    assert found.persistence.agreement == (before.argmax(axis=1) == after.argmax(axis=1)).mean()
    assert found.mean.agreement == (after.argmax(axis=1) == (operator.mean @ weights).argmax()).mean()


def test_a_decision_that_reads_only_what_the_operator_knows_always_agrees():
    random = np.random.default_rng(2)
    steady = random.standard_normal((30, 1, 1)) * 0.95 ** np.arange(20)[None, :, None]
    states = np.concatenate([steady, 5 * random.standard_normal((30, 20, 2))], axis=2)
    operator = kann.summarise_arrays(states).solve()

    blind, seeing = (kann.score(operator, deciding(batches_of(states), np.eye(3)[:, [column]])) for column in (0, 1))

    assert blind.R2 < 0.2
    assert (blind.agreement, blind.agreement_steps) == (1, 1)
    assert seeing.agreement_steps < 0.7


def test_padding_decides_nothing():
    states, lengths = tanh_states(), np.arange(40) % 31
    operator, weights = kann.summarise_arrays(states).solve(), np.ones((12, 1))
    padded = np.where(np.arange(30)[None, :, None] < lengths[:, None, None], states, np.float32(1e6))

    one, other = (kann.score(operator, deciding(batches_of(s, lengths), weights)) for s in (states, padded))

    assert one == other
    assert 0.5 < one.agreement < 1


def test_of_stacked_delays_the_newest_state_decides():
    states, weights = tanh_states(), np.random.default_rng(5).standard_normal((12, 2))
    operator = kann.summarise_arrays(states, delays=2).solve(20)

    found = kann.score(operator, deciding(batches_of(states), weights))

    stacked = np.concatenate([states[:, -2], states[:, -3], states[:, -4]], axis=1)
    said = operator.predict(stacked)[:, :12] @ weights
    assert found.agreement == (said.argmax(axis=1) == (states[:, -1] @ weights).argmax(axis=1)).mean()


def test_without_a_read_out_nothing_agrees_or_disagrees():
    operator = kann.summarise_arrays(tanh_states()).solve()

    found = kann.score(operator, batches_of(tanh_states()))

    assert (found.agreement, found.agreement_steps, found.persistence.agreement) == (None, None, None)


def test_a_lag_longer_than_a_batch_is_no_transition():
    operator = kann.summarise_arrays(tanh_states(), lag=5).solve()

    found = kann.score(operator, [*batches_of(tanh_states()[:, :3]), *batches_of(tanh_states())])

    assert found.transitions == 40 * 25


def test_steps_choose_what_is_scored_as_they_choose_what_is_fitted():
    states, lengths = tanh_states(), 12 + np.arange(40) % 19
    operator = kann.summarise(batches_of(states, lengths), steps=(3, -5)).solve()

    found = kann.score(operator, batches_of(states, lengths), steps=(3, -5))

    expected = kann.score(operator, batches_of(states[:, 3:], lengths - 8))
    assert found == expected
    assert found.transitions == (lengths - 9).sum()


def test_steps_that_are_no_range_are_not_scored():
    with pytest.raises(OutOfRange, match="are not a range"):
        kann.score(kann.summarise_arrays(tanh_states()).solve(), batches_of(tanh_states()), steps=(5, 2))
