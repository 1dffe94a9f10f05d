"""Clicks, boxes and lassos on charts and rows of tables -> selected modes, by their ids."""

from __future__ import annotations

import streamlit as st

from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.mode_table import representatives
from kann.records import Spectrum
from kann.ui import session
from kann.ui.start import service
from kann.ui.words import plain

# More modes than there are colours cannot be told apart.
MOST_MODES = 10


def selectable(figure, key: str, alt: str) -> None:
    """A chart whose points select the modes that their `customdata` name."""
    st.plotly_chart(
        figure,
        key=key,
        on_select=lambda: _take(st.session_state[key]["selection"]["points"]),
        selection_mode=("points", "box", "lasso"),
        config={"displaylogo": False, "modeBarButtonsToRemove": ["zoomIn2d", "zoomOut2d", "autoScale2d"]},
        alt=alt,
    )


def selected_modes(source, settings, result: Result) -> list[int]:
    """Where the selected modes stand in this result; those that it lacks are named in a note."""
    places = service().follow(source, settings, session.selected(), result)
    gone = [name for name, place in places.items() if place is None]
    if gone:
        st.caption(
            f"No mode at rank {result.operator.rank} continues {plain(', '.join(gone))} "
            "(the nearest one's eigenfunction correlates less than 0.9): not shown."
        )
    upper = [_upper(result.spectrum, place) for place in places.values() if place is not None]
    return list(dict.fromkeys(upper))


def table(columns: dict[str, list], result: Result, key: str) -> None:
    """The table of modes; its rows select."""
    rows = representatives(result.spectrum)
    ids = [result.spectrum.ids[row] for row in rows]
    st.dataframe(
        columns,
        key=key,
        height=320,
        hide_index=True,
        column_order=[name for name in columns if name != "id"],
        column_config={
            name: st.column_config.NumberColumn(format="%.4g") for name in columns if name not in ("mode", "id")
        },
        on_select=lambda: session.select([ids[row] for row in st.session_state[key]["selection"]["rows"]][:MOST_MODES]),
        selection_mode="multi-row",
        alt="Table of modes: eigenvalue, half-life, period, share of variance, residual, trust and interval of each",
    )


def _take(points: list[dict]) -> None:
    """Points without an id (the circle, the twins) select nothing; an empty selection is what a redrawn
    chart reports, not a wish."""
    names = [point["customdata"][0] for point in points if point.get("customdata")]
    if names:
        session.select(_pairs_once(names)[:MOST_MODES])


def _pairs_once(names: list[str]) -> list[str]:
    """One id for both halves of a conjugate pair: the upper one."""
    return list(dict.fromkeys(name[0] + name[1:].replace("-", "+") for name in names))


def _upper(spectrum: Spectrum, index: int) -> int:
    value = spectrum.eigenvalues[index]
    return index - 1 if value.imag < 0 and index and spectrum.eigenvalues[index - 1] == value.conjugate() else index
