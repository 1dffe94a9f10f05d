"""The evidence for the decision after each step: of the network, and of chosen modes alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from kann.analyses.koopman.highlights.text_highlights import TextReading
from kann.figures.style import LIGHT, Palette, layout, plain

# Up to this many words are written under the axis; of more only the hover shows them.
_WORDS = 60
_LONGEST = 18


def decision(
    reading: TextReading,
    words: Sequence[str],
    chosen: Sequence[int],
    evidence: str,
    alone: str,
    palette: Palette = LIGHT,
) -> go.Figure:
    """Evidence after each word, as `evidence` calls it: the network (grey, dotted) against the modes that `alone`
    names (blue); chosen steps are ringed. Above zero the decision is for the class."""
    steps = np.arange(len(words))
    hover = [f"{plain(word[:60])}, word {step + 1}" for step, word in enumerate(words)]
    lines = [
        _line(steps, reading.evidence, "network", hover, {"color": palette.raw, "width": 1.6, "dash": "dot"}),
        _line(steps, reading.alone, alone, hover, {"color": palette.accent, "width": 2.2}),
        _rings(reading.alone, chosen, palette),
    ]
    zero = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0, "y1": 0}
    shapes = [zero | {"line": {"color": palette.muted, "width": 1}}]
    written = len(words) <= _WORDS
    title = f"While reading: network (dotted), {plain(alone)} alone (blue)"
    return go.Figure(
        lines,
        layout(
            palette, 340 if written else 300, title, shapes=shapes,
            xaxis=_words_axis(words) if written else {"title": "word", "range": [-0.5, len(words) - 0.5]},
            yaxis={"title": plain(evidence)}, hovermode="x unified",
            margin={"l": 58, "r": 14, "t": 34, "b": 80 if written else 46},
        ),
    )  # fmt: skip


def _line(steps: np.ndarray, values: np.ndarray, name: str, hover: list[str], line: dict) -> dict:
    template = "%{text}<br>%{y:.2f}" if name == "network" else "%{y:.2f}"
    shape = {"type": "scatter", "mode": "lines", "x": steps, "y": values, "name": plain(name), "line": line}
    return shape | {"text": hover, "hovertemplate": template}


def _rings(values: np.ndarray, chosen: Sequence[int], palette: Palette) -> dict:
    places = [step for step in chosen if step < len(values)]
    marker = {"symbol": "circle-open", "size": 11, "color": palette.selected, "line": {"width": 2}}
    shape = {"type": "scatter", "mode": "markers", "x": places, "y": values[places], "marker": marker}
    return shape | {"name": "chosen words", "hoverinfo": "skip"}


def _words_axis(words: Sequence[str]) -> dict:
    short = [word if len(word) <= _LONGEST else word[: _LONGEST - 1] + "…" for word in words]
    places = list(range(len(words)))
    return {
        "tickvals": places,
        "ticktext": [plain(word) for word in short],
        "tickangle": -60,
        "range": [-0.5, len(words) - 0.5],
    }
