from dataclasses import replace

import numpy as np
import pytest

from kann.analyses.koopman.controls.control_findings import controls_finding, mode_verdict
from kann.analyses.koopman.controls.control_table import control_table
from kann.analyses.koopman.controls.measured import OWN, SHUFFLED
from kann.analyses.koopman.spectrum.koopman_states import analyse
from kann.analyses.koopman.spectrum.settings import Settings
from tests.analyses.koopman.controlled import controls
from tests.analyses.koopman.stand_ins import forgetful, slow_states, transitions


@pytest.fixture(scope="module")
def untrained():
    return forgetful()


@pytest.fixture(scope="module")
def spectrum(untrained):
    return analyse(transitions(slow_states()), Settings(), untrained).spectrum


def test_the_headline_credits_training_by_the_one_test_that_may(spectrum, untrained):
    alike = analyse(transitions(slow_states(0.4, seed=0)), Settings(), untrained).spectrum

    assert controls_finding(controls(), spectrum).headline.startswith("Training made memory")
    assert "No mode lasts significantly longer" in controls_finding(controls(), alike).headline


def test_the_figures_stand_beside_the_headline(spectrum):
    support = controls_finding(controls(), spectrum, "words").support

    for words in (
        "0.9980 (half-life 346 words)", "in untrained twins 0.6935 (0.6900 to 0.6970)", "shuffled 0.8000",
        "R² is 0.585 held out (in sample 0.595), that of persistence 0.400", "e_rel is 0.21 beside 0.8",
        "median twin has R² 0.275", "Given the inputs R² is 0.893, a twin's 0.966",
        "In 99.0 % of 256 sequences the read-out gives the same decision", "agreement over one step is no evidence",
        "In roll-outs over 50 words e_rel is 0.5, that of persistence 1.2",
        "over no horizon do its decisions agree more often than those of persistence.",
    ):  # fmt: skip
        assert words in support


def test_agreement_that_persistence_lacks_is_left_standing(spectrum):
    found = controls()
    often = replace(found.fits[0].persistence, agreement=0.8)
    found = replace(found, fits=(replace(found.fits[0], persistence=often), *found.fits[1:]))

    assert "in 80.0 %." in controls_finding(found, spectrum).support
    assert "says nothing" not in controls_finding(found, spectrum).support


def test_a_lag_counts_in_memories_and_horizons(spectrum):
    support = controls_finding(controls(lag=3), spectrum, "steps").support

    assert "half-life 1,040 steps" in support
    assert "over 150 steps" in support


def test_the_horizon_that_tells_most_from_persistence_is_named(spectrum):
    found = controls()
    rolled = replace(found.roll_outs, persistence_agreement=np.array([0.98, 0.4]))

    support = controls_finding(replace(found, roll_outs=rolled), spectrum, "words").support

    assert "In roll-outs over 50 words e_rel is 0.5, that of persistence 1.2; decisions agree in 90.0 %" in support
    assert "those of persistence in 40.0 %" in support


def test_states_without_network_or_decision_are_held_against_persistence(spectrum):
    found = controls_finding(controls(twins=(), agreement=None), replace(spectrum, untrained=None))

    assert "better than persistence" in found.headline
    assert "twin" not in found.support
    assert "deci" not in found.support
    assert found.support.endswith("In roll-outs over 50 steps e_rel is 0.5, that of persistence 1.2.")


def test_the_fit_that_knows_its_inputs_is_spoken_of_where_it_is_on_screen(spectrum):
    support = controls_finding(controls(inputs=True), spectrum).support

    assert "R² is 0.893 held out" in support
    assert "Without the inputs R² is 0.585" in support
    assert "with the true inputs" in support


def test_a_mode_is_told_from_what_shuffled_steps_leave(spectrum):
    first, last = (mode_verdict(spectrum, mode, controls()) for mode in (0, 3))

    assert "Training made it" in first
    assert first.endswith("no modulus exceeds 0.8000.")
    assert "a modulus of 0.8000 remains" in last


def test_the_table_has_a_row_a_predictor_and_dashes_where_nothing_is_known():
    table = control_table(controls())

    assert table["predicted by"] == [
        OWN, "untrained twins, 2", SHUFFLED, "without an intercept", "persistence", "mean",
    ]  # fmt: skip
    assert table["R², held out"] == ["0.585", "0.275 (0.270 to 0.280)", "0.100", "0.600", "0.400", "-0.010"]
    assert table["R², with inputs"] == ["0.893", "0.966", "–", "–", "–", "–"]
    assert table["agreement, held out"] == ["0.990", "–", "–", "–", "0.990", "0.990"]
    assert table["agreement, in sample"][0] == "0.990"
    assert table["top modulus"][:2] == ["0.9980", "0.6935 (0.6900 to 0.6970)"]
    assert len({len(column) for column in table.values()}) == 1


def test_the_table_of_a_fit_with_inputs_sets_the_one_without_beside():
    table = control_table(controls(inputs=True, in_sample=True))

    assert table["R², without inputs"][0] == "0.585"
    assert list(table) == [
        "predicted by", "R², in sample", "R², without inputs", "e_rel", "agreement, in sample", "top modulus",
    ]  # fmt: skip
