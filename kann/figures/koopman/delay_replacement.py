"""Delay replacement: recall and state error against the delay."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from kann.analyses.koopman.controls.delay_replacement import DelayReplacement
from kann.figures.style import LIGHT, Palette, layout

_HEIGHT = 300
_LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}


def recall_by_delay(found: DelayReplacement, palette: Palette = LIGHT) -> go.Figure:
    """Share of symbols recalled by the network (dotted), with the delay replaced by the operator (accent) and
    with the delay skipped (grey); where nothing is to be recalled, the share of decisions that agree."""
    if found.recalls:
        title = "symbols recalled"
        traces = [
            _line(found, found.network, "network", palette.raw, "dot"),
            _line(found, found.operator, "operator for the delay", palette.accent, "solid"),
            _line(found, found.skipped, "delay skipped", palette.twin, "dash"),
        ]
        shapes = [_level(found.guess, palette)]
    else:
        title, shapes = "decisions that agree", []
        traces = [
            _line(found, found.agreement, "operator for the delay", palette.accent, "solid"),
            _line(found, found.skipped_agreement, "delay skipped", palette.twin, "dash"),
        ]
    axes = {"xaxis": _delays(found), "yaxis": {"title": title, "range": [-0.03, 1.05]}}
    return go.Figure(traces, layout(palette, _HEIGHT, shapes=shapes, **_named(axes)))


def error_by_delay(found: DelayReplacement, palette: Palette = LIGHT) -> go.Figure:
    """e_rel of the state at the delay's end, extrapolated by the operator or left unchanged, on a log scale."""
    traces = [
        _line(found, found.e_rel, "operator for the delay", palette.accent, "solid"),
        _line(found, found.skipped_e_rel, "delay skipped", palette.twin, "dash"),
    ]
    axes = {"xaxis": _delays(found), "yaxis": {"title": "e_rel at the end of the delay", "type": "log"}}
    return go.Figure(traces, layout(palette, _HEIGHT, **_named(axes)))


def _line(found: DelayReplacement, values: np.ndarray, name: str, colour: str, dash: str) -> dict:
    return {
        "type": "scatter",
        "x": found.delays,
        "y": values,
        "name": name,
        "mode": "lines+markers",
        "line": {"color": colour, "width": 2, "dash": dash},
        "marker": {"size": 7},
        "customdata": found.sequences,
        "hovertemplate": "%{x} steps: %{y:.3g}<br>%{customdata} sequences<extra>" + name + "</extra>",
    }


def _level(guess: float, palette: Palette) -> dict:
    """The recall of guessing, as a thin line over the whole width."""
    line = {"color": palette.muted, "width": 1, "dash": "dot"}
    label = {"text": "guess", "textposition": "end", "font": {"size": 12, "color": palette.muted}}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": guess, "y1": guess, "line": line, "label": label}


def _delays(found: DelayReplacement) -> dict:
    return {"title": "delay, steps of constant input", "tickvals": found.delays} if len(found) <= 8 else {
        "title": "delay, steps of constant input"
    }  # fmt: skip


def _named(axes: dict) -> dict:
    """Axes with the names of the lines above them."""
    return axes | {"showlegend": True, "legend": _LEGEND, "margin": {"l": 58, "r": 14, "t": 34, "b": 46}}
