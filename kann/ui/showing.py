"""Exhibits on a page: charts and tables with what they are called where they cannot be seen."""

from __future__ import annotations

from typing import Any

import streamlit as st

from kann.studies.study import Exhibit, View


def chart(exhibit: Exhibit, answer: Any, view: View) -> None:
    """The exhibit's figure in its place on the page."""
    st.plotly_chart(exhibit.draw(answer, view), key=exhibit.key, alt=exhibit.alternative)


def side_by_side(exhibits: tuple[Exhibit, ...], answer: Any, view: View, key: str) -> None:
    """Figures beside one another, below one another where the page is narrow."""
    row = st.container(horizontal=True, key=f"side-{key}")
    for exhibit in exhibits:
        with row.container():
            chart(exhibit, answer, view)


def press_for(label: str, icon: str, wanted: Any, place: Any) -> bool:
    """A button for long work; True once it has been pressed for exactly what is `wanted` now, such as this very rank:
    anything else has to be asked for anew."""
    asked = f"asked: {label}"
    # By a callback: what a script run was told is lost where progress elsewhere on the page starts the next.
    place.button(label, icon=icon, on_click=_remember, args=(asked, wanted))
    return st.session_state.get(asked) == wanted


def _remember(key: str, wanted: Any) -> None:
    st.session_state[key] = wanted
