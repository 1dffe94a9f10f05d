"""Deletion curves and areas as they are drawn."""

import numpy as np
import pytest

from kann.analyses.koopman.highlights.faithfulness import RANDOM, FaithfulnessSettings, analyse
from kann.figures.koopman.deletion import deletion_areas, deletion_curves
from kann.figures.style import DARK, LIGHT
from tests.analyses.koopman.deletions import SETTINGS, curves

NAMES = ("magnitude", "signed projection", "unsigned innovation", "innovation", "integrated gradients")


@pytest.fixture(scope="module")
def result():
    slopes = dict(zip(NAMES, (0.7, 1.2, 1.21, 1.9, 1.8), strict=True))
    return analyse({RANDOM: curves(1.0)} | {name: curves(slope) for name, slope in slopes.items()}, SETTINGS)


def trace(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def test_lines_are_the_curves_in_percent_and_every_line_is_named_at_its_end(result):
    figure = deletion_curves(result, "words")

    for row, name in enumerate(result.methods):
        np.testing.assert_allclose(trace(figure, name).y, result.curves.value[row])
        np.testing.assert_allclose(trace(figure, name).x, [0, 25, 50])
    assert sorted(note.text for note in figure.layout.annotations) == sorted(result.methods)
    assert figure.layout.xaxis.title.text == "words deleted, %"


def test_labels_keep_the_order_of_the_lines_and_do_not_overlap(result):
    figure = deletion_curves(result)
    heights = {note.text: note.y for note in figure.layout.annotations}
    low, high = figure.layout.yaxis.range

    by_end = [result.methods[row] for row in np.argsort(result.curves.value[:, -1])]
    placed = np.array([heights[name] for name in by_end])
    assert (np.diff(placed) > 0.05 * (high - low)).all()
    assert low < placed.min() < placed.max() < high


def test_the_believed_line_is_the_thickest_and_chance_is_dotted(result):
    figure = deletion_curves(result)
    widths = {name: trace(figure, name).line.width for name in result.methods}

    assert max(widths, key=widths.get) == result.best == "innovation"
    assert [name for name in result.methods if trace(figure, name).line.dash == "dot"] == [RANDOM]


def test_bands_lie_round_their_lines(result):
    figure = deletion_curves(result)

    for row in range(len(result.methods)):
        band = figure.data[2 * row]
        assert band.fill == "toself"
        np.testing.assert_allclose(band.y, [*result.curves.high[row], *result.curves.low[row][::-1]])


def test_areas_are_sorted_the_believed_one_above_with_chance_as_a_line(result):
    figure = deletion_areas(result)
    dots = trace(figure, "areas")

    assert list(figure.layout.yaxis.ticktext)[-1] == "innovation"
    assert (np.diff(dots.x) <= 0).all()
    assert figure.layout.shapes[0].x0 == pytest.approx(result.area_under_curve.value[-1])
    bars = [bar for bar in figure.data if bar.name != "areas"]
    for bar, value in zip(bars, dots.x, strict=True):
        assert bar.x[0] <= value <= bar.x[1]


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_shadings_are_told_apart_by_colour_or_dash(result, palette):
    figure = deletion_curves(result, palette=palette)

    marks = {(trace(figure, name).line.color, trace(figure, name).line.dash) for name in result.methods}

    assert len(marks) == len(result.methods)


def test_two_methods_alone_can_be_drawn():
    result = analyse(
        {RANDOM: curves(1.0), "innovation": curves(1.0)}, FaithfulnessSettings(shares=(0.0, 0.25, 0.5), samples=50)
    )

    assert len(deletion_areas(result).data) == 3
