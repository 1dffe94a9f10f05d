"""Roll-outs of the operator: error and decisions against the horizon, with persistence and untrained twins."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from kann.analyses.koopman.controls.measured import Controls, RollOuts
from kann.figures.panels import faint
from kann.figures.style import LIGHT, Palette, layout

_HEIGHT = 300
_LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
# Unbounded errors are drawn up to here; the hover shows the number.
_CEILING = 10.0


def roll_out_figures(controls: Controls, palette: Palette = LIGHT) -> dict[str, go.Figure]:
    """The figures by their alternative texts; decisions only where the network takes any."""
    figures = {"Error against the horizon": error_by_horizon(controls, palette)}
    if controls.decision is not None:
        figures["Decisions that agree against the horizon"] = agreement_by_horizon(controls, palette)
    return figures


def error_by_horizon(controls: Controls, palette: Palette = LIGHT) -> go.Figure:
    """e_rel of roll-outs, both axes on a log scale: the operator (accent), where there are inputs also the one that
    is given them (dashed), persistence (dotted), and the range of the untrained twins (grey)."""
    rolled, driven = controls.roll_outs, controls.driven_roll_outs
    traces = [_twins(rolled.horizons * controls.lag, controls.twin_e_rel, palette)] if len(controls.twin_e_rel) else []
    traces += [
        _line(controls, rolled, rolled.persistence_e_rel, "persistence", palette.raw, "dot"),
        _line(controls, rolled, rolled.e_rel, "operator", palette.accent, "solid"),
    ]
    if driven is not None:
        traces.append(_line(controls, driven, driven.e_rel, "operator, given the inputs", palette.accent, "dash"))
    if not controls.in_sample:
        inside = controls.in_sample_roll_outs
        traces.append(_thin(_line(controls, inside, inside.e_rel, "operator, in sample", palette.accent, "solid")))
    lowest = min(float(np.nanmin(trace["y"])) for trace in traces)
    heights = [np.log10(max(lowest, 1e-12)) - 0.15, np.log10(_CEILING) + 0.05]
    y = {"title": "e_rel", "type": "log", "range": heights, "tickformat": ",.4~g"}
    return _drawn(controls, traces, y, palette)


def agreement_by_horizon(controls: Controls, palette: Palette = LIGHT) -> go.Figure:
    """Share of sequences whose decision at the last true step is that from the state predicted for it."""
    rolled, driven = controls.roll_outs, controls.driven_roll_outs
    unknown = np.full(len(rolled.horizons), np.nan)
    given = [
        (rolled, rolled.persistence_agreement, "persistence", palette.raw, "dot"),
        (rolled, rolled.agreement, "operator", palette.accent, "solid"),
    ]
    if driven is not None:
        given.append((driven, driven.agreement, "operator, given the inputs", palette.accent, "dash"))
    traces = [_line(controls, found, unknown if values is None else values, *style) for found, values, *style in given]
    inside = controls.in_sample_roll_outs
    if not controls.in_sample and inside.agreement is not None:
        line = _line(controls, inside, inside.agreement, "operator, in sample", palette.accent, "solid")
        traces.append(_thin(line))
    return _drawn(controls, traces, {"title": "decisions that agree", "range": [-0.03, 1.05]}, palette)


def _drawn(controls: Controls, traces: list[dict], y: dict, palette: Palette) -> go.Figure:
    steps = controls.roll_outs.horizons * controls.lag
    x = {"title": "steps without a true state (log)", "type": "log", "tickvals": steps, "ticktext": [*map(str, steps)]}
    more = {"showlegend": True, "legend": _LEGEND, "margin": {"l": 58, "r": 14, "t": 34, "b": 46}}
    return go.Figure(traces, layout(palette, _HEIGHT, xaxis=x, yaxis=y, **more))


def _thin(line: dict) -> dict:
    """The same as a thin line without markers, for references."""
    return line | {"mode": "lines", "line": line["line"] | {"width": 1}}


def _line(controls: Controls, found: RollOuts, values: np.ndarray, name: str, colour: str, dash: str) -> dict:
    return {
        "type": "scatter",
        "x": found.horizons * controls.lag,
        "y": values,
        "name": name,
        "mode": "lines+markers",
        "line": {"color": colour, "width": 2, "dash": dash},
        "marker": {"size": 7},
        "hovertemplate": "%{x} steps: %{y:.3g}<extra>" + name + "</extra>",
    }


def _twins(steps: np.ndarray, e_rel: np.ndarray, palette: Palette) -> dict:
    """From the best to the worst twin, as one filled outline."""
    there = np.isfinite(e_rel).any(axis=0)
    x, known = steps[there], e_rel[:, there]
    low, high = np.nanmin(known, axis=0), np.nanmax(known, axis=0)
    outline = {"x": np.concatenate([x, x[::-1]]), "y": np.concatenate([high, low[::-1]])}
    style = {"mode": "lines", "line": {"width": 0}, "fill": "toself", "fillcolor": faint(palette.twin, 0.35)}
    return {"type": "scatter", "name": f"{len(e_rel)} untrained twins", "hoverinfo": "skip", **outline, **style}
