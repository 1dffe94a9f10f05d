"""A signal with the energy of modes behind it, and the energy of modes by segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from kann.analyses.koopman.highlights.signal_highlights import EnergyBySegment, SignalReading
from kann.analyses.wording import class_name, number
from kann.figures.koopman.modes_by_class import step_title
from kann.figures.panels import faint, wrapped
from kann.figures.style import LIGHT, MODE_COLOURS, Palette, layout, mode_colour, plain

# Bars of energy and points of the line; more take time without showing more.
_STRETCHES, _POINTS = 150, 2000
_STRONGEST = 0.75


@dataclass(frozen=True)
class Shown:
    """The view of a signal: the measure of energy, the modes, the channel; `window` the first selected step and the
    one after the last."""

    measure: str
    modes: Sequence[int]
    window: tuple[int, int] | None = None
    channel: int = 0


def beat(
    reading: SignalReading, shown: Shown, sampling_rate: float | None = None, palette: Palette = LIGHT
) -> go.Figure:
    """The signal dotted, the energy of the modes as bars behind it, segments named above; below, in each mode's
    colour, the shortest window that holds 80 % of its energy. Points of the line can be selected by a box."""
    signal, modes = reading.signal[:, shown.channel], shown.modes
    low, high = float(signal.min(initial=0)), float(signal.max(initial=0))
    room = max(high - low, 1e-9)
    bottom, top = low - (0.1 + 0.05 * len(modes)) * room, high + 0.08 * room
    traces = [_ground(reading.of(shown.measure, modes), bottom, top, palette), _line(signal, palette)]
    traces += [
        _stretch(reading.window(shown.measure, mode), bottom + (0.04 + 0.05 * place) * room, mode, place, palette)
        for place, mode in enumerate(modes)
    ]
    named = reading.name if reading.label is None else f"{reading.name}, {reading.label}"
    axes = {
        "xaxis": {"title": step_title(sampling_rate), "range": [-0.5, len(signal) - 0.5], "showgrid": False},
        "yaxis": {"range": [bottom, top], "showgrid": False},
    }
    title = wrapped(f"sequence {named}" if reading.name.isdigit() else named).replace("<br>", " ")
    marks = {
        "shapes": _edges(shown.window, palette) + _brackets(reading, palette),
        "annotations": _names(reading, palette),
    }
    drawn = layout(palette, 320, title, bargap=0, **axes, **marks)
    return go.Figure(traces, drawn | {"margin": {"l": 34, "r": 10, "t": 62, "b": 42}})


def segment_energies(
    found: EnergyBySegment, measure: str, modes: Sequence[int], names: Mapping[str, str], palette: Palette = LIGHT
) -> go.Figure:
    """Bars by segment, one colour a class: the energy of the modes there, averaged over the sequences that have
    the segment."""
    energy = found.of(measure, modes)
    traces = []
    for row, label in enumerate(found.labels):
        there = [f"found in {count} of {found.sequences[row]}" for count in found.found[row]]
        traces.append(
            {
                "type": "bar", "x": found.segments, "y": energy[row], "name": plain(class_name(str(label), names)),
                "text": there, "textposition": "none", "marker": {"color": MODE_COLOURS[::-1][row % 10]},
                "hovertemplate": "%{x}: %{y:.3g}, %{text}",
            }
        )  # fmt: skip
    axes = {"xaxis": {"type": "category"}, "yaxis": {"title": "energy of the modes in use"}}
    legend = {"showlegend": True, "legend": {"orientation": "h", "y": -0.15, "yanchor": "top", "x": 0}}
    drawn = layout(palette, 340, barmode="group", bargap=0.3, **axes, **legend)
    return go.Figure(traces, drawn | {"margin": {"l": 58, "r": 14, "t": 10, "b": 90}})


def _ground(energy: np.ndarray, bottom: float, top: float, palette: Palette) -> dict:
    """Bars without gaps from edge to edge, at most 150: many shapes would cost more than one trace."""
    edges = np.unique(np.linspace(0, len(energy), min(len(energy), _STRETCHES) + 1).astype(np.int64))
    wide = np.diff(edges)
    means = np.add.reduceat(np.append(energy, 0.0), edges[:-1]) / wide if len(wide) else np.zeros(0)
    strength = _STRONGEST * np.sqrt(means / max(means.max(initial=0), np.finfo(float).tiny))
    return {
        "type": "bar", "name": "energy of the modes",
        "x": edges[:-1] + (wide - 1) / 2, "width": wide, "base": bottom, "y": np.full(len(wide), top - bottom),
        "marker": {"color": [faint(palette.accent, part) for part in strength], "line": {"width": 0}},
        "text": [number(mean) for mean in means], "textposition": "none",
        "hovertemplate": "step %{x:.0f}: energy %{text}<extra></extra>",
        "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
    }  # fmt: skip


def _line(signal: np.ndarray, palette: Palette) -> dict:
    shown = np.unique(np.linspace(0, max(len(signal) - 1, 0), min(len(signal), _POINTS)).astype(np.int64))
    return {
        "type": "scatter", "mode": "lines+markers", "name": "signal", "x": shown, "y": signal[shown],
        "line": {"color": palette.ink, "width": 1.3, "dash": "dot"}, "marker": {"size": 3, "color": palette.ink},
        "hovertemplate": "%{y:.3g}<extra></extra>",
        "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
    }  # fmt: skip


def _stretch(window: tuple[int, int], y: float, mode: int, place: int, palette: Palette) -> dict:
    line = {"color": mode_colour(place, palette), "width": 4}
    words = f"mode {mode + 1}: 80 % of its energy in steps {window[0]} to {window[1] - 1}"
    ends = {"x": [window[0] - 0.5, window[1] - 0.5], "y": [y, y]}
    return {"type": "scatter", "mode": "lines", "name": f"mode {mode + 1}", "line": line, **ends,
            "hovertemplate": words + "<extra></extra>"}  # fmt: skip


def _edges(window: tuple[int, int] | None, palette: Palette) -> list[dict]:
    """The chosen window as a frame."""
    if window is None:
        return []
    across = {"x0": window[0] - 0.5, "x1": window[1] - 0.5, "y0": 0, "y1": 1, "yref": "paper"}
    return [
        {"type": "rect", "name": "window", **across, "line": {"color": palette.selected, "width": 1.6, "dash": "dash"}}
    ]


def _stretches(reading: SignalReading) -> list[tuple[str, int, int]]:
    """Each stretch of steps in the same segment: its name, first and last step."""
    ends = np.flatnonzero(np.diff(reading.segment)) + 1
    firsts, lasts = np.append(0, ends), np.append(ends, len(reading.segment)) - 1
    return [
        (reading.segments[reading.segment[first]], int(first), int(last))
        for first, last in zip(firsts, lasts, strict=True)
        if len(reading.segment) and reading.segment[first] > 0
    ]


def _brackets(reading: SignalReading, palette: Palette) -> list[dict]:
    above = {"type": "line", "y0": 1.02, "y1": 1.02, "yref": "paper", "line": {"color": palette.muted, "width": 2}}
    return [
        {"name": name, "x0": first - 0.4, "x1": last + 0.4, **above}
        for name, first, last in _stretches(reading)[:_STRETCHES]
    ]


def _names(reading: SignalReading, palette: Palette) -> list[dict]:
    """One name a segment, over its longest stretch; and the segments that were not found."""
    longest: dict[str, tuple[str, int, int]] = {}
    for stretch in _stretches(reading):
        if stretch[0] not in longest or stretch[2] - stretch[1] > longest[stretch[0]][2] - longest[stretch[0]][1]:
            longest[stretch[0]] = stretch
    small = {"showarrow": False, "font": {"size": 12, "color": palette.ink}, "yref": "paper", "yanchor": "bottom"}
    notes = [{"text": name, "x": (a + b) / 2, "y": 1.02, **small} for name, a, b in longest.values()]
    if reading.missing:
        text = f"not found: {', '.join(reading.missing)}"
        notes.append({"text": text, "x": 1, "xref": "paper", "xanchor": "right", "y": 1.02, **small})
    return notes
