"""What this browser tab looks at, kept over pages and written into the address, so that a link restores it."""

from __future__ import annotations

import streamlit as st

from kann.backend.opened.pair import NAMES, Pair
from kann.ui.start import service


def pair() -> Pair | None:
    """The model and data chosen, from this session or, on a fresh one, from the address."""
    if "pair" not in st.session_state and "data" in st.query_params:
        st.session_state.pair = Pair.at(st.query_params)
    return st.session_state.get("pair")


def choose(chosen: Pair) -> None:
    """Looks at something else from here on; selections of the old one fall away."""
    if chosen != st.session_state.get("pair"):
        st.session_state.pair = chosen
        st.session_state.modes = []


def publish() -> None:
    """Writes what is looked at into the address."""
    chosen = pair()
    if chosen is None:
        return
    address = chosen.address() | {"modes": ",".join(selected())}
    for name in (*NAMES, "modes"):
        value = address.get(name) or None
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value


def selected() -> list[str]:
    """Ids of the selected modes, in the order of their selection."""
    if "modes" not in st.session_state:
        st.session_state.modes = [name for name in st.query_params.get("modes", "").split(",") if name]
    return st.session_state.modes


def select(names: list[str]) -> None:
    st.session_state.modes = list(dict.fromkeys(names))


def theme() -> str | None:
    return st.context.theme.type


def describe() -> tuple[str, ...] | None:
    """What is looked at, line by line, for the sidebar."""
    chosen = pair()
    return None if chosen is None else chosen.title(service().library)
