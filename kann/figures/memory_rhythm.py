"""Memory against rhythm: the view in which modes near the unit circle come apart."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from kann.analyses.wording import number
from kann.figures.modes import crosses, dots, rings
from kann.figures.style import LIGHT, Palette, mode_colour, styled
from kann.records import Spectrum

# Where half-lives are drawn that are infinite, above the longest finite one.
_HEADROOM = 4.0
_SHORTEST = 0.05


def memory_rhythm(spectrum: Spectrum, chosen: list[int], palette: Palette = LIGHT) -> go.Figure:
    """Half-life (log) against frequency, in Hz where the data have a rate; intervals of selected modes.

    Modes on or outside the unit circle do not fade: they stand on a line of their own at the top.
    """
    top = _top(spectrum.half_lives)
    x = spectrum.frequencies * (spectrum.sampling_rate or 1.0)
    y = _drawn(spectrum.half_lives, top)
    figure = go.Figure()
    if len(spectrum.twin_eigenvalues):
        rhythm = spectrum.twin_frequencies * (spectrum.sampling_rate or 1.0)
        figure.add_scatter(**crosses(rhythm, _drawn(spectrum.twin_half_lives, top), palette))
    figure.add_scatter(**dots(spectrum, x, y, palette))
    for position, index in enumerate(chosen):
        figure.add_scatter(**_interval(spectrum, index, x[index], top, mode_colour(position, palette)))
    for ring in rings(spectrum, chosen, x, y, palette):
        figure.add_scatter(**ring)
    if chosen:
        _label(figure, spectrum, chosen[0], x, y, palette)
    if np.isinf(spectrum.half_lives).any():
        _line_of_the_endless(figure, top, palette)
    unit = "cycles per step" if spectrum.sampling_rate is None else "Hz"
    figure.update_xaxes(title=f"frequency, {unit}", rangemode="tozero")
    figure.update_yaxes(title="half-life, steps (log)", type="log", dtick="D2", tickformat=",.4~g")
    return styled(figure, palette, 430, "Memory against rhythm")


def _memory(half_life: float) -> str:
    return f"half-life {number(half_life)} steps" if np.isfinite(half_life) else "does not fade"


def _line_of_the_endless(figure: go.Figure, top: float, palette: Palette) -> None:
    figure.add_shape(
        type="line", xref="paper", x0=0, x1=1, y0=top, y1=top, line={"color": palette.lines, "dash": "dot"}
    )
    # Annotations on a log axis are placed by the exponent; the figure's own hline places them by the value.
    figure.add_annotation(
        xref="paper", x=1, y=np.log10(top), text="does not fade", showarrow=False, yshift=9, xanchor="right",
        font={"color": palette.muted, "size": 12},
    )  # fmt: skip


def _top(half_lives: np.ndarray) -> float:
    finite = half_lives[np.isfinite(half_lives)]
    return _HEADROOM * float(finite.max(initial=1.0))


def _drawn(half_lives: np.ndarray, top: float) -> np.ndarray:
    return np.clip(half_lives, _SHORTEST, top)


def _interval(spectrum: Spectrum, index: int, x: float, top: float, colour: str) -> dict:
    known = spectrum.half_lives[index]
    ends = np.nan_to_num([spectrum.half_life_low[index], spectrum.half_life_high[index]], nan=known, posinf=np.inf)
    ends = _drawn(ends, top)
    return {"x": [x, x], "y": ends, "mode": "lines", "hoverinfo": "skip", "line": {"color": colour, "width": 2}}


def _label(figure: go.Figure, spectrum: Spectrum, index: int, x: np.ndarray, y: np.ndarray, palette: Palette) -> None:
    figure.add_annotation(
        x=x[index],
        y=np.log10(y[index]),
        text=f"<b>mode {index + 1}</b>  {_memory(spectrum.half_lives[index])}",
        showarrow=False,
        xanchor="left" if x[index] < 0.6 * x.max(initial=1e-9) else "right",
        xshift=18 if x[index] < 0.6 * x.max(initial=1e-9) else -18,
        font={"color": palette.selected, "size": 13},
    )
