"""What is in a data set: a few sequences drawn, and how long they are by class."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from kann.figures.style import LIGHT, Palette, mode_colour, plain, styled
from kann.records import Dataset

_POINTS = 4000


def sequences(dataset: Dataset, rows: list[int], palette: Palette = LIGHT) -> go.Figure:
    """The first channel of the chosen sequences, one colour a class."""
    figure = go.Figure()
    names = [] if dataset.labels is None else sorted({str(label) for label in dataset.labels[rows]})
    for row in rows:
        label = None if dataset.labels is None else str(dataset.labels[row])
        values = np.asarray(dataset.sequences[row])
        values = values[:_POINTS, 0] if values.ndim == 2 else values[:_POINTS]
        colour = palette.accent if label is None else mode_colour(names.index(label), palette)
        name = plain(f"{dataset.ids[row]}" if label is None else f"class {label}")
        first = name not in {trace.name for trace in figure.data}
        figure.add_scatter(
            showlegend=first,
            legendgroup=name,
            y=values,
            mode="lines",
            name=name,
            line={"color": colour, "width": 1.3},
            opacity=0.85,
        )
    figure.update_xaxes(title="step")
    figure.update_yaxes(title="first channel")
    styled(figure, palette, 260)
    figure.update_layout(showlegend=bool(names), legend={"orientation": "h", "y": 1.15})
    return figure


def lengths(dataset: Dataset, palette: Palette = LIGHT) -> go.Figure:
    """How many sequences have how many steps."""
    figure = go.Figure()
    figure.add_histogram(x=dataset.lengths, nbinsx=40, marker={"color": palette.accent, "line": {"width": 0}})
    figure.update_xaxes(title="steps")
    figure.update_yaxes(title="sequences")
    return styled(figure, palette, 200)


def classes(dataset: Dataset, palette: Palette = LIGHT) -> go.Figure:
    """How many sequences each class has."""
    names, counts = np.unique([str(label) for label in dataset.labels], return_counts=True)
    figure = go.Figure()
    figure.add_bar(x=counts, y=[plain(f"class {name}") for name in names], orientation="h", marker_color=palette.accent,
                   text=counts, textposition="auto")  # fmt: skip
    figure.update_xaxes(title="sequences")
    figure.update_yaxes(autorange="reversed", type="category")
    return styled(figure, palette, 200)
