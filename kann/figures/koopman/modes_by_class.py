"""Chosen modes over time, one panel a class: the median over its sequences, and the band of one MAD around it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from kann.analyses.koopman.modes.mode_classes import ModesByClass
from kann.analyses.wording import class_name, number
from kann.figures.panels import band, panels
from kann.figures.style import LIGHT, Palette, mode_colour

MEASURES = {
    "contribution": "part of the state, norm",
    "magnitude": "|φ|, std. dev.",
    "innovation": "added by the step, norm",
}
# Largest number of drawn points; more cannot be seen and slow the browser down.
_POINTS = 1000


def modes_by_class(
    found: ModesByClass,
    measure: str,
    modes: list[int],
    names: Mapping[str, str],
    sampling_rate: float | None = None,
    palette: Palette = LIGHT,
) -> go.Figure:
    """Lines in the colours of the selection; the hover shows how many sequences reach a step."""
    course = getattr(found, measure)
    titles = class_titles(found.labels, found.counts, names)
    grid = panels(titles, step_title(sampling_rate), MEASURES[measure], palette, hovermode="x unified")
    traces = []
    shown = thinned(found.counts.shape[1])
    for row, place in enumerate(grid.places):
        for position, mode in enumerate(modes):
            colour = mode_colour(position, palette)
            middle, spread = course.median[row, shown, position], course.spread[row, shown, position]
            traces.append(band(shown, middle, spread, colour, place) | {"legendgroup": f"mode {mode + 1}"})
            traces.append(
                {
                    "type": "scatter", "mode": "lines", "x": shown, "y": middle, "name": f"mode {mode + 1}",
                    "legendgroup": f"mode {mode + 1}", "showlegend": row == 0, "line": {"color": colour, "width": 1.8},
                    "text": [f"± {number(away)}, {count} sequences"
                             for away, count in zip(spread, found.counts[row, shown], strict=True)],
                    "hovertemplate": "%{y:.3g} %{text}", **place,
                }
            )  # fmt: skip
    return go.Figure(traces, grid.layout)


def step_title(rate: float | None) -> str:
    return "step" if rate is None else f"step (of 1/{rate:g} s)"


def class_titles(labels: np.ndarray, counts: np.ndarray, names: Mapping[str, str]) -> list[str]:
    """Name of each panel's class, with its number of sequences."""
    return [f"{most} × {class_name(str(label), names)}" for label, most in zip(labels, counts.max(axis=1), strict=True)]


def thinned(steps: int) -> np.ndarray:
    """Every step, or evenly spaced ones where there are too many to draw."""
    return np.unique(np.linspace(0, max(steps - 1, 0), min(steps, _POINTS)).astype(np.int64))
