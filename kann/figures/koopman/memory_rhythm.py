"""Half-life against frequency, the view that separates modes near the unit circle."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from kann.analyses.wording import number
from kann.figures.koopman.modes import crosses, dots, rings
from kann.figures.style import LIGHT, Palette, layout, mode_colour
from kann.records import Spectrum

# Position of infinite half-lives, above the longest finite one.
_HEADROOM = 4.0
_SHORTEST = 0.05


def memory_rhythm(spectrum: Spectrum, chosen: list[int], palette: Palette = LIGHT) -> go.Figure:
    """Half-life (log) against frequency, in Hz where the data have a rate; intervals of selected modes.

    Modes on or outside the unit circle do not fade: they stand on a line of their own at the top.
    """
    top = ceiling(spectrum.half_lives)
    x = spectrum.frequencies * (spectrum.sampling_rate or 1.0)
    y = placed(spectrum.half_lives, top)
    traces, notes, shapes = [], [], []
    if spectrum.untrained is not None and len(spectrum.untrained.eigenvalues):
        rhythm = spectrum.untrained.frequencies * (spectrum.sampling_rate or 1.0)
        arms = 0.01 * max(rhythm.max(), x.max()), 0.012 * np.log10(top / _SHORTEST)
        shapes.append(crosses(rhythm, placed(spectrum.untrained.half_lives, top), palette, arms, log=True))
    traces.append(dots(spectrum, x, y, palette))
    for position, index in enumerate(chosen):
        traces.append(_interval(spectrum, index, x[index], top, mode_colour(position, palette)))
    traces += rings(spectrum, chosen, x, y, palette)
    if chosen:
        notes.append(_label(spectrum, chosen[0], x, y, palette))
    if np.isinf(spectrum.half_lives).any():
        line, name = line_at_the_top(top, palette)
        shapes.append(line)
        notes.append(name)
    axes = memory_axes(spectrum.sampling_rate)
    return go.Figure(
        traces, layout(palette, 430, "Half-life against frequency", annotations=notes, shapes=shapes, **axes)
    )


def memory_axes(sampling_rate: float | None) -> dict:
    """Frequency along, half-life up, with their units."""
    unit = "cycles per step" if sampling_rate is None else "Hz"
    return {
        "xaxis": {"title": f"frequency, {unit}", "rangemode": "tozero"},
        "yaxis": {"title": "half-life, steps (log)", "type": "log", "dtick": 1, "tickformat": ",.4~g"},
    }


def line_at_the_top(top: float, palette: Palette) -> tuple[dict, dict]:
    """A line at the position of modes that do not fade, and its label."""
    stroke = {"color": palette.lines, "dash": "dot"}
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": top, "y1": top, "line": stroke}
    # An annotation on a log axis is placed by the exponent, a shape by the value.
    place = {"xref": "paper", "x": 1, "y": np.log10(top), "yshift": 9, "xanchor": "right"}
    name = {"text": "does not fade", "showarrow": False, "font": {"color": palette.muted, "size": 12}}
    return line, place | name


def _memory(half_life: float) -> str:
    return f"half-life {number(half_life)} steps" if np.isfinite(half_life) else "does not fade"


def ceiling(half_lives: np.ndarray) -> float:
    """Where infinite half-lives are drawn: above the longest finite one."""
    finite = half_lives[np.isfinite(half_lives)]
    return _HEADROOM * float(finite.max(initial=1.0))


def placed(half_lives: np.ndarray, top: float) -> np.ndarray:
    """Half-lives clipped to the drawn range."""
    return np.clip(half_lives, _SHORTEST, top)


def _interval(spectrum: Spectrum, index: int, x: float, top: float, colour: str) -> dict:
    known = spectrum.half_lives[index]
    ends = np.nan_to_num([spectrum.half_life_low[index], spectrum.half_life_high[index]], nan=known, posinf=np.inf)
    ends = placed(ends, top)
    line = {"color": colour, "width": 2}
    return {"type": "scatter", "x": [x, x], "y": ends, "mode": "lines", "hoverinfo": "skip", "line": line}


def _label(spectrum: Spectrum, index: int, x: np.ndarray, y: np.ndarray, palette: Palette) -> dict:
    """Label of the first selected mode with its half-life, on the side with more room."""
    left = x[index] < 0.6 * x.max(initial=1e-9)
    return {
        "x": x[index],
        "y": np.log10(y[index]),
        "text": f"<b>mode {index + 1}</b>  {_memory(spectrum.half_lives[index])}",
        "showarrow": False,
        "xanchor": "left" if left else "right",
        "xshift": 18 if left else -18,
        "font": {"color": palette.selected, "size": 13},
    }
