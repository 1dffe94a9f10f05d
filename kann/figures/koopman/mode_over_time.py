"""Chosen modes over the steps of chosen sequences, under the raw signal."""

from __future__ import annotations

from typing import Literal

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from kann.analyses.koopman.modes.mode_traces import Trace, Traces
from kann.figures.panels import wrapped
from kann.figures.style import LIGHT, Palette, layout, mode_colour, plain

# Up to this many words are written under the axis; of more only the hover shows them.
_WORDS = 60


def mode_over_time(
    traces: Traces, part: Literal["real part", "magnitude", "innovation"] = "real part", palette: Palette = LIGHT
) -> go.Figure:
    """One column a sequence: the signal above (dotted), the modes below in the colours of the selection.

    The eigenfunctions have unit variance over the data, so their axis counts standard deviations.
    """
    columns = max(len(traces.traces), 1)
    titles = [_title(trace) for trace in traces.traces]
    drawn_above = any(trace.signal is not None for trace in traces.traces)
    heights = [0.36, 0.64] if drawn_above else [0.01, 0.99]
    figure = make_subplots(
        rows=2, cols=columns, shared_xaxes=True, shared_yaxes="rows", row_heights=heights,
        vertical_spacing=0.06, horizontal_spacing=0.03, column_titles=titles,
    )  # fmt: skip
    for column, trace in enumerate(traces.traces, start=1):
        _signal(figure, trace, column, palette)
        _modes(figure, traces, trace, column, part, palette)
        _time_axis(figure, trace, traces.sampling_rate, column)
    figure.update_yaxes(title_text="signal" if drawn_above else "", visible=drawn_above, row=1, col=1)
    figure.update_yaxes(title_text=f"{part}, std. dev.", row=2, col=1)
    drawn = layout(palette, 440)
    axis = {"gridcolor": palette.lines, "zeroline": False, "linecolor": palette.lines, "title_font_color": palette.ink}
    figure.update_layout({name: value for name, value in drawn.items() if name not in ("xaxis", "yaxis", "title")})
    figure.update_layout(margin_t=44, hovermode="x unified")
    figure.update_xaxes(axis)
    figure.update_yaxes(axis)
    figure.update_annotations(font={"size": 13, "color": palette.ink})
    return figure


def _title(trace: Trace) -> str:
    name = f"sequence {trace.name}" if trace.name.isdigit() else trace.name
    return wrapped(name if trace.label is None else f"{name}, {trace.label}")


def _part(trace: Trace, part: str) -> np.ndarray:
    if part == "innovation":
        return np.abs(trace.innovations)
    return np.abs(trace.projections) if part == "magnitude" else trace.projections.real


def _signal(figure: go.Figure, trace: Trace, column: int, palette: Palette) -> None:
    if trace.signal is None:
        return
    for channel in trace.signal.T:
        figure.add_scatter(
            y=channel, mode="lines", name="signal", line={"color": palette.raw, "width": 1.4, "dash": "dot"},
            row=1, col=column,
        )  # fmt: skip


def _modes(figure: go.Figure, traces: Traces, trace: Trace, column: int, part: str, palette: Palette) -> None:
    for position, index in enumerate(traces.modes):
        figure.add_scatter(
            y=_part(trace, part)[:, position],
            mode="lines",
            name=f"mode {index + 1}",
            line={"color": mode_colour(position, palette), "width": 1.8},
            hovertemplate="%{y:.3g}",
            row=2,
            col=column,
        )


def _time_axis(figure: go.Figure, trace: Trace, rate: float | None, column: int) -> None:
    if trace.tokens is not None and len(trace.tokens) <= _WORDS:
        places = list(range(len(trace.tokens)))
        figure.update_xaxes(
            tickvals=places, ticktext=[plain(token[:24]) for token in trace.tokens], tickangle=-60, row=2, col=column
        )
        return
    figure.update_xaxes(title_text="step" if rate is None else f"step (of 1/{rate:g} s)", row=2, col=column)
