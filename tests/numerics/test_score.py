import numpy as np
import pytest

import kann
from kann.errors import NotEnoughData
from kann.numerics.score import explained
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
