"""Exhibits on a page: charts with their alternative texts, side by side, and buttons for long work."""

from __future__ import annotations

from typing import Any

import streamlit as st

from kann.studies.study import Exhibit, View


def chart(exhibit: Exhibit, answer: Any, view: View) -> None:
    """Shows the figure of an exhibit."""
    st.plotly_chart(exhibit.draw(answer, view), key=exhibit.key, alt=exhibit.alternative)


def side_by_side(exhibits: tuple[Exhibit, ...], answer: Any, view: View, key: str) -> None:
    """Shows figures side by side, or stacked on a narrow page."""
    row = st.container(horizontal=True, key=f"side-{key}")
    for exhibit in exhibits:
        with row.container():
            chart(exhibit, answer, view)


def press_for(label: str, icon: str, wanted: Any, place: Any) -> bool:
    """A button that starts long work; True once it has been pressed for the value `wanted`. Another value, such as
    another rank, needs another press."""
    asked = f"asked: {label}"
    # Stored by a callback: the button's own value is lost when the progress of another job reruns the script.
    place.button(label, icon=icon, on_click=_remember, args=(asked, wanted))
    return st.session_state.get(asked) == wanted


def _remember(key: str, wanted: Any) -> None:
    st.session_state[key] = wanted
