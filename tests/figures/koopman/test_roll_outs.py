from dataclasses import replace

import numpy as np

from kann.figures.koopman.roll_outs import agreement_by_horizon, error_by_horizon
from kann.figures.style import DARK, LIGHT
from tests.analyses.koopman.controlled import controls


def trace(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def test_errors_of_operator_and_persistence_stand_over_their_horizons():
    figure = error_by_horizon(controls(twin_e_rel=np.array([[0.3, 9.0], [0.2, 50.0]])))

    assert trace(figure, "operator").x.tolist() == [1, 50]
    assert trace(figure, "operator").y.tolist() == [0.21, 0.5]
    assert trace(figure, "persistence").y.tolist() == [0.8, 1.2]
    assert trace(figure, "operator, given the inputs").line.dash == "dash"
    assert figure.layout.yaxis.type == figure.layout.xaxis.type == "log"


def test_the_twins_are_a_band_from_the_best_to_the_worst():
    band = trace(error_by_horizon(controls(twin_e_rel=np.array([[0.3, 9.0], [0.2, 50.0]]))), "2 untrained twins")

    assert band.x.tolist() == [1, 50, 50, 1]
    assert band.y.tolist() == [0.3, 50.0, 9.0, 0.2]


def test_horizons_that_no_twin_reaches_have_no_band():
    band = trace(error_by_horizon(controls(twin_e_rel=np.array([[0.3, np.nan], [0.2, np.nan]]))), "2 untrained twins")

    assert band.x.tolist() == [1, 1]


def test_without_twins_or_inputs_three_lines_remain_and_two_where_nothing_was_held_out():
    few = {"twin_e_rel": np.zeros((0, 2)), "driven_roll_outs": None}
    names = [
        [drawn.name for drawn in error_by_horizon(controls(**few, in_sample=in_sample)).data]
        for in_sample in (False, True)
    ]

    assert names == [["persistence", "operator", "operator, in sample"], ["persistence", "operator"]]


def test_a_lag_stretches_the_axis():
    assert trace(error_by_horizon(controls(lag=3, twin_e_rel=np.ones((1, 2)))), "operator").x.tolist() == [3, 150]


def test_growth_without_bound_stays_within_the_picture():
    low, high = error_by_horizon(controls(twin_e_rel=np.array([[0.001, 1e8]]))).layout.yaxis.range

    assert low < -3
    assert high < 1.1


def test_decisions_are_shares_of_sequences():
    figure = agreement_by_horizon(controls(), DARK)

    assert trace(figure, "operator").y.tolist() == [0.99, 0.9]
    assert trace(figure, "operator").line.color == DARK.accent != LIGHT.accent
    assert figure.layout.yaxis.range == (-0.03, 1.05)


def test_decisions_of_the_driven_fit_that_are_not_known_draw_nothing():
    found = controls()
    found = replace(found, driven_roll_outs=replace(found.driven_roll_outs, agreement=None))

    assert np.isnan(trace(agreement_by_horizon(found), "operator, given the inputs").y).all()
