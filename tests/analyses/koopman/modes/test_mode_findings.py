import numpy as np
import pytest

from kann.analyses.koopman.modes.mode_classes import Dominance
from kann.analyses.koopman.modes.mode_findings import (
    dominant_sentence,
    evidence_sentence,
    kept_sentence,
    score_sentence,
    threshold_rows,
    used_sentence,
)
from kann.analyses.koopman.modes.reconstructions import reconstructions
from kann.analyses.koopman.spectrum.koopman_states import analyse
from kann.analyses.koopman.spectrum.settings import Settings
from kann.records import Rebuilt
from tests.analyses.koopman.stand_ins import transitions
from tests.numerics.systems import tanh_states


@pytest.fixture(scope="module")
def spectrum():
    return analyse(transitions(tanh_states(sequences=60)), Settings()).spectrum


def measured(spectrum, leader, published):
    values = [np.ones(len(spectrum)), np.ones(len(spectrum))]
    for value, mode in zip(values, (published, leader), strict=True):
        value[mode] = 9.0
    return Dominance(np.array(["all"]), np.array([5]), *(value[None] for value in values))


def rebuilt(errors):
    """Sequences of one step whose original is 0, so that each output is its error."""
    full, part, mean = (np.array(error, float)[:, None, None] for error in errors)
    return Rebuilt(full, part, mean, np.zeros_like(full))


def test_the_leader_by_our_measure_is_named_with_its_share_and_the_published_one_beside(spectrum):
    upper = np.flatnonzero(spectrum.eigenvalues.imag >= 0)
    real = int(np.flatnonzero((spectrum.eigenvalues.imag == 0) & (spectrum.shares > 0))[0])
    share = 100 * 9 / (len(upper) + 8)

    words = dominant_sentence(measured(spectrum, real, upper[0] if upper[0] != real else upper[1]), spectrum)

    assert words.startswith(f"Mode {real + 1} dominates: {share:.2g} % of the sum over all modes")
    assert "names mode" in words
    assert "agrees" in dominant_sentence(measured(spectrum, real, real), spectrum)


def test_a_leader_that_cancels_others_is_said_to(spectrum):
    shares = spectrum.shares.copy()
    pair = int(np.flatnonzero(spectrum.eigenvalues.imag > 0)[0])
    shares[pair] = -0.3
    cancelling = type(spectrum)(**vars(spectrum) | {"shares": shares})

    words = dominant_sentence(measured(spectrum, pair, pair), cancelling)

    assert f"Mode {pair + 1} and its conjugate dominate:" in words
    assert "cancels against other modes: its share of the variance is -60 %" in words


def test_what_is_in_use_says_whether_somebody_chose_it():
    assert used_sentence([0, 4], chosen=False) == "In use: modes 1, 5 (the dominant ones, since none is selected)."
    assert used_sentence([6], chosen=True) == "In use: mode 7 (as selected)."


def test_the_largest_class_s_error_stands_between_the_whole_state_and_none():
    found = reconstructions([(rebuilt([[1, 1, 9], [4, 6, 9], [8, 8, 9]]), np.array([1, 1, 2]))], "decoder")

    words = kept_sentence(found, {"1": "normal"})

    assert "“normal” with a median error of 5" in words
    assert "whole state 1, mean state alone 8" in words
    assert "worse" not in words


def test_modes_worse_than_none_are_called_so():
    found = reconstructions([(rebuilt([[1], [9], [8]]), None)], "decoder")

    assert "worse than no mode at all" in kept_sentence(found, {})


def test_decisions_are_counted_through_a_read_out():
    full = np.array([[[1.0]], [[1.0]], [[-1.0]], [[-1.0]]])
    part = np.array([[[1.0]], [[1.0]], [[-1.0]], [[1.0]]])
    found = reconstructions([(Rebuilt(full, part, np.ones_like(full), None), None)], "readout")

    assert "decision in 75 % of 4 sequences, the mean state alone in 50 %" in kept_sentence(found, {})


def test_the_mode_that_speaks_for_the_decision_is_named():
    assert "decision share 1.250 (above 1" in evidence_sentence(0, 1.25)
    assert evidence_sentence(0, 0.9) == "Mode 1 carries most of the evidence: decision share 0.900."


def test_a_threshold_counts_each_class_by_the_whole_state_and_by_the_modes():
    found = reconstructions([(rebuilt([[1, 5, 9], [4, 6, 5], [8, 8, 9]]), np.array([1, 1, 2]))], "decoder")

    rows = threshold_rows(found, 5.0, {"1": "normal"})

    assert rows == {
        "class": ["normal", "class 2"],
        "sequences": [2, 1],
        "under, whole state": [1, 0],
        "over, whole state": [1, 1],
        "under, modes in use": [1, 0],
        "over, modes in use": [1, 1],
    }


def test_a_card_s_scores_are_read_out_split_by_split():
    words = score_sentence({"test": {"normal_under": 0.98, "anomalies_over": 0.9846}, "odd": {"normal_under": None}})

    assert words.startswith("Model card, test: 98 % of normal")
    assert "98.5 % of anomalies above" in words
    assert score_sentence({}) == ""
