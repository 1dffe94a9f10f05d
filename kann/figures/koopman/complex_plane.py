"""Eigenvalues on the complex plane."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from kann.figures.koopman.modes import crosses, dots, rings
from kann.figures.style import LIGHT, Palette, layout
from kann.records import Spectrum


def complex_plane(spectrum: Spectrum, chosen: list[int], palette: Palette = LIGHT) -> go.Figure:
    """Eigenvalues against the unit circle; size is share of the states, opacity is trust.

    `chosen` are indices of selected modes; the conjugate partner gets its ring too.
    """
    x, y = spectrum.eigenvalues.real, spectrum.eigenvalues.imag
    traces, shapes = [dots(spectrum, x, y, palette)], [unit_circle(palette)]
    if spectrum.untrained is not None:
        others = spectrum.untrained.eigenvalues
        shapes.append(crosses(others.real, others.imag, palette, (0.018, 0.018)))
    for ring in rings(spectrum, chosen, x, y, palette):
        traces += [ring, ring | {"y": -ring["y"]}] if ring["y"][0] else [ring]
    axes = plane_axes(spectrum.eigenvalues)
    return go.Figure(traces, layout(palette, 430, "Eigenvalues", shapes=shapes, **axes))


def plane_axes(eigenvalues: np.ndarray) -> dict:
    """Axes of equal scale that show the unit circle and every eigenvalue."""
    reach = max(1.08, 1.05 * float(np.abs(eigenvalues).max(initial=0)))
    return {
        "xaxis": {"title": "real part, per step", "range": [-reach, reach], "constrain": "domain"},
        "yaxis": {"title": "imaginary part, per step", "range": [-reach, reach], "scaleanchor": "x"},
    }


def unit_circle(palette: Palette) -> dict:
    """The unit circle, on which modes neither grow nor decay, as a shape."""
    box = {"x0": -1, "x1": 1, "y0": -1, "y1": 1}
    return box | {"type": "circle", "layer": "below", "line": {"color": palette.muted, "width": 1}}
