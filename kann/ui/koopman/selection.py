"""Selection of modes, by their ids: points of charts (click, box, lasso) and rows of tables."""

from __future__ import annotations

from typing import Any

import streamlit as st

from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.mode_table import as_csv, representatives
from kann.analyses.koopman.spectrum.settings import Fit
from kann.backend.opened.pair import Pair
from kann.records import Spectrum
from kann.studies.koopman.questions.spectrum import FOLLOWED, Followed
from kann.studies.study import Exhibit, View
from kann.ui import progress, session
from kann.ui.glossary import term
from kann.ui.words import plain

# The number of colours: more modes could not be distinguished.
MOST_MODES = 10
# Columns of mode tables that the glossary explains.
TERMS = {
    "half-life, steps": term("half-life"),
    "period, steps": term("period"),
    "share of variance": term("share"),
    "predicted for, steps": term("support"),
    "residual": term("residual"),
    "trust": term("trust"),
    "share of decision": term("decision share"),
    "longer than untrained": term("made by training"),
}


def selectable(exhibit: Exhibit, answer: Any, view: View) -> None:
    """A chart whose points select the modes that their `customdata` name."""
    key = exhibit.key
    st.plotly_chart(
        exhibit.draw(answer, view),
        key=key,
        on_select=lambda: _take(st.session_state[key]["selection"]["points"]),
        selection_mode=("points", "box", "lasso"),
        config={"displaylogo": False, "modeBarButtonsToRemove": ["zoomIn2d", "zoomOut2d", "autoScale2d"]},
        alt=exhibit.alternative,
    )


def selected_modes(pair: Pair, fit: Fit, result: Result) -> list[int]:
    """Indices of the selected modes in this result; a note names those that it lacks."""
    places = _places(pair, fit, result)
    gone = [name for name, place in places.items() if place is None]
    if gone:
        st.caption(
            f"No mode at rank {result.operator.rank} continues {plain(', '.join(gone))} "
            "(the nearest one's eigenfunction correlates less than 0.9): not shown."
        )
    upper = [_upper(result.spectrum, place) for place in places.values() if place is not None]
    return list(dict.fromkeys(upper))


def _places(pair: Pair, fit: Fit, result: Result) -> dict[str, int | None]:
    """Index of each selected mode by its id, None for a mode that this result lacks; ids of another rank are followed
    to this one."""
    here = {name: index for index, name in enumerate(result.spectrum.ids)}
    names = session.selected()
    missing = tuple(name for name in names if name not in here)
    followed = progress.answer(pair, FOLLOWED(Followed(fit, missing))) if missing else ()
    if followed is None:  # the sums have left the cache and are computed again
        st.stop()
    found = here | dict(zip(missing, followed, strict=True))
    return {name: found[name] for name in names}


def table(exhibit: Exhibit, result: Result, view: View) -> None:
    """The table of modes, with a download; its rows select modes."""
    key, columns = exhibit.key, exhibit.draw(result, view)
    rows = representatives(result.spectrum)
    ids = [result.spectrum.ids[row] for row in rows]
    st.dataframe(
        columns,
        key=key,
        height=320,
        hide_index=True,
        column_order=[name for name in columns if name != "id"],
        column_config={
            name: st.column_config.NumberColumn(format="%.4g", help=TERMS.get(name))
            for name in columns
            if name not in ("mode", "id")
        },
        on_select=lambda: session.select([ids[row] for row in st.session_state[key]["selection"]["rows"]][:MOST_MODES]),
        selection_mode="multi-row",
        alt=exhibit.alternative,
    )
    st.download_button("Download as CSV", as_csv(columns), "modes.csv", "text/csv", icon=":material/download:")


def _take(points: list[dict]) -> None:
    """Selects the modes of these points. Points without an id (unit circle, twins) select nothing, and an empty
    selection is ignored: a redrawn chart reports one."""
    names = [point["customdata"][0] for point in points if point.get("customdata")]
    if names:
        session.select(_pairs_once(names)[:MOST_MODES])


def _pairs_once(names: list[str]) -> list[str]:
    """One id for both halves of a conjugate pair: that with the positive imaginary part."""
    return list(dict.fromkeys(name[0] + name[1:].replace("-", "+") for name in names))


def _upper(spectrum: Spectrum, index: int) -> int:
    value = spectrum.eigenvalues[index]
    return index - 1 if value.imag < 0 and index and spectrum.eigenvalues[index - 1] == value.conjugate() else index
