"""Colours, type and formats of every figure; meanings are fixed: see the docstring of Palette."""

from __future__ import annotations

from dataclasses import dataclass

# Ten colours that are distinguishable with any colour vision (after Okabe and Ito (2008), widened); selected modes
# take them in this order on every page.
MODE_COLOURS = (
    "#d64545", "#e69f00", "#009e73", "#56b4e9", "#cc79a7",
    "#7f6bb3", "#b8860b", "#2f8f8b", "#8c564b", "#5b7a3a",
)  # fmt: skip


@dataclass(frozen=True)
class Palette:
    """`accent` modes of this network, and towards the positive class; `negative` the other class;
    `selected` rings; `twin` untrained twins; `second` the other side of a comparison; `raw` the signal or
    the network itself; `ink`, `muted`, `lines` text, small text and grids."""

    ink: str
    muted: str
    lines: str
    paper: str
    accent: str
    negative: str
    selected: str
    twin: str
    second: str

    @property
    def raw(self) -> str:
        return self.muted


LIGHT = Palette("#1f2933", "#7b8794", "#d9e2ec", "#ffffff", "#0b6e99", "#c4511d", "#d64545", "#9aa5b1", "#b07d00")
DARK = Palette("#e4e7eb", "#9aa5b1", "#323f4b", "#12181f", "#4fb3d9", "#f2945c", "#ff7a7a", "#616e7c", "#e8bf4d")


def palette(theme: str | None) -> Palette:
    """The colours of Streamlit's theme type; light where it is not known."""
    return DARK if theme == "dark" else LIGHT


def mode_colour(position: int, palette: Palette) -> str:
    """The colour of the selected mode at this position of the selection; the first is the theme's red."""
    return MODE_COLOURS[position % len(MODE_COLOURS)] if position else palette.selected


def layout(palette: Palette, height: int, title: str = "", **more) -> dict:
    """White or near-black paper, hairline grids, no box, small type; drag pans nothing, so that a click
    reaches the point (a drag mode of box or lasso would swallow it).

    Figures are made of dictionaries in one go: plotly checks each later change anew, which would take
    longer than the numbers. `more` overrules, an axis key by key.
    """
    # Fixed margins: automatic ones lay every figure out twice.
    axis = {"showgrid": True, "gridcolor": palette.lines, "zeroline": False, "linecolor": palette.lines}
    axis["automargin"] = False
    axes = {name: _titled(axis | more.pop(name, {}), palette) for name in ("xaxis", "yaxis")}
    return {
        "height": height,
        "margin": {"l": 58, "r": 14, "t": 34 if title else 10, "b": 46},
        "title": {"text": title, "font": {"size": 14, "color": palette.ink}, "x": 0, "xref": "paper"},
        "font": {"size": 13, "color": palette.muted},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "hoverlabel": {"align": "left", "font": {"size": 13}},
        "dragmode": "pan",
        "uirevision": "kept",
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": palette.muted, "activecolor": palette.accent},
        **axes,
        **more,
    }


def _titled(axis: dict, palette: Palette) -> dict:
    return axis | {"title": {"text": axis.get("title", ""), "font": {"color": palette.ink}}}


def plain(text: str) -> str:
    """User text for a title, a label or a hover: plotly reads a little HTML there."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
