from dataclasses import replace

import numpy as np
import pytest

import kann
from kann.analyses.koopman.spectrum.findings import finding, leading_mode, verdict
from kann.analyses.koopman.spectrum.koopman_states import analyse, follow
from kann.analyses.koopman.spectrum.settings import Settings
from kann.analyses.koopman.spectrum.transitions import Transitions
from kann.errors import NotEnoughData, OutOfRange
from tests.analyses.koopman.stand_ins import slow_states, transitions, twins
from tests.numerics.systems import batches_of, tanh_states


def test_the_slow_mode_leads_and_its_half_life_is_said():
    result = analyse(transitions(slow_states()), Settings())

    assert abs(result.spectrum.half_lives[0] - np.log(0.5) / np.log(0.99)) < 25
    assert verdict(result.spectrum, 0).startswith("Mode 1 keeps")


def test_a_network_that_is_predicted_as_well_untrained_shows_no_learning():
    result = analyse(transitions(slow_states()), Settings(), twins(slow_states(), slow_states(seed=1)))

    assert "shows no training" in finding(result).support


def test_states_that_stay_are_not_praised():
    random = np.random.default_rng(0)
    still = np.repeat(random.standard_normal((60, 1, 3)), 20, axis=1) + 0.05 * random.standard_normal((60, 20, 3))

    assert "little better than persistence" in finding(analyse(transitions(still), Settings())).support


def test_scores_are_of_held_out_sequences():
    states = tanh_states(sequences=60)
    held = np.arange(60) % 5 == 4

    result = analyse(transitions(states), Settings(rank=5))

    direct = kann.score(kann.summarise_arrays(states[~held]).solve(5), batches_of(states[held]))
    assert pytest.approx(direct.R2, abs=1e-10) == result.accuracy.R2
    assert result.accuracy.persistence == pytest.approx(direct.persistence.R2, abs=1e-10)
    assert not result.in_sample


def two_kinds(labels, seed=0):
    """States of which those labelled "b" lie elsewhere and are slower, [sequences 60 4]."""
    quick, slow = slow_states(0.3, len(labels), seed), slow_states(0.97, len(labels), seed + 1) + 1.0
    return np.where((labels == "b")[:, None, None], slow, quick)


def numpy_scores(fitted, scored):
    """R2 of least squares with an intercept, of the state that stays and of the fitted mean; by numpy alone."""
    before, after = (part.reshape(-1, fitted.shape[2]) for part in (fitted[:, :-1], fitted[:, 1:]))
    coefficients = np.linalg.lstsq(np.c_[before, np.ones(len(before))], after, rcond=None)[0]
    x, y = (part.reshape(-1, scored.shape[2]) for part in (scored[:, :-1], scored[:, 1:]))
    guesses = (np.c_[x, np.ones(len(x))] @ coefficients, x, fitted.reshape(-1, fitted.shape[2]).mean(axis=0))
    return [1 - np.square(y - guess).sum() / np.square(y - y.mean(axis=0)).sum() for guess in guesses]


def test_without_held_out_sequences_scores_are_called_in_sample():
    few = Transitions(kann.summarise_arrays(tanh_states(), groups=16), None, 40)

    result = analyse(few, Settings())

    assert result.in_sample
    assert "in sample" in finding(result).support


def test_too_few_sequences_for_intervals_is_a_note_and_no_error():
    result = analyse(Transitions(kann.summarise_arrays(tanh_states(sequences=3), groups=64), None, 3), Settings())

    assert not result.spectrum.has_intervals
    assert any("No intervals: The bootstrap needs at least 8 chunks" in note for note in result.notes)
    assert leading_mode(result.spectrum) is not None


def test_inputs_that_were_summed_are_scored_beside():
    random = np.random.default_rng(0)
    inputs = random.standard_normal((60, 30, 1)).astype(np.float32)
    states = np.zeros((60, 30, 2), np.float32)
    for step in range(1, 30):
        states[:, step] = 0.5 * states[:, step - 1] + inputs[:, step]

    result = analyse(transitions(states + 0, inputs=inputs), Settings())

    assert result.with_inputs > 0.999
    assert result.accuracy.R2 < 0.5


HELD = np.arange(120) % 5 == 4


