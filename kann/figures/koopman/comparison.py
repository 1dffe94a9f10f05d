"""Two spectra on the same axes, a line from each mode to its partner; and the null model of their distance."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from kann.analyses.koopman.comparison.comparing import Comparison, PermutationTest
from kann.analyses.koopman.comparison.comparison_findings import NullModel
from kann.analyses.koopman.comparison.untrained_ranking import UntrainedRanking
from kann.analyses.wording import number
from kann.figures.koopman.complex_plane import plane_axes, unit_circle
from kann.figures.koopman.memory_rhythm import ceiling, line_at_the_top, memory_axes, placed
from kann.figures.koopman.modes import dots, sizes
from kann.figures.style import LIGHT, Palette, layout, plain
from kann.records import Spectrum

_HEIGHT = 472
_BINS = 40
_NAME = 30


def compared_planes(comparison: Comparison, palette: Palette = LIGHT) -> go.Figure:
    """Both spectra against the unit circle. Each pair of partners is joined, rings say "on this side only"."""
    values = [spectrum.eigenvalues for spectrum in (comparison.one, comparison.other)]
    places = [(one.real, one.imag) for one in values]
    joined = np.concatenate([_ends(comparison, values), _ends(comparison, [one.conj() for one in values])])
    shapes = [unit_circle(palette), _lines(joined.real, joined.imag, palette)]
    traces = _marks(comparison, places, palette)
    return _figure(traces, "Eigenvalues", palette, shapes=shapes, **plane_axes(np.concatenate(values)))


def compared_memory(comparison: Comparison, palette: Palette = LIGHT) -> go.Figure:
    """Both spectra by memory and rhythm: half-life (log) against frequency. Matched modes near the unit circle are
    better separated here."""
    spectra = comparison.one, comparison.other
    rate = comparison.one.sampling_rate
    top = ceiling(np.concatenate([spectrum.half_lives for spectrum in spectra]))
    places = [(s.frequencies * (rate or 1.0), placed(s.half_lives, top)) for s in spectra]
    ends = _ends(comparison, [x + 1j * y for x, y in places], none=np.nan)
    shapes, notes = [_lines(ends.real, ends.imag, palette)], []
    if any(np.isinf(spectrum.half_lives).any() for spectrum in spectra):
        line, name = line_at_the_top(top, palette)
        shapes.append(line)
        notes.append(name)
    traces = _marks(comparison, places, palette)
    return _figure(
        traces, "Half-life against frequency", palette, shapes=shapes, annotations=notes, **memory_axes(rate)
    )


def permutation_histogram(chance: PermutationTest, palette: Palette = LIGHT) -> go.Figure:
    """Histogram of the distances after permutations of sequences, and the observed one."""
    reach = 1.08 * max(chance.observed, chance.permuted.max())
    counts, edges = np.histogram(chance.permuted, bins=_BINS, range=(0, reach))
    bars = {
        "type": "bar",
        "x": (edges[1:] + edges[:-1]) / 2,
        "y": counts,
        "width": np.diff(edges),
        "marker": {"color": palette.twin, "line": {"width": 0}},
        "name": "permuted",
        "hovertemplate": "%{y} permutations near %{x:.3g}<extra></extra>",
    }
    seen = {"x0": chance.observed, "x1": chance.observed, "yref": "paper", "y0": 0, "y1": 1}
    line = {"type": "line", "name": "observed", "line": {"color": palette.accent, "width": 2.5}}
    axes = {
        "xaxis": {"title": "mean distance of matched eigenvalues, per step", "range": [0, reach], "showgrid": False},
        "yaxis": {"title": "permutations"},
    }
    title = "Permutations (grey) and observed (blue)"
    return go.Figure(
        [bars], layout(palette, 230, title, shapes=[seen | line], annotations=[_seen(chance, reach, palette)], **axes)
    )


def null_model_figure(chance: NullModel, palette: Palette = LIGHT) -> go.Figure:
    """The null model of the distance: permutations of sequences, or rows of untrained networks."""
    return (
        untrained_ranking_rows(chance, palette)
        if isinstance(chance, UntrainedRanking)
        else permutation_histogram(chance, palette)
    )


def untrained_ranking_rows(row: UntrainedRanking, palette: Palette = LIGHT) -> go.Figure:
    """One row a kind of untrained networks: each network's mean distance from the others, the opened one in colour."""
    names = [plain(kind) for kind in row.kinds]
    twins = row.distances[:, 1:]
    untrained = {
        "type": "scatter",
        "mode": "markers",
        "name": "untrained",
        "x": twins.ravel(),
        "y": np.repeat(names, twins.shape[1]),
        "marker": {"color": palette.twin, "symbol": "x-thin", "size": 9, "line": {"width": 1.4, "color": palette.twin}},
        "hovertemplate": "untrained, %{y}: %{x:.3g}<extra></extra>",
    }
    opened = {
        "type": "scatter",
        "mode": "markers+text",
        "name": "this network",
        "x": row.distances[:, 0],
        "y": names,
        "text": [f"p = {number(p)}" for p in row.p_values],
        "textposition": "top center",
        "cliponaxis": False,
        "marker": {"color": palette.accent, "size": 12},
        "hovertemplate": "this network, %{y}: %{x:.3g}<extra></extra>",
    }
    axes = {
        "xaxis": {"title": "mean distance from the other networks of the row, per step", "rangemode": "tozero"},
        "yaxis": {"autorange": "reversed", "showgrid": True, "automargin": True},
    }
    title = "Untrained networks (grey) and this one (blue)"
    return go.Figure([untrained, opened], layout(palette, 120 + 48 * len(names), title, **axes))


