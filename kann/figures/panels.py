"""Several small charts with a common scale, one panel a class."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kann.figures.style import Palette, layout, plain

# In pixels, except the gap between columns, a share of the width.
_HEIGHT, _BETWEEN, _AROUND, _GAP = 200, 76, 124, 0.03
# Pixels between the lowest panels and the legend: ticks and title stand there.
_BELOW = 48
# Characters that fit above a third of a narrow page.
_TITLE = 22


@dataclass(frozen=True)
class Panels:
    """`places`: for each panel the axes that its traces name, {"xaxis": "x2", "yaxis": "y2"}."""

    places: list[dict]
    layout: dict


def panels(titles: Sequence[str], x_title: str, y_title: str, palette: Palette, columns: int = 3, **more) -> Panels:
    """A grid of at most `columns` panels a row, read like text; all share both scales."""
    columns = max(min(columns, len(titles)), 1)
    rows = -(-len(titles) // columns)
    height = rows * _HEIGHT + (rows - 1) * _BETWEEN + _AROUND
    legend = {"orientation": "h", "y": -_BELOW / (height - _AROUND), "yanchor": "top", "x": 0}
    drawn = layout(palette, height, showlegend=True, legend=legend, **more)
    axes, notes, places = {}, [], []
    for number, title in enumerate(titles):
        across, down = _domains(number, rows, columns, height)
        suffix = str(number + 1) if number else ""
        first = number % columns == 0
        bottom = number + columns >= len(titles)
        axes["xaxis" + suffix] = _axis(drawn["xaxis"], across, "y" + suffix, "x", bool(number), x_title * bottom)
        axes["yaxis" + suffix] = _axis(drawn["yaxis"], down, "x" + suffix, "y", bool(number), y_title * first) | {
            "showticklabels": first
        }
        notes.append(_note(title, across[0], down[1], palette))
        places.append({"xaxis": "x" + suffix, "yaxis": "y" + suffix})
    margin = {"l": 58, "r": 14, "t": 40, "b": 84}
    return Panels(places, drawn | axes | {"annotations": notes, "margin": margin})


def band(x: np.ndarray, middle: np.ndarray, spread: np.ndarray, colour: str, place: dict) -> dict:
    """The band of one spread around the middle, as one filled outline."""
    there = np.isfinite(middle) & np.isfinite(spread)
    x, low, high = x[there], (middle - spread)[there], (middle + spread)[there]
    outline = {"x": np.concatenate([x, x[::-1]]), "y": np.concatenate([high, low[::-1]])}
    style = {"mode": "lines", "line": {"width": 0}, "fill": "toself", "fillcolor": faint(colour, 0.18)}
    return {"type": "scatter", "hoverinfo": "skip", "showlegend": False, **outline, **style, **place}


def wrapped(title: str) -> str:
    """A title as plotly draws it, on two lines where one is too long for a narrow panel."""
    lines = textwrap.wrap(title, _TITLE, max_lines=2, placeholder="…") or [""]
    return "<br>".join(plain(line) for line in lines)


def faint(colour: str, opacity: float) -> str:
    """A colour "#rrggbb" that lets what is below shine through."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:.3g})"


def _domains(number: int, rows: int, columns: int, height: int) -> tuple[list[float], list[float]]:
    row, column = divmod(number, columns)
    wide = (1 - _GAP * (columns - 1)) / columns
    between = _BETWEEN / (height - _AROUND)
    high = (1 - between * (rows - 1)) / rows
    left, top = column * (wide + _GAP), 1 - row * (high + between)
    return [left, left + wide], [max(top - high, 0.0), top]


def _axis(base: dict, domain: list[float], anchor: str, name: str, matched: bool, title: str) -> dict:
    shared = {"matches": name} if matched else {}
    titled = base["title"] | {"text": title}
    return base | {"domain": domain, "anchor": anchor, "title": titled} | shared


def _note(title: str, x: float, y: float, palette: Palette) -> dict:
    place = {"x": x, "y": y, "align": "left", "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
    return {"text": wrapped(title), "showarrow": False, "font": {"size": 13, "color": palette.ink}, **place}
