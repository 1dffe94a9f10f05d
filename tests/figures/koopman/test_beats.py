import json

import numpy as np
import pytest

from kann.analyses.koopman.highlights.signal_highlights import EnergyBySegment, SignalReading
from kann.figures.koopman.beats import Shown, beat, segment_energies
from kann.figures.style import LIGHT, MODE_COLOURS

SEGMENT = np.array([2] * 4 + [0] * 10 + [1] * 6 + [0] * 15 + [2] * 5)


def reading(steps=40, segment=SEGMENT, name="12"):
    random = np.random.default_rng(0)
    energy = random.random((steps, 3))
    energy[7:9, 1] = 100.0
    kinds = {"contribution": energy, "innovation": energy[::-1]}
    names = ("rest", "P", "QRS", "T")
    return SignalReading(
        name, "<b>normal", random.standard_normal((steps, 2)), kinds, np.array([0, 1, 3]), segment, names
    )


def trace(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def test_the_ground_is_strongest_where_the_modes_are_at_work():
    ground = trace(beat(reading(), Shown("contribution", [1])), "energy of the modes")
    strength = [float(colour.rpartition(",")[2][:-1]) for colour in ground.marker.color]

    assert sorted(np.argsort(strength)[-2:]) == [7, 8]
    np.testing.assert_allclose(ground.width, 1)
    assert ground.x[7] == 7


@pytest.mark.parametrize("steps", [1, 149, 151, 1000, 5003])
def test_a_long_signal_has_at_most_150_stretches_that_leave_no_gap(steps):
    ground = trace(
        beat(reading(steps + 9, np.zeros(steps + 9, int)), Shown("contribution", [0])), "energy of the modes"
    )
    left, right = np.array(ground.x) - np.array(ground.width) / 2, np.array(ground.x) + np.array(ground.width) / 2

    assert len(ground.x) <= 150
    np.testing.assert_allclose(left[1:], right[:-1])
    assert (left[0], right[-1]) == (-0.5, steps + 8.5)


def test_each_mode_s_stretch_is_its_window_in_its_colour():
    found = reading()
    figure = beat(found, Shown("contribution", [0, 1]))
    stretch = trace(figure, "mode 2")

    assert list(stretch.x) == [6.5, 8.5]
    assert stretch.line.color == MODE_COLOURS[1]
    assert found.window("contribution", 1) == (7, 9)


def test_the_signal_s_points_can_be_boxed_and_no_drag_mode_stands_in_the_way():
    figure = beat(reading(), Shown("contribution", [0], channel=1))
    line = trace(figure, "signal")

    assert "markers" in line.mode
    np.testing.assert_allclose(line.y, reading().signal[:, 1])
    assert figure.layout.dragmode not in ("select", "lasso")


def test_segments_are_named_once_and_what_was_not_found_is_said():
    figure = beat(reading(), Shown("contribution", [0]))
    texts = [note.text for note in figure.layout.annotations]

    assert texts == ["QRS", "P", "not found: T"]
    assert [shape.name for shape in figure.layout.shapes] == ["QRS", "P", "QRS"]
    assert figure.layout.annotations[0].x == 37


def test_the_window_is_framed_and_user_text_is_never_markup():
    figure = beat(reading(), Shown("innovation", [0], window=(5, 9)))
    frame = next(shape for shape in figure.layout.shapes if shape.name == "window")

    assert (frame.x0, frame.x1) == (4.5, 8.5)
    assert "&lt;b&gt;normal" in figure.layout.title.text
    json.loads(figure.to_json())


def test_bars_are_the_energy_of_the_chosen_modes_by_class():
    values = np.arange(12.0).reshape(2, 3, 2)
    found = EnergyBySegment(
        np.array(["1", "2"]), np.array(["rest", "P", "QRS"]), np.array([0, 2]), np.array([5, 4]),
        np.array([[5, 4, 3], [4, 0, 4]]), np.ones((2, 3)), values, 2 * values,
    )  # fmt: skip

    figure = segment_energies(found, "innovation", [2], {"1": "normal"}, LIGHT)

    assert [bars.name for bars in figure.data] == ["normal", "class 2"]
    np.testing.assert_allclose(figure.data[1].y, 2 * values[1, :, 1])
    assert figure.data[1].text[1] == "found in 0 of 4"