def test_a_class_is_fitted_and_scored_on_its_own_sequences():
    labels = np.array(["a", "b"])[np.arange(120) % 2]
    states, b = two_kinds(labels), labels == "b"
    sums = transitions(states, labels)

    result, every = analyse(sums, Settings(label="b")), analyse(sums, Settings())

    found = [result.accuracy.R2, result.accuracy.persistence, result.accuracy.mean]
    np.testing.assert_allclose(found, numpy_scores(states[b & ~HELD], states[b & HELD]), atol=1e-9)
    assert (result.pairs, every.pairs, result.in_sample) == ((b & ~HELD).sum() * 59, (~HELD).sum() * 59, False)
    assert "held out" not in " ".join(result.notes)


def test_a_class_without_held_out_sequences_is_scored_in_sample_and_that_is_said():
    labels = np.where(HELD | (np.arange(120) % 3 == 0), "a", "b")
    states, b = two_kinds(labels), labels == "b"

    result = analyse(transitions(states, labels), Settings(label="b"))

    found = [result.accuracy.R2, result.accuracy.persistence, result.accuracy.mean]
    np.testing.assert_allclose(found, numpy_scores(states[b], states[b]), atol=1e-9)
    assert result.in_sample
    assert "No sequence of this class was held out" in " ".join(result.notes)
    assert "of the variance in sample" in finding(result).support
    assert not analyse(transitions(states, labels), Settings()).in_sample


def test_a_class_that_was_held_out_without_labels_is_refused():
    labels = np.array(["a", "b"])[np.arange(120) % 2]
    sums = transitions(two_kinds(labels), labels)
    together = replace(sums, held_out=transitions(two_kinds(labels), labels, groups=0).held_out)

    with pytest.raises(NotEnoughData, match="Class b was not kept apart"):
        analyse(together, Settings(label="b"))


def test_with_inputs_a_class_is_scored_on_its_own_sequences():
    labels = np.array(["a", "b"])[np.arange(120) % 2]
    states, b = two_kinds(labels), labels == "b"
    inputs = states + np.random.default_rng(3).standard_normal(states.shape)

    result = analyse(transitions(states, labels, inputs), Settings(label="b"))

    before, after, drive = (
        [part[b & rows].reshape(-1, 4) for rows in (~HELD, HELD)]
        for part in (states[:, :-1], states[:, 1:], inputs[:, 1:])
    )
    coefficients = np.linalg.lstsq(np.c_[before[0], drive[0], np.ones(len(before[0]))], after[0], rcond=None)[0]
    wrong = after[1] - np.c_[before[1], drive[1], np.ones(len(before[1]))] @ coefficients
    expected = 1 - np.square(wrong).sum() / np.square(after[1] - after[1].mean(axis=0)).sum()
    assert result.with_inputs == pytest.approx(expected, abs=1e-9)


def test_a_mode_is_followed_to_another_rank_and_an_odd_name_refused():
    sums = transitions(slow_states())
    before, after = analyse(sums, Settings(rank=2)), analyse(sums, Settings(rank=4))

    assert follow(sums, Settings(), before.spectrum.ids[0], after.operator) == 0
    assert follow(sums, Settings(), "0.500000+0.000000i@99", after.operator) is None
    with pytest.raises(OutOfRange, match="names no mode"):
        follow(sums, Settings(), "mode 1", after.operator)


def test_sums_come_back_from_arrays():
    sums = transitions(tanh_states())

    back = Transitions.from_arrays(sums.arrays())

    np.testing.assert_array_equal(
        analyse(back, Settings()).spectrum.eigenvalues, analyse(sums, Settings()).spectrum.eigenvalues
    )


def test_a_fit_with_inputs_that_there_are_not_says_that_it_is_without_them():
    states = slow_states()
    drive = np.random.default_rng(1).standard_normal((120, 60, 1))

    lacking = analyse(transitions(states), Settings(inputs=True))
    given = analyse(transitions(states, inputs=drive), Settings(inputs=True))

    assert "There are no inputs, or too many channels to sum: this is the fit without them." in lacking.notes
    assert not given.notes


def test_an_untrained_network_whose_states_never_change_is_left_out():
    found = twins(slow_states(0.4, seed=1), np.zeros((120, 60, 4)), slow_states(0.4, seed=2))

    result = analyse(transitions(slow_states()), Settings(), found)

    assert result.spectrum.untrained.each == len(result.spectrum.untrained.R2) == 2