def _seen(chance: PermutationTest, reach: float, palette: Palette) -> dict:
    left = chance.observed < 0.6 * reach
    return {
        "x": chance.observed,
        "y": 1,
        "yref": "paper",
        "yanchor": "top",
        "xanchor": "left" if left else "right",
        "xshift": 8 if left else -8,
        "text": f"<b>{number(chance.observed)}</b>  p = {number(chance.p_value)}",
        "showarrow": False,
        "font": {"color": palette.accent, "size": 13},
    }


def _marks(comparison: Comparison, places: list[tuple[np.ndarray, np.ndarray]], palette: Palette) -> list[dict]:
    """The modes of both sides, and rings around those that one side has alone."""
    one, other = comparison.one, comparison.other
    names = [f"{letter}: {_short(name)}" for letter, name in zip("AB", comparison.names, strict=True)]
    a, b = (dots(spectrum, *at, palette) for spectrum, at in zip((one, other), places, strict=True))
    second = {"color": palette.second, "symbol": "diamond"}
    if comparison.untrained:
        stroke = {"width": 1.4, "color": palette.twin}
        second = {"color": palette.twin, "symbol": "x-thin", "size": 8, "opacity": 0.9, "line": stroke}
    marks = [_named(b, names[1], 2) | {"marker": b["marker"] | second}, _named(a, names[0], 1)]
    alone = [
        _rings(s, only, *at)
        for s, only, at in zip((one, other), (comparison.only_one, comparison.only_other), places, strict=True)
    ]
    x, y, size = (np.concatenate(parts) for parts in zip(*alone, strict=True))
    ring = {"symbol": "circle-open", "size": size, "color": palette.ink, "opacity": 0.6, "line": {"width": 1}}
    rings = {
        "x": x,
        "y": y,
        "mode": "markers",
        "marker": ring,
        "hoverinfo": "skip",
        "name": "on one side only",
        "showlegend": False,
    }
    return [*marks, {"type": "scatter", "cliponaxis": False} | rings]


def _short(name: str) -> str:
    return plain(name if len(name) <= _NAME else name[: _NAME - 1] + "…")


def _named(marks: dict, name: str, rank: int) -> dict:
    return marks | {"name": name, "legendrank": rank, "text": [f"{name}<br>{text}" for text in marks["text"]]}


def _rings(spectrum: Spectrum, only: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
    return x[only], y[only], sizes(spectrum)[only] + 6


def _ends(comparison: Comparison, places: list[np.ndarray], none: float = 0.0) -> np.ndarray:
    """[matches 2]: positions of the two modes of each match, as complex numbers; `none` for a missing partner."""
    matches = comparison.matches
    return np.stack(
        [np.append(at, none)[index] for at, index in zip(places, (matches.one, matches.other), strict=True)], axis=1
    )


def _lines(x: np.ndarray, y: np.ndarray, palette: Palette) -> dict:
    """Lines between the two ends of each row, as one path."""
    ends = zip(*x.T, *y.T, strict=True)
    strokes = (f"M{a:.5g},{c:.5g}L{b:.5g},{d:.5g}" for a, b, c, d in ends if np.isfinite([a, b, c, d]).all())
    line = {"width": 1, "color": palette.muted}
    path = {"type": "path", "path": "".join(strokes), "layer": "below", "line": line, "opacity": 0.45}
    return path | {"name": "partners"}


def _figure(traces: list[dict], title: str, palette: Palette, **more) -> go.Figure:
    drawn = layout(palette, _HEIGHT, title, **more)
    # Below the figure, where long names may take a second line.
    legend = {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0, "font": {"size": 12}}
    drawn |= {"showlegend": True, "legend": legend | {"itemclick": False, "itemdoubleclick": False}}
    drawn["margin"] = drawn["margin"] | {"b": 88}
    return go.Figure(traces, drawn)
