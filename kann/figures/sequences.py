"""Figures of a data set: a few sequences, their lengths, and the classes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import plotly.graph_objects as go

from kann.analyses.wording import class_name
from kann.figures.panels import wrapped
from kann.figures.style import LIGHT, Palette, layout, mode_colour, plain
from kann.records import Dataset

_POINTS = 4000
NAMELESS: Mapping[str, str] = MappingProxyType({})


def sequences(
    dataset: Dataset, rows: list[int], palette: Palette = LIGHT, called: Mapping[str, str] = NAMELESS
) -> go.Figure:
    """The first channel of the chosen sequences, one colour a class; `called` names the labels."""
    names = [] if dataset.labels is None else sorted({str(label) for label in dataset.labels[rows]})
    traces: list[dict] = []
    for row in rows:
        label = None if dataset.labels is None else str(dataset.labels[row])
        values = np.asarray(dataset.sequences[row])
        colour = palette.accent if label is None else mode_colour(names.index(label), palette)
        name = plain(f"{dataset.ids[row]}" if label is None else class_name(label, called))
        traces.append(
            {
                "type": "scatter",
                "y": values[:_POINTS, 0] if values.ndim == 2 else values[:_POINTS],
                "mode": "lines",
                "name": name,
                "legendgroup": name,
                "showlegend": name not in {trace["name"] for trace in traces},
                "line": {"color": colour, "width": 1.3},
                "opacity": 0.85,
            }
        )
    axes = {"xaxis": {"title": "step"}, "yaxis": {"title": "first channel"}}
    # Below, with a line for each class: class names from a model card are long.
    lines = 20 * len(names)
    legend = {"showlegend": bool(names), "legend": {"orientation": "v", "y": -0.26, "yanchor": "top", "x": 0}}
    margin = {"l": 58, "r": 14, "t": 10, "b": 46 + lines}
    return go.Figure(traces, layout(palette, 246 + lines, **axes, **legend) | {"margin": margin})


def lengths(dataset: Dataset, palette: Palette = LIGHT) -> go.Figure:
    """Histogram of the sequences' numbers of steps."""
    bars = {"type": "histogram", "x": dataset.lengths, "nbinsx": 40, "marker": {"color": palette.accent}}
    return go.Figure([bars], layout(palette, 200, xaxis={"title": "steps"}, yaxis={"title": "sequences"}))


def classes(dataset: Dataset, palette: Palette = LIGHT, called: Mapping[str, str] = NAMELESS) -> go.Figure:
    """Number of sequences of each class."""
    names, counts = np.unique([str(label) for label in dataset.labels], return_counts=True)
    bars = {
        "type": "bar",
        "x": counts,
        "y": [wrapped(class_name(name, called)) for name in names],
        "orientation": "h",
        "marker": {"color": palette.accent},
        "text": counts,
        "textposition": "auto",
    }
    axes = {"xaxis": {"title": "sequences"}, "yaxis": {"autorange": "reversed", "type": "category"}}
    left = 20 + 7 * max(len(line) for name in bars["y"] for line in name.split("<br>"))
    margin = {"l": max(left, 58), "r": 14, "t": 10, "b": 46}
    return go.Figure([bars], layout(palette, max(200, 80 + 34 * len(names)), **axes) | {"margin": margin})
