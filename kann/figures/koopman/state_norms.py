"""Norm of the states over the steps, one panel a class: the median, and bands that hold half and nine tenths."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from kann.analyses.koopman.modes.state_norms import StateNorms
from kann.figures.koopman.modes_by_class import class_titles, step_title, thinned
from kann.figures.panels import band, panels
from kann.figures.style import LIGHT, Palette


def state_norms(
    found: StateNorms, names: Mapping[str, str], sampling_rate: float | None = None, palette: Palette = LIGHT
) -> go.Figure:
    """The hover says how many sequences reach a step, and in which range half of their norms lie."""
    titles = class_titles(found.labels, found.counts, names)
    grid = panels(titles, step_title(sampling_rate), "norm of the state", palette, hovermode="x unified")
    traces, shown = [], thinned(found.counts.shape[1])
    for row, place in enumerate(grid.places):
        lowest, low, middle, high, highest = found.norms[row][:, shown]
        for lower, upper in ((lowest, highest), (low, high)):
            traces.append(band(shown, (lower + upper) / 2, (upper - lower) / 2, palette.accent, place))
        traces.append(
            {
                "type": "scatter", "mode": "lines", "x": shown, "y": middle, "name": "median", "showlegend": row == 0,
                "legendgroup": "median", "line": {"color": palette.accent, "width": 1.8},
                "text": [f"half in {a:.3g} to {b:.3g}, {count} sequences"
                         for a, b, count in zip(low, high, found.counts[row, shown], strict=True)],
                "hovertemplate": "%{y:.3g} %{text}", **place,
            }
        )  # fmt: skip
    return go.Figure(traces, grid.layout)
