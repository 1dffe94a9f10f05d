import numpy as np
import pytest

import kann
from kann.analyses.findings import finding, leading_mode, verdict
from kann.analyses.koopman_states import analyse, follow
from kann.analyses.transitions import Settings, Transitions, sum_transitions
from kann.errors import OutOfRange
from tests.numerics.systems import batches_of, tanh_states


def transitions(states, labels=None, inputs=None, groups=16):
    held = np.arange(len(states)) % 5 == 4
    settings = Settings()

    def part(rows, groups):
        chosen = (None if array is None else array[rows] for array in (inputs, labels))
        drive, names = chosen
        batches = batches_of(states[rows], inputs=drive, labels=names)
        return sum_transitions(batches, settings, inputs is not None, groups)

    return Transitions(part(~held, groups), part(held, 0), len(states))


def slow_states(modulus=0.99, sequences=120, seed=0):
    """One slow unit among quick ones, all driven by noise."""
    random = np.random.default_rng(seed)
    states, state = np.zeros((sequences, 60, 4)), random.standard_normal((sequences, 4))
    for step in range(60):
        state = state * [modulus, 0.5, 0.3, 0.1] + random.standard_normal(state.shape) * [0.3, 1, 1, 1]
        states[:, step] = state
    return states


def test_the_slow_mode_leads_and_its_half_life_is_said():
    result = analyse(transitions(slow_states()), Settings())

    assert leading_mode(result.spectrum) == 0
    assert abs(result.spectrum.half_lives[0] - np.log(0.5) / np.log(0.99)) < 25
    assert finding(result).headline.startswith("Mode 1 keeps half of what it holds for")


def test_a_mode_that_twins_lack_is_said_to_be_in_none_of_them():
    twins = [transitions(slow_states(0.4, seed=seed)) for seed in (1, 2, 3)]

    result = analyse(transitions(slow_states()), Settings(), twins)

    assert result.spectrum.in_twins[0] == 0
    assert "present in none of 3 untrained twins" in verdict(result.spectrum, 0)


def test_a_mode_that_twins_have_is_counted():
    twins = [transitions(slow_states(seed=seed)) for seed in (1, 2, 3)]

    result = analyse(transitions(slow_states()), Settings(), twins)

    assert result.spectrum.in_twins[0] >= 2


def test_a_twin_that_is_predicted_as_well_takes_the_fit_s_glory():
    result = analyse(transitions(slow_states()), Settings(), [transitions(slow_states())])

    assert "the fit alone shows no learning" in finding(result).support


def test_states_that_stay_are_not_praised():
    random = np.random.default_rng(0)
    still = np.repeat(random.standard_normal((60, 1, 3)), 20, axis=1) + 0.05 * random.standard_normal((60, 20, 3))

    assert "little better than a state that stays" in finding(analyse(transitions(still), Settings())).support


def test_white_noise_makes_no_claim_of_memory():
    noise = np.random.default_rng(0).standard_normal((100, 30, 3))

    result = analyse(transitions(noise), Settings())

    assert result.accuracy.R2 < 0.05
    assert result.spectrum.half_lives.max() < 1


def test_scores_are_of_held_out_sequences():
    states = tanh_states(sequences=60)
    held = np.arange(60) % 5 == 4

    result = analyse(transitions(states), Settings(rank=5))

    direct = kann.score(kann.summarise_arrays(states[~held]).solve(5), batches_of(states[held]))
    assert pytest.approx(direct.R2, abs=1e-10) == result.accuracy.R2
    assert result.accuracy.persistence == pytest.approx(direct.persistence.R2, abs=1e-10)
    assert not result.in_sample


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


def test_a_class_of_its_own():
    states, labels = tanh_states(sequences=100), np.array(["a", "b"])[np.arange(100) % 2]
    sums = transitions(states, labels=labels)

    assert not np.allclose(
        analyse(sums, Settings(label="a")).spectrum.eigenvalues, analyse(sums, Settings()).spectrum.eigenvalues
    )


def test_a_mode_is_followed_to_another_rank_and_an_odd_name_refused():
    sums = transitions(slow_states())
    before, after = analyse(sums, Settings(rank=2)), analyse(sums, Settings(rank=4))

    assert follow(sums, Settings(), before.spectrum.ids[0], after) == 0
    assert follow(sums, Settings(), "0.500000+0.000000i@99", after) is None
    with pytest.raises(OutOfRange, match="names no mode"):
        follow(sums, Settings(), "mode 1", after)


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

    assert "The inputs are none, or too many to be summed along: this is the fit without them." in lacking.notes
    assert not given.notes


def test_a_twin_whose_states_never_change_is_left_out():
    twins = [transitions(slow_states(0.4, seed=1)), transitions(np.zeros((120, 60, 4)))]

    result = analyse(transitions(slow_states()), Settings(), twins)

    assert result.spectrum.twins == len(result.twins.R2) == 1
    assert np.isfinite(result.twins.median)
