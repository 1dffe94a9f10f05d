"""Deletion curves: the evidence left as steps are deleted in the order of a shading, and the areas under them."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from kann.analyses.koopman.highlights.faithfulness import RANDOM, Faithfulness
from kann.analyses.wording import number
from kann.figures.style import LIGHT, MODE_COLOURS, Palette, layout

# One colour for each measure, dashes for unsigned shadings.
_PROJECTION, _GRADIENTS = MODE_COLOURS[2], MODE_COLOURS[5]
_UNSIGNED = ("magnitude", "unsigned innovation")
# Least distance of labels at line ends, as a part of the axis.
_APART = 0.065


def deletion_curves(result: Faithfulness, unit: str = "steps", palette: Palette = LIGHT) -> go.Figure:
    """One line a method with its 95 % band, named at its end; the lowest line finds the deciding steps best."""
    traces, ends = [], result.curves.value[:, -1]
    low, high = float(min(result.curves.low.min(), 0)), float(result.curves.high.max())
    for method, name in enumerate(result.methods):
        colour = _colour(name, palette)
        traces += [_band(result, method, colour), _line(result, method, colour)]
    reach = high - low
    places = _spread(ends, _APART * reach)
    labels = [
        _label(name, place, result.shares[-1], _colour(name, palette))
        for name, place in zip(result.methods, places, strict=True)
    ]
    axes = {
        "xaxis": {"title": f"{unit} deleted, %", "range": [0, 100 * float(result.shares[-1])]},
        "yaxis": {
            "title": "evidence left, part of the whole",
            "range": [min(low, places.min()) - 0.03 * reach, max(high, places.max()) + 0.03 * reach],
        },
    }
    margin = {"l": 58, "r": 150, "t": 34, "b": 46}
    drawn = layout(palette, 380, "Deleting what a shading marks most", annotations=labels, margin=margin, **axes)
    return go.Figure(traces, drawn)


def deletion_areas(result: Faithfulness, palette: Palette = LIGHT) -> go.Figure:
    """A dot and its 95 % interval for each method, the smallest area above; a dotted line at random deletion."""
    order = np.argsort(-result.area_under_curve.value, kind="stable")
    names, areas = [result.methods[row] for row in order], result.area_under_curve
    value, low, high = (given[order] for given in (areas.value, areas.low, areas.high))
    colours = [_colour(name, palette) for name in names]
    bars = [
        _interval(lower, upper, place, colour)
        for place, (lower, upper, colour) in enumerate(zip(low, high, colours, strict=True))
    ]
    dots = {
        "type": "scatter", "mode": "markers", "x": value, "y": np.arange(len(names)), "name": "areas",
        "marker": {"size": 9, "color": colours}, "cliponaxis": False, "text": _hovers(result, order),
        "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip
    chance = float(areas.value[result.methods.index(RANDOM)])
    line = {"color": palette.twin, "width": 1, "dash": "dot"}
    shape = {"type": "line", "x0": chance, "x1": chance, "y0": -0.6, "y1": len(names) - 0.4, "line": line}
    axes = {
        "xaxis": {"title": "area under the curve; smaller is better"},
        "yaxis": {"tickvals": list(range(len(names))), "ticktext": names, "range": [-0.6, len(names) - 0.4]}
        | {"showgrid": False},
    }
    margin = {"l": 150, "r": 14, "t": 34, "b": 46}
    drawn = layout(palette, 380, "Area under each curve", shapes=[shape], margin=margin, **axes)
    return go.Figure([*bars, dots], drawn)


def _line(result: Faithfulness, method: int, colour: str) -> dict:
    name = result.methods[method]
    dash = "dot" if name == RANDOM else "dash" if name in _UNSIGNED else "solid"
    return {
        "type": "scatter", "mode": "lines+markers", "name": name, "cliponaxis": False,
        "x": 100 * result.shares, "y": result.curves.value[method], "marker": {"size": 4},
        "line": {"color": colour, "dash": dash, "width": 3.2 if name == result.best else 1.8},
        "hovertemplate": f"{name}: %{{y:.3f}} left<extra></extra>",
    }  # fmt: skip


def _band(result: Faithfulness, method: int, colour: str) -> dict:
    x = 100 * result.shares
    outline = {
        "x": np.concatenate([x, x[::-1]]),
        "y": np.concatenate([result.curves.high[method], result.curves.low[method][::-1]]),
    }
    style = {"mode": "lines", "line": {"width": 0, "color": colour}, "fill": "toself", "opacity": 0.16}
    return {"type": "scatter", "hoverinfo": "skip", "fillcolor": colour, **outline, **style}


def _interval(low: float, high: float, y: int, colour: str) -> dict:
    ends = {"x": [low, high], "y": [y, y], "mode": "lines", "line": {"color": colour, "width": 2.4}}
    return {"type": "scatter", "hoverinfo": "skip", "cliponaxis": False} | ends


def _label(name: str, y: float, share: float, colour: str) -> dict:
    place = {"x": 100 * float(share), "y": float(y), "xanchor": "left", "yanchor": "middle", "xshift": 8}
    return {"text": name, "showarrow": False, "font": {"size": 13, "color": colour}, **place}


def _hovers(result: Faithfulness, order: np.ndarray) -> list[str]:
    areas, against = result.area_under_curve, result.against_random
    return [
        f"<b>{result.methods[row]}</b>  area {number(areas.value[row])}"
        f"<br>95 %: {number(areas.low[row])} to {number(areas.high[row])}"
        f"<br>against random {against.value[row]:+.3f} ({against.low[row]:+.3f} to {against.high[row]:+.3f})"
        for row in order
    ]


def _colour(name: str, palette: Palette) -> str:
    if name == RANDOM:
        return palette.twin
    if "innovation" in name:
        return palette.accent
    return _GRADIENTS if "gradients" in name else _PROJECTION


def _spread(places: np.ndarray, apart: float) -> np.ndarray:
    """The places in the same order, moved until each is at least `apart` from the next."""
    order = np.argsort(places, kind="stable")
    moved = places[order].astype(float)
    for _ in range(200):
        lacking = np.maximum(apart - np.diff(moved), 0) / 2
        if lacking.max(initial=0) < 1e-3 * apart:
            break
        moved[:-1] -= lacking
        moved[1:] += lacking
    found = np.empty(len(places))
    found[order] = moved
    return found
