import json
import re

import numpy as np
import pytest

from kann.analyses.koopman.modes.mode_traces import Trace, Traces
from kann.analyses.koopman.spectrum.koopman_states import analyse
from kann.analyses.koopman.spectrum.settings import Settings
from kann.figures import sequences
from kann.figures.koopman.complex_plane import complex_plane
from kann.figures.koopman.memory_rhythm import memory_rhythm
from kann.figures.koopman.mode_over_time import mode_over_time
from kann.figures.style import DARK, LIGHT, MODE_COLOURS, palette
from kann.records import Dataset
from tests.analyses.koopman.stand_ins import transitions, twins
from tests.numerics.systems import tanh_states


@pytest.fixture(scope="module")
def spectrum():
    states = tanh_states(sequences=60)
    return analyse(transitions(states), Settings(), twins(tanh_states(seed=9), tanh_states(seed=8)), 125.0).spectrum


def trace(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


@pytest.mark.parametrize("draw", [complex_plane, memory_rhythm])
def test_every_dot_carries_its_mode_s_id_and_its_numbers(spectrum, draw):
    dots = trace(draw(spectrum, []), "modes of this network")

    assert [entry[0] for entry in dots.customdata] == list(spectrum.ids)
    assert all(
        "half-life" in text and "residual" in text and "Hz" in text
        for text in np.array(dots.text)[spectrum.frequencies > 0]
    )


def test_size_grows_with_the_share_and_opacity_with_trust(spectrum):
    marker = trace(complex_plane(spectrum, []), "modes of this network").marker
    shares, trusts = np.clip(spectrum.shares, 0, 1), spectrum.trust

    assert (np.diff(np.array(marker.size)[np.argsort(shares)]) >= 0).all()
    assert (np.diff(np.array(marker.opacity)[np.argsort(trusts)]) >= 0).all()


def test_a_selected_pair_has_a_ring_on_both_halves(spectrum):
    pair = int(np.flatnonzero(spectrum.eigenvalues.imag > 0)[0])
    rings = [t for t in complex_plane(spectrum, [pair]).data if t.name == f"selected mode {pair + 1}"]

    assert sorted(ring.y[0] for ring in rings) == pytest.approx(
        sorted([spectrum.eigenvalues[pair].imag, -spectrum.eigenvalues[pair].imag])
    )


@pytest.mark.parametrize("draw", [complex_plane, memory_rhythm])
def test_twins_are_crosses_centred_on_their_eigenvalues(spectrum, draw):
    (shape,) = [shape for shape in draw(spectrum, []).layout.shapes if shape.name == "untrained twins"]
    numbers = np.array(re.findall(r"[ML]([^,ML]+),([^,ML]+)", shape.path), float).reshape(24, 4, 2)

    values = spectrum.untrained.eigenvalues
    expected = values.real if draw is complex_plane else np.abs(np.angle(values)) / (2 * np.pi) * 125
    np.testing.assert_allclose(numbers[:, :, 0].mean(axis=1), expected, rtol=1e-3, atol=1e-4)
    assert (numbers[:, 0, 1] < numbers[:, 1, 1]).all()


def test_a_mode_that_does_not_fade_is_drawn_on_a_line_at_the_top(spectrum):
    grown = type(spectrum)(**vars(spectrum) | {"half_lives": np.where(np.arange(12) == 0, np.inf, spectrum.half_lives)})
    figure = memory_rhythm(grown, [0])
    dots = trace(figure, "modes of this network")

    assert dots.y[0] == max(dots.y) == next(shape.y0 for shape in figure.layout.shapes if shape.type == "line")
    # The place of an annotation on a log axis is an exponent: a value there would stretch the axis to 10^value.
    assert all(abs(float(note.y)) < 20 for note in figure.layout.annotations)


@pytest.mark.parametrize("draw", [complex_plane, memory_rhythm])
def test_a_drag_never_swallows_a_click(spectrum, draw):
    figure = draw(spectrum, [0])

    assert figure.layout.dragmode not in ("select", "lasso")
    assert all(trace.type == "scatter" for trace in figure.data)


def test_without_intervals_figures_still_draw():
    spectrum = analyse(transitions(tanh_states(sequences=6)), Settings()).spectrum

    for draw in (complex_plane, memory_rhythm):
        names = [trace["name"] for trace in json.loads(draw(spectrum, [0]).to_json())["data"] if "name" in trace]
        assert {"modes of this network", "selected mode 1"} <= set(names)


def traces(tokens=None):
    values = np.exp(1j * np.arange(20))[:, None] * [1, 2]
    signal = None if tokens else np.zeros((20, 1))
    return Traces((Trace("7", "1", values, signal, tokens),), (0, 3), ("a", "b"), None)


def test_modes_over_time_share_the_colours_of_the_selection():
    figure = mode_over_time(traces())

    assert [line.name for line in figure.data] == ["signal", "mode 1", "mode 4"]
    assert figure.data[2].line.color == MODE_COLOURS[1]
    np.testing.assert_allclose(figure.data[1].y, np.cos(np.arange(20)), atol=1e-12)


def test_the_magnitude_of_a_rotating_mode_is_constant():
    np.testing.assert_allclose(mode_over_time(traces(), "magnitude").data[2].y, 2.0)


def test_words_under_the_axis_are_shown_as_text():
    figure = mode_over_time(traces(tokens=["<b>", "a&b", *["w"] * 18]))

    assert figure.layout.xaxis2.ticktext[:2] == ("&lt;b&gt;", "a&amp;b")


def test_samples_have_one_legend_entry_a_class():
    dataset = Dataset("signal", [np.zeros((9, 1), np.float32)] * 6, "x", labels=np.array([1, 1, 2, 2, 2, 2]))

    figure = sequences.sequences(dataset, [0, 1, 2, 3])

    assert [entry.name for entry in figure.data if entry.showlegend] == ["class 1", "class 2"]
    assert sequences.classes(dataset).data[0].x.tolist() == [2, 4]
    assert sum(sequences.lengths(dataset).data[0].x == 9) == 6


def test_the_theme_s_type_names_the_colours():
    assert palette("dark") is DARK
    assert palette("light") is palette(None) is LIGHT
