from dataclasses import replace

import numpy as np
import pytest

from kann.analyses.koopman.controls.delay_replacement import MOST_DELAYS, by_delay, delay_finding, no_delays

STEPS = np.array([5, 9, 9, 5])
TARGETS = [np.array([1, 2]), np.array([0, 0]), None, np.array([2, 2])]
TRUE = [np.array([7, 1, 2]), np.array([7, 0, 0]), np.array([7, 1, 1]), np.array([7, 2, 0])]
GUESS = [np.array([0, 1, 2]), np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([0, 0, 0])]
BESIDE = {"eigenvalues": np.array([1.01, 0.5j]), "fitted": 8, "in_sample": False, "guess": 1 / 3, "cell": "GRU"}
ERRORS = (np.array([0.1, 0.2, 0.4, 0.3]), np.array([1.0, 2.0, 2.0, np.nan]))


def outcome(**changes):
    return replace(by_delay(STEPS, ERRORS, (TRUE, GUESS, TRUE), TARGETS, **BESIDE), **changes)


def test_each_delay_has_the_means_of_its_sequences():
    test = outcome()

    assert test.delays.tolist() == [5, 9]
    assert test.sequences.tolist() == [2, 2]
    np.testing.assert_allclose(test.network, [0.75, 1.0])
    np.testing.assert_allclose(test.operator, [0.5, 0.5])
    np.testing.assert_allclose(test.e_rel, [0.2, 0.3])
    np.testing.assert_allclose(test.skipped_e_rel, [1.0, 2.0])


def test_agreement_looks_at_the_steps_with_targets_or_at_all_of_them():
    test = outcome()

    np.testing.assert_allclose(test.agreement, [(1 + 0.5) / 2, (0.5 + 2 / 3) / 2])
    np.testing.assert_allclose(test.skipped_agreement, [1, 1])


def test_without_a_read_out_errors_alone_are_known():
    test = by_delay(STEPS, ERRORS, (None, None, None), [None] * 4, **BESIDE)

    assert not test.recalls
    assert np.isnan(test.agreement).all()
    assert np.isfinite(test.e_rel).all()


def test_very_many_delays_are_put_together_from_the_shortest_on():
    steps = np.arange(5, 205)
    errors = steps.astype(float)

    test = by_delay(steps, (errors, errors), (None, None, None), [None] * 200, **BESIDE)

    assert len(test) == MOST_DELAYS
    assert test.sequences.sum() == 200
    assert test.delays[0] == 5
    assert (test.e_rel >= test.delays).all()
    assert (test.e_rel[:-1] < test.delays[1:]).all()


def test_the_finding_speaks_of_the_longest_delay_that_the_network_recalls():
    solved = outcome(network=np.array([1.0, 0.3]), operator=np.array([0.98, 0.3]), skipped=np.array([0.2, 0.1]))

    words = delay_finding(solved)

    assert "all but the first of 5 blanks" in words.headline
    assert "recalls 0.980 of the symbols; by itself 1.000, with the delay skipped 0.200" in words.headline
    assert "is 0.2 (skipped: 1)" in words.support


def test_a_network_without_memory_is_said_to_have_none():
    words = delay_finding(outcome(network=np.array([0.4, 0.35])))

    assert "recalls 0.350 of the symbols after 9 blanks, a guess 0.333" in words.headline


def test_data_without_targets_speak_of_decisions_that_stay():
    words = delay_finding(by_delay(STEPS, ERRORS, (TRUE, GUESS, TRUE), [None] * 4, **BESIDE))

    assert words.headline.startswith(
        "With all but the first of 9 steps of constant input replaced by the operator, 0.500 of"
    )


def test_a_delay_that_may_as_well_be_skipped_does_not_speak_for_the_operator():
    same, other = np.array([0.9, 0.9]), np.array([0.2, 0.2])

    assert "no evidence for the operator" in delay_finding(outcome(agreement=same, skipped_agreement=same)).support
    assert "no evidence" not in delay_finding(outcome(agreement=same, skipped_agreement=other)).support


@pytest.mark.parametrize(
    ("cell", "values", "words"),
    [
        ("orthogonal", [1.02, 0.9], "0.9000 to 1.0200: above 1, since modReLU's bias lets states grow."),
        ("GRU", [1.02, 0.9], "above 1, since some directions grow over the delay."),
        ("GRU", [0.8, 0.9], "modulus 0.8000 to 0.9000."),
    ],
)
def test_moduli_are_stated_as_they_are(cell, values, words):
    assert delay_finding(outcome(cell=cell, eigenvalues=np.array(values, complex))).support.endswith(words)


def test_nothing_to_test_is_empty():
    assert len(no_delays()) == 0
    assert not no_delays().recalls
