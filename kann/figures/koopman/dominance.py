"""Which modes dominate, by our measure and the paper's."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from kann.analyses.koopman.modes.mode_classes import Dominance
from kann.analyses.wording import number, percent
from kann.figures.style import LIGHT, Palette, layout, mode_colour
from kann.records import Spectrum

# Modes drawn: the strongest by either measure.
_MOST = 10
_NAMES = {"contribution": "part of the state (ours)", "magnitude": "|φ| of unit norm (as published)"}


def dominance(found: Dominance, spectrum: Spectrum, chosen: list[int], palette: Palette = LIGHT) -> go.Figure:
    """Two bars a mode: its share of the sum over all modes, by either measure; a click selects the mode.

    A conjugate pair is one mode. `chosen` ones keep their place among the bars and have their own colours.
    """
    values = {name: found.share(name, spectrum.eigenvalues) for name in _NAMES}
    ours = values["contribution"]
    drawn = set(chosen).union(*(np.argsort(-share)[:_MOST].tolist() for share in values.values()))
    order = sorted(drawn, key=lambda mode: -ours[mode])
    shared = {
        "type": "bar",
        "x": [f"mode {mode + 1}" for mode in order],
        "customdata": [[spectrum.ids[mode]] for mode in order],
        "hovertext": [_hover(spectrum, mode) for mode in order],
        # Streamlit fades unselected bars; here the selection has its colours instead.
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }
    traces = [
        shared | _bars(name, values[name][order]) | {"marker": _marker(name, order, chosen, palette)} for name in _NAMES
    ]
    axes = {"xaxis": {"type": "category", "tickangle": -45}, "yaxis": {"title": "share of all modes, %"}}
    legend = {"showlegend": True, "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}}
    margin = {"l": 58, "r": 14, "t": 34, "b": 70}
    return go.Figure(traces, layout(palette, 300, barmode="group", bargap=0.35, **axes, **legend) | {"margin": margin})


def _bars(name: str, share: Float[np.ndarray, " drawn"]) -> dict:
    words = "%{x}: %{y:.3g} % by " + _NAMES[name] + "<br>%{hovertext}<extra></extra>"
    return {"name": _NAMES[name], "y": 100 * share, "hovertemplate": words}


def _marker(name: str, order: list[int], chosen: list[int], palette: Palette) -> dict:
    edges = [1.5 if mode in chosen and name == "contribution" else 0 for mode in order]
    return {"color": _colours(name, order, chosen, palette), "line": {"width": edges, "color": palette.ink}}


def _hover(spectrum: Spectrum, mode: int) -> str:
    carried = percent(spectrum.carried[mode])
    return f"half-life {number(spectrum.half_lives[mode])} steps, {carried} of the variance"


def _colours(name: str, order: list[int], chosen: list[int], palette: Palette) -> list[str]:
    """Published bars in the colour of controls; ours in blue, chosen modes in the colours of the selection."""
    if name == "magnitude":
        return [palette.twin] * len(order)
    return [mode_colour(chosen.index(mode), palette) if mode in chosen else palette.accent for mode in order]
