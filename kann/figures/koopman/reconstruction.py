"""Reconstructions by chosen modes, one panel a class, beside the original and the output of the whole state."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from kann.analyses.koopman.modes.reconstructions import Reconstructions
from kann.figures.koopman.modes_by_class import class_titles, step_title, thinned
from kann.figures.panels import band, panels
from kann.figures.style import LIGHT, Palette

_Y = {"decoder": "signal", "readout": "evidence (log-odds)"}


def reconstruction(
    found: Reconstructions,
    names: Mapping[str, str],
    channel: int = 0,
    sampling_rate: float | None = None,
    palette: Palette = LIGHT,
) -> go.Figure:
    """Medians over the sequences of a class: the original dotted grey, the whole state's output thin, the modes'
    coloured with the band of one MAD."""
    titles = class_titles(found.labels, found.counts, names)
    grid = panels(titles, step_title(sampling_rate), _Y[found.through], palette, hovermode="x unified")
    shown, traces = thinned(found.counts.shape[1]), []
    lines = {
        "original": (found.original, {"color": palette.raw, "width": 1.6, "dash": "dot"}),
        "the whole state": (found.full, {"color": palette.ink, "width": 1.0}),
        "these modes alone": (found.part, {"color": palette.accent, "width": 2.0}),
    }
    for row, place in enumerate(grid.places):
        inside = found.part.median[row, shown, channel], found.part.spread[row, shown, channel]
        traces.append(band(shown, *inside, palette.accent, place))
        traces += [
            _line(name, shown, course.median[row, shown, channel], style) | {"showlegend": row == 0} | place
            for name, (course, style) in lines.items()
            if course is not None
        ]
    return go.Figure(traces, grid.layout)


def _line(name: str, steps: Int[np.ndarray, " shown"], values: Float[np.ndarray, " shown"], style: dict) -> dict:
    named = {"name": name, "legendgroup": name, "hovertemplate": "%{y:.3g}"}
    return {"type": "scatter", "x": steps, "y": values, "mode": "lines", "line": style, **named}
