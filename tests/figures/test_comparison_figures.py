import json
import re
from dataclasses import replace

import numpy as np
import pytest

from kann.analyses.koopman.comparison.comparing import PermutationTest, compare
from kann.analyses.koopman.comparison.untrained_ranking import UntrainedRanking
from kann.figures.koopman.comparison import compared_memory, compared_planes, null_model_figure, permutation_histogram
from kann.figures.koopman.complex_plane import complex_plane
from kann.figures.koopman.memory_rhythm import memory_rhythm
from kann.figures.style import DARK, LIGHT
from tests.analyses.koopman.results import result_of
from tests.numerics.systems import tanh_states


@pytest.fixture(scope="module")
def comparison():
    results = [result_of(tanh_states(sequences=60, seed=seed, units=units)) for seed, units in ((0, 8), (1, 6))]
    return compare(("class <b>1", "a network with a name that is far too long"), *results)


def trace(figure, start):
    return next(trace for trace in figure.data if trace.name.startswith(start))


def ends(figure):
    """[lines 4]: x and y of both ends of every line between partners."""
    (shape,) = [shape for shape in figure.layout.shapes if shape.name == "partners"]
    return np.array(re.findall(r"M([^,]+),([^L]+)L([^,]+),([^M]+)", shape.path), float)


@pytest.mark.parametrize("draw", [compared_planes, compared_memory])
def test_the_sides_have_fixed_colours_and_their_names_are_text(comparison, draw):
    for palette in (LIGHT, DARK):
        figure = draw(comparison, palette)
        assert trace(figure, "A: class &lt;b&gt;1").marker.color == palette.accent
        assert trace(figure, "B: a network with").marker.color == palette.second
    assert len(trace(figure, "B:").name) < 40


@pytest.mark.parametrize("draw", [compared_planes, compared_memory])
def test_every_mode_of_both_sides_is_drawn(comparison, draw):
    figure = draw(comparison)

    assert (len(trace(figure, "A:").x), len(trace(figure, "B:").x)) == (8, 6)
    assert all("half-life" in text and text.startswith("A: class") for text in trace(figure, "A:").text)


def test_axes_and_marks_are_those_of_the_spectrum_page(comparison):
    for both, alone in ((compared_planes, complex_plane), (compared_memory, memory_rhythm)):
        figure, own = both(comparison), alone(comparison.one, [])
        for axis in ("xaxis", "yaxis"):
            assert figure.layout[axis].title.text == own.layout[axis].title.text
            assert figure.layout[axis].type == own.layout[axis].type
        marks = trace(own, "modes of this network")
        np.testing.assert_array_equal(trace(figure, "A:").marker.size, marks.marker.size)
        np.testing.assert_array_equal(trace(figure, "A:").x, marks.x)


def test_lines_join_partners_on_both_halves_of_the_plane(comparison):
    matches, lines = comparison.matches, ends(compared_planes(comparison))
    joined = [
        np.append(s.eigenvalues, 0)[i] for s, i in ((comparison.one, matches.one), (comparison.other, matches.other))
    ]

    assert len(lines) == 2 * len(matches.one)
    np.testing.assert_allclose(np.hypot(*(lines[:, :2] - lines[:, 2:]).T), [*matches.distances] * 2, atol=1e-4)
    np.testing.assert_allclose(lines[: len(joined[0]), 0] + 1j * lines[: len(joined[0]), 1], joined[0], atol=1e-4)


def test_a_mode_without_a_partner_has_a_line_to_zero_on_the_plane_and_none_in_memory(comparison):
    missing = int((comparison.matches.other < 0).sum())

    assert missing
    assert len(ends(compared_memory(comparison))) == len(comparison.matches.one) - missing
    assert (np.abs(ends(compared_planes(comparison))[:, 2:]).sum(axis=1) == 0).sum() == 2 * missing


@pytest.mark.parametrize("draw", [compared_planes, compared_memory])
def test_rings_stand_around_what_only_one_side_has(comparison, draw):
    alone = replace(comparison, only_one=np.arange(8) == 3, only_other=np.arange(6) < 2)
    figure = draw(alone)

    rings = trace(figure, "on one side only")

    a, b = trace(figure, "A:"), trace(figure, "B:")
    assert rings.x.tolist() == [a.x[3], b.x[0], b.x[1]]
    assert rings.y.tolist() == [a.y[3], b.y[0], b.y[1]]


@pytest.mark.parametrize("draw", [compared_planes, compared_memory])
def test_an_untrained_twin_is_grey_crosses_here_too(comparison, draw):
    marker = trace(draw(replace(comparison, untrained=True)), "B:").marker

    assert marker.symbol == "x-thin"
    assert marker.line.color == LIGHT.twin


def test_what_does_not_fade_stands_on_a_line_for_both_sides(comparison):
    grown = replace(comparison.other, half_lives=np.where(np.arange(6) == 0, np.inf, comparison.other.half_lives))
    figure = compared_memory(replace(comparison, other=grown))

    assert trace(figure, "B:").y[0] == next(shape.y0 for shape in figure.layout.shapes if shape.type == "line")
    assert any(note.text == "does not fade" for note in figure.layout.annotations)


@pytest.mark.parametrize("observed", [0.02, 0.4])
def test_the_histogram_counts_every_permutation_and_marks_the_observed_distance(observed):
    permuted = np.random.default_rng(0).uniform(0.01, 0.1, 99)
    figure = permutation_histogram(PermutationTest(observed, permuted, 0.12, 8, False, (9, 9)))

    assert sum(figure.data[0].y) == 99
    assert figure.layout.shapes[0].x0 == figure.layout.annotations[0].x == observed
    assert "p = 0.12" in figure.layout.annotations[0].text
    assert figure.layout.xaxis.range[1] > max(observed, permuted.max())
    assert figure.layout.annotations[0].xanchor == ("right" if observed > 0.2 else "left")


def test_spectra_without_any_distance_still_draw():
    figure = permutation_histogram(PermutationTest(0.0, np.zeros(9), 1.0, 8, False, (9, 9)))

    assert "null" not in json.dumps(json.loads(figure.to_json())["data"][0]["y"])
    assert figure.layout.shapes[0].x0 == 0


def test_each_kind_of_untrained_networks_is_a_row_with_its_p_value():
    twins = np.tile(np.linspace(0.1, 0.2, 24), (2, 1))
    row = UntrainedRanking(("default", "shuffled"), np.c_[[0.9, 0.1], twins], 8, 60)

    untrained, opened = null_model_figure(row, DARK).data

    assert len(untrained.x) == 48
    assert list(opened.x) == [0.9, 0.1]
    assert list(opened.y) == ["default", "shuffled"]
    assert [text[:4] for text in opened.text] == ["p = "] * 2
