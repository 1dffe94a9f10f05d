"""Eigenvalues on the complex plane."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from kann.figures.modes import crosses, dots, rings
from kann.figures.style import LIGHT, Palette, styled
from kann.records import Spectrum


def complex_plane(spectrum: Spectrum, chosen: list[int], palette: Palette = LIGHT) -> go.Figure:
    """Eigenvalues against the unit circle; size is share of the states, opacity is trust.

    `chosen` are indices of selected modes; the conjugate partner gets its ring too.
    """
    x, y = spectrum.eigenvalues.real, spectrum.eigenvalues.imag
    figure = go.Figure()
    turn = np.linspace(0, 2 * np.pi, 181)
    figure.add_scatter(
        x=np.cos(turn), y=np.sin(turn), mode="lines", hoverinfo="skip", name="lasts for ever",
        line={"color": palette.muted, "width": 1},
    )  # fmt: skip
    twins = spectrum.twin_eigenvalues
    if len(twins):
        figure.add_scatter(**crosses(twins.real, twins.imag, palette))
    figure.add_scatter(**dots(spectrum, x, y, palette))
    for ring in rings(spectrum, chosen, x, y, palette):
        figure.add_scatter(**ring)
        if ring["y"][0]:
            figure.add_scatter(**ring | {"y": -ring["y"]})
    figure.update_xaxes(title="real part, per step")
    figure.update_yaxes(title="imaginary part, per step", scaleanchor="x")
    reach = max(1.08, 1.05 * float(np.abs(spectrum.eigenvalues).max(initial=0)))
    figure.update_xaxes(range=[-reach, reach], constrain="domain")
    figure.update_yaxes(range=[-reach, reach])
    return styled(figure, palette, 430, "Eigenvalues")
