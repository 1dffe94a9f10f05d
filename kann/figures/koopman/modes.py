"""Markers of modes, the same in every view of a spectrum."""

from __future__ import annotations

import numpy as np

from kann.analyses.wording import number, percent
from kann.figures.style import Palette, mode_colour
from kann.records import Spectrum

_SMALLEST, _LARGEST = 7.0, 34.0
_FAINTEST = 0.22


def sizes(spectrum: Spectrum) -> np.ndarray:
    """Diameters in pixels: the area above the smallest grows with the share of the states' variance."""
    return _SMALLEST + (_LARGEST - _SMALLEST) * np.sqrt(np.clip(spectrum.shares, 0, 1))


def opacities(spectrum: Spectrum) -> np.ndarray:
    """Trust as opacity; one half where there is no interval."""
    return _FAINTEST + (0.95 - _FAINTEST) * np.nan_to_num(spectrum.trust, nan=0.5)


def hovers(spectrum: Spectrum) -> list[str]:
    """The numbers of each mode, one line each, for the hover."""
    return [_hover(spectrum, index) for index in range(len(spectrum))]


def _hover(spectrum: Spectrum, index: int) -> str:
    value, rate = spectrum.eigenvalues[index], spectrum.sampling_rate
    lines = [f"<b>mode {index + 1}</b>  {value.real:.4f} {value.imag:+.4f}i", f"modulus {abs(value):.4f}"]
    if np.isfinite(spectrum.modulus_low[index]):
        lines[-1] += f"  (95 %: {spectrum.modulus_low[index]:.4f} to {spectrum.modulus_high[index]:.4f})"
    lines.append(f"half-life {number(spectrum.half_lives[index])} steps" + _seconds(spectrum.half_lives[index], rate))
    cycles = spectrum.frequencies[index]
    if cycles > 0:
        hertz = "" if rate is None else f"  ({number(cycles * rate)} Hz)"
        lines.append(f"period {number(1 / cycles)} steps{hertz}")
    lines.append(f"share of variance {percent(spectrum.shares[index])}")
    lines.append(f"residual {number(spectrum.residuals[index])}  trust {number(spectrum.trust[index])}")
    if spectrum.untrained is not None:
        longer = "longer than in" if spectrum.untrained.beyond[index] else "no longer than in"
        lines.append(f"lasts {longer} untrained networks")
    return "<br>".join(lines)


def _seconds(steps: float, rate: float | None) -> str:
    return "" if rate is None or not np.isfinite(steps) else f"  ({number(steps / rate)} s)"


def dots(spectrum: Spectrum, x: np.ndarray, y: np.ndarray, palette: Palette) -> dict:
    """A scatter trace of all modes; `customdata` holds their ids, which a click returns."""
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "markers",
        "name": "modes of this network",
        "customdata": [[name] for name in spectrum.ids],
        "text": hovers(spectrum),
        "hovertemplate": "%{text}<extra></extra>",
        "cliponaxis": False,
        "marker": {
            "size": sizes(spectrum),
            "opacity": opacities(spectrum),
            "color": palette.accent,
            "line": {"width": 0},
        },
        # Streamlit fades unselected points; here rings mark the selection instead.
        "unselected": {"marker": {"opacity": 0.6}},
    }


def rings(spectrum: Spectrum, chosen: list[int], x: np.ndarray, y: np.ndarray, palette: Palette) -> list[dict]:
    """A ring around each selected mode, in its colour of every page."""
    return [
        {
            "type": "scatter",
            "x": x[[index]],
            "y": y[[index]],
            "mode": "markers",
            "hoverinfo": "skip",
            "name": f"selected mode {index + 1}",
            "cliponaxis": False,
            "marker": {
                "symbol": "circle-open",
                "size": max(sizes(spectrum)[index] + 9, 18),
                "color": mode_colour(position, palette),
                "line": {"width": 2.5},
            },
        }
        for position, index in enumerate(chosen)
    ]


def crosses(x: np.ndarray, y: np.ndarray, palette: Palette, arms: tuple[float, float], log: bool = False) -> dict:
    """A shape with a cross at each eigenvalue of the untrained twins, `arms` half as wide and high, on a
    logarithmic y axis in decades.

    All of them are one path: hundreds of markers, or of lines with gaps, would cost more time in the
    browser than the rest of the figure.
    """
    wide, high = arms
    low, top = (y / 10**high, y * 10**high) if log else (y - high, y + high)
    ends = zip(x - wide, x + wide, low, top, strict=True)
    strokes = (f"M{a:.5g},{c:.5g}L{b:.5g},{d:.5g}M{a:.5g},{d:.5g}L{b:.5g},{c:.5g}" for a, b, c, d in ends)
    line = {"width": 1.1, "color": palette.twin}
    return {"type": "path", "path": "".join(strokes), "layer": "below", "line": line, "name": "untrained twins"}
