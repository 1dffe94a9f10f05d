"""Figures of the Modes page: what they draw is what the records say."""

import json

import numpy as np
import pytest

from kann.analyses.koopman.modes.mode_classes import dominance as measure
from kann.analyses.koopman.modes.mode_classes import modes_by_class as courses_of
from kann.analyses.koopman.modes.reconstructions import reconstructions
from kann.analyses.koopman.spectrum.koopman_states import analyse
from kann.analyses.koopman.spectrum.settings import Settings
from kann.figures.koopman.dominance import dominance
from kann.figures.koopman.modes_by_class import MEASURES, modes_by_class
from kann.figures.koopman.reconstruction import reconstruction
from kann.figures.panels import panels, wrapped
from kann.figures.style import LIGHT, MODE_COLOURS
from kann.records import Rebuilt
from tests.analyses.koopman.stand_ins import transitions
from tests.numerics.systems import batches_of, tanh_states

STATES = tanh_states(sequences=60)
LABELS = np.arange(60) % 4


@pytest.fixture(scope="module")
def result():
    return analyse(transitions(STATES), Settings())


def test_every_bar_carries_its_mode_s_id_and_its_share(result):
    found = measure(result.operator, batches_of(STATES, labels=LABELS))
    figure = dominance(found, result.spectrum, [])
    ours = found.share("contribution", result.operator.eigenvalues)
    bars = figure.data[0]
    places = [result.spectrum.ids.index(entry[0]) for entry in bars.customdata]

    np.testing.assert_allclose(bars.y, 100 * ours[places])
    assert bars.x[0] == f"mode {int(np.argmax(ours)) + 1}"
    assert (np.diff(bars.y) <= 0).all()
    assert len(figure.data) == 2
    assert figure.layout.dragmode not in ("select", "lasso")


def test_a_chosen_mode_is_among_the_bars_in_its_colour(result):
    found = measure(result.operator, batches_of(STATES))
    weakest = int(np.argmin(np.where(result.operator.eigenvalues.imag >= 0, found.contribution[0], np.inf)))
    bars = dominance(found, result.spectrum, [0, weakest]).data[0]
    place = list(bars.x).index(f"mode {weakest + 1}")

    assert bars.marker.color[place] == MODE_COLOURS[1]
    assert bars.marker.line.width[place] > 0


@pytest.mark.parametrize("name", list(MEASURES))
def test_lines_by_class_are_the_medians_in_bands_of_one_spread(result, name):
    found = courses_of(result.operator, batches_of(STATES, labels=LABELS), [0, 3])
    figure = modes_by_class(found, name, [0, 3], {"2": "<b>second"})
    lines = [trace for trace in figure.data if trace.name]

    assert [line.name for line in lines] == ["mode 1", "mode 4"] * 4
    assert lines[1].line.color == MODE_COLOURS[1]
    np.testing.assert_allclose(lines[5].y, getattr(found, name).median[2, :, 1])
    band = figure.data[2 * 5]
    middle, spread = (getattr(getattr(found, name), part)[2, :, 1] for part in ("median", "spread"))
    known = np.isfinite(middle)
    np.testing.assert_allclose(band.y[: known.sum()], (middle + spread)[known], rtol=1e-6)
    np.testing.assert_allclose(band.y[known.sum() :], (middle - spread)[known][::-1], rtol=1e-6)
    assert "&lt;b&gt;second" in figure.layout.annotations[2].text
    json.loads(figure.to_json())


def test_steps_that_no_sequence_reaches_have_no_band(result):
    lengths = np.where(LABELS == 1, 7, 30)
    found = courses_of(result.operator, batches_of(STATES, lengths, labels=LABELS), [0])

    band = modes_by_class(found, "magnitude", [0], {}).data[2]

    assert len(band.x) == 14
    assert max(band.x) == 6


def decoded(through="decoder"):
    random = np.random.default_rng(0)
    full, part, mean, original = random.standard_normal((4, 12, 9, 2))
    if through == "readout":
        return reconstructions([(Rebuilt(full, part, mean, None), np.arange(12) % 2)], through)
    return reconstructions([(Rebuilt(full, part, mean, original), np.arange(12) % 2)], through)


def test_a_reconstruction_stands_beside_the_original_and_the_whole_state_s():
    found = decoded()
    figure = reconstruction(found, {}, channel=1)
    lines = [trace for trace in figure.data if trace.name]

    assert [line.name for line in lines] == ["original", "the whole state", "these modes alone"] * 2
    assert lines[0].line.dash == "dot"
    assert lines[0].line.color == LIGHT.raw
    assert lines[2].line.color == LIGHT.accent
    for line, course in zip(lines[3:], (found.original, found.full, found.part), strict=True):
        np.testing.assert_allclose(line.y, course.median[1, :, 1])


def test_a_read_out_has_no_original():
    names = [trace.name for trace in reconstruction(decoded("readout"), {}).data if trace.name]

    assert set(names) == {"the whole state", "these modes alone"}


@pytest.mark.parametrize("count", [1, 2, 3, 5, 16])
def test_panels_fill_a_grid_without_touching_and_share_their_scales(count):
    found = panels([f"class {number}" for number in range(count)], "step", "value", LIGHT)
    boxes = [
        (*found.layout[place["xaxis"].replace("x", "xaxis")]["domain"],
         *found.layout[place["yaxis"].replace("y", "yaxis")]["domain"])
        for place in found.places
    ]  # fmt: skip

    assert len(set(boxes)) == count
    assert all(0 <= left < right <= 1.0001 and 0 <= low < high <= 1.0001 for left, right, low, high in boxes)
    for number, (left, right, low, high) in enumerate(boxes):
        for other_left, other_right, other_low, other_high in boxes[:number]:
            assert right <= other_left or other_right <= left or high <= other_low or other_high <= low
    assert all(found.layout[f"xaxis{number}"]["matches"] == "x" for number in range(2, count + 1))


def test_long_titles_are_cut_to_two_lines_and_never_markup():
    text = wrapped("supraventricular premature or ectopic beat that goes on <script>")

    assert text.count("<br>") == 1
    assert text.endswith("…")
    assert wrapped("<i>") == "&lt;i&gt;"
