import numpy as np

from kann.analyses.koopman.controls.delay_replacement import by_delay
from kann.figures.koopman.delay_replacement import error_by_delay, recall_by_delay
from kann.figures.style import LIGHT

STEPS = np.array([10, 10, 50])
SAID = [np.array([1, 2]), np.array([2, 2]), np.array([0, 1])]
TARGETS = [np.array([1, 2]), np.array([1, 2]), np.array([0, 0])]


def outcome(targets=TARGETS):
    errors = np.array([0.1, 0.3, 0.5]), np.array([1.0, 1.0, 2.0])
    beside = {"eigenvalues": np.ones(2, complex), "fitted": 3, "in_sample": True, "guess": 0.25, "cell": "GRU"}
    return by_delay(STEPS, errors, (SAID, SAID, [1 - said for said in SAID]), targets, **beside)


def traces(figure):
    return {trace.name: trace for trace in figure.data}


def test_recall_is_drawn_for_network_operator_and_skipping_over_a_guess():
    figure = recall_by_delay(outcome())
    drawn = traces(figure)

    assert list(drawn) == ["network", "operator for the delay", "delay skipped"]
    np.testing.assert_allclose(drawn["network"].y, [0.75, 0.5])
    np.testing.assert_array_equal(drawn["operator for the delay"].x, [10, 50])
    assert drawn["operator for the delay"].line.color == LIGHT.accent
    assert drawn["delay skipped"].line.color == LIGHT.twin
    assert figure.layout.shapes[0].y0 == 0.25


def test_without_anything_to_recall_agreement_is_drawn():
    figure = recall_by_delay(outcome([None] * 3))

    assert list(traces(figure)) == ["operator for the delay", "delay skipped"]
    assert figure.layout.yaxis.title.text == "decisions that agree"
    assert not figure.layout.shapes


def test_errors_stand_on_a_log_scale_beside_those_of_skipping():
    figure = error_by_delay(outcome())

    assert figure.layout.yaxis.type == "log"
    np.testing.assert_allclose(traces(figure)["operator for the delay"].y, [0.2, 0.5])
    np.testing.assert_allclose(traces(figure)["delay skipped"].y, [1.0, 2.0])
